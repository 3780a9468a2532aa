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
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploy_driver.plan.selection import Wave
    from deploy_driver.values import Stack

    Reasons = Mapping[str, Sequence[str]]


def list_stacks(
    stacks: StacksOption = None,
    affected: AffectedOption = False,
    base: BaseOption = None,
    waves: Annotated[
        bool, typer.Option("--waves", help="Service stacks only, by what can go at the same time, for many agents.")
    ] = False,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """List the stacks in the order of their deployment.

    Reads files only. With --affected: those that the change since --base concerns, in both layers, and why.

    With --waves: what one agent need not do alone. The stacks of a wave need nothing of each other; a wave begins when
    the one before is done.

    deploy list --output json

    deploy list --affected --base origin/main

    deploy list --waves --format json
    """
    from deploy_driver.app import session as wiring
    from deploy_driver.app.affected import affected_since, since
    from deploy_driver.cli.output import write, write_json
    from deploy_driver.plan.selection import in_order, select
    from deploy_driver.plan.selection import waves as in_waves
    from deploy_driver.record.redaction import readable
    from deploy_driver.values import Layer

    wanted = since(base, affected=affected, named=stacks is not None)
    config = wiring.open_project(project, cloud)
    chosen = config.stacks if stacks is None else select(config.stacks, stacks.split(","))
    reasons = None
    if wanted:
        reasons = {one.stack.name: one.reasons for one in affected_since(config, wanted).affected}
        chosen = tuple(stack for stack in chosen if stack.name in reasons)
    service = [stack for stack in chosen if stack.layer is Layer.SERVICE]
    if waves:
        grouped = in_waves(service, config.stacks)
        if output is Output.JSON:
            write_json([_wave(number, wave, reasons) for number, wave in enumerate(grouped, 1)])
        else:
            write(readable(_table([stack for wave in grouped for stack in wave], reasons, grouped)))
        return
    ordered = [*(stack for stack in chosen if stack.layer is Layer.ACCESS), *in_order(service, config.stacks)]
    if output is Output.JSON:
        write_json([_entry(stack, reasons) for stack in ordered])
    else:
        write(readable(_table(ordered, reasons)))


def _wave(number: int, wave: Wave, reasons: Reasons | None) -> Mapping[str, Any]:
    return {
        "wave": number,
        "accounts": list(dict.fromkeys(stack.account for stack in wave)),
        "stacks": [_entry(stack, reasons) for stack in wave],
    }


def _entry(stack: Stack, reasons: Reasons | None) -> Mapping[str, Any]:
    return {
        "stack": stack.name,
        "layer": stack.layer.value,
        "account": stack.account,
        "region": stack.region,
        "file": stack.file.name,
        "needs": list(stack.needs),
        **({"reasons": list(reasons[stack.name])} if reasons is not None else {}),
    }


def _table(stacks: Sequence[Stack], reasons: Reasons | None, waves: Sequence[Wave] = ()) -> str:
    from deploy_driver.render.text import table

    last = "NEEDS" if reasons is None else "BECAUSE OF"
    said = {s.name: ", ".join(s.needs) if reasons is None else "; ".join(reasons[s.name]) for s in stacks}
    number = {stack.name: str(n) for n, wave in enumerate(waves, 1) for stack in wave}
    rows = [
        [*([number[s.name]] if waves else []), s.name, s.layer, s.account, s.region, s.file.name, said[s.name]]
        for s in stacks
    ]
    return table([*(["WAVE"] if waves else []), "STACK", "LAYER", "ACCOUNT", "REGION", "FILE", last], rows)
