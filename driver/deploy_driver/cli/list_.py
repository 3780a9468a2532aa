"""`deploy list`: which stacks there are, where, and in which order they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy_driver.cli.options import (
    AffectedOption,
    BaseOption,
    CloudOption,
    Output,
    OutputOption,
    ProjectOption,
    StacksOption,
    open_project,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploy_driver.app.list_ import StackList
    from deploy_driver.plan.selection import Wave
    from deploy_driver.values import Stack


def list_stacks(
    context: typer.Context,
    stacks: StacksOption = None,
    affected: AffectedOption = False,
    base: BaseOption = None,
    waves: Annotated[
        bool, typer.Option("--waves", help="Service stacks only, by what can go at the same time, for many agents.")
    ] = False,
    guarded: Annotated[
        bool,
        typer.Option("--guarded", help="Only those with approve, approvals or max-deletes in deploy.toml."),
    ] = False,
    names: Annotated[
        bool,
        typer.Option(
            "--names", help="Names and nothing else, for scripts: a line each, with --waves a line for each wave."
        ),
    ] = False,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """List the stacks in the order of their deployment.

    Reads files only. Where deploy.toml has windows or freezes, OPEN says whether a stack may be changed now.

    With --affected: those that the change since --base concerns, in both layers, and why.

    With --waves: what one agent need not do alone. The stacks of a wave need nothing of each other; a wave begins when
    the one before is done.

    deploy list --output json

    deploy list --affected --base origin/main

    deploy list --waves --names
    """
    from deploy_driver.app.affected import since
    from deploy_driver.app.list_ import list_
    from deploy_driver.cli.output import write, write_json
    from deploy_driver.record.redaction import readable

    wanted = since(base, affected=affected, named=stacks is not None)
    listed = list_(open_project(context, project, cloud), stacks, wanted, services=waves, guarded=guarded)
    if names:
        lines = listed.waves if waves else [(stack,) for stack in listed.stacks]
        write("\n".join(" ".join(stack.name for stack in line) for line in lines))
    elif waves:
        if output is Output.JSON:
            write_json([_wave(number, wave, listed) for number, wave in enumerate(listed.waves, 1)])
        else:
            write(readable(_table([stack for wave in listed.waves for stack in wave], listed, listed.waves)))
    elif output is Output.JSON:
        write_json([_entry(stack, listed) for stack in listed.stacks])
    else:
        write(readable(_table(listed.stacks, listed)))


def _wave(number: int, wave: Wave, listed: StackList) -> Mapping[str, Any]:
    return {
        "wave": number,
        "accounts": list(dict.fromkeys(stack.account for stack in wave)),
        "stacks": [_entry(stack, listed) for stack in wave],
    }


def _entry(stack: Stack, listed: StackList) -> Mapping[str, Any]:
    from deploy_driver.plan.schedule import closed

    reasons = listed.reasons
    return {
        "stack": stack.name,
        "layer": stack.layer.value,
        "account": stack.account,
        "region": stack.region,
        "file": stack.file.name,
        "needs": list(stack.needs),
        "guarded": stack.guarded,
        "open": not closed(stack.schedule, listed.now),
        **({"reasons": list(reasons[stack.name])} if reasons is not None else {}),
    }


def _open(stack: Stack, now: float) -> str:
    """`yes`, or until when it is not."""
    from deploy_driver.plan.schedule import closed, opens, shown

    if not closed(stack.schedule, now):
        return "yes"
    then = opens(stack.schedule, now)
    return "never" if then is None else f"from {shown(then, stack.schedule)}"


def _table(stacks: Sequence[Stack], listed: StackList, waves: Sequence[Wave] = ()) -> str:
    from deploy_driver.render.text import table

    reasons, timed = listed.reasons, any(not stack.schedule.always_open for stack in stacks)
    last = "NEEDS" if reasons is None else "BECAUSE OF"
    said = {s.name: ", ".join(s.needs) if reasons is None else "; ".join(reasons[s.name]) for s in stacks}
    number = {stack.name: str(n) for n, wave in enumerate(waves, 1) for stack in wave}
    rows = [
        [
            *([number[s.name]] if waves else []),
            *(s.name, s.layer, s.account, s.region),
            *([_open(s, listed.now)] if timed else []),
            said[s.name],
        ]
        for s in stacks
    ]
    header = ["STACK", "LAYER", "ACCOUNT", "REGION", *(["OPEN"] if timed else []), last]
    return table([*(["WAVE"] if waves else []), *header], rows)
