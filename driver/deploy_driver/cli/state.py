"""`deploy state`: what the state bucket keeps of a stack."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver.cli.completion import stack_name
from deploy_driver.cli.options import CloudOption, Output, OutputOption, ProjectOption, YesOption, open_project
from deploy_driver.digest import digest

app = typer.Typer(
    no_args_is_help=True,
    help="List, show and restore states of stacks.\n\nEvery run judges the states of its stacks before it begins.",
)


StackOption = Annotated[str, typer.Option("--stack", help="The stack.", autocompletion=stack_name)]


@app.command("list")
def list_states(
    context: typer.Context,
    stack: StackOption,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """List a stack's state and the copies of it, newest first, and what each is good for.

    Copies are what the engine keeps (`.json.bak`: before its last write; `backups` and `history`: after each update that ended),
    and the versions that the bucket keeps, where whoever asks may list them.

    deploy state list --stack staging
    """
    from datetime import UTC, datetime

    from deploy_driver.app.state import states
    from deploy_driver.cli.output import write, write_json
    from deploy_driver.record.redaction import readable
    from deploy_driver.render.text import table

    def moment(seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")

    found = states(open_project(context, project, cloud), stack)
    if output is Output.JSON:
        write_json(
            [
                {
                    "place": one.place,
                    "written": moment(one.copy.moment) if one.copy else None,
                    "digest": digest(one.content),
                    "resources": len(one.judged.resources),
                    "problems": list(one.judged.problems),
                }
                for one in found
            ]
        )
        return
    rows = [[moment(one.copy.moment)[:19] if one.copy else "", one.name, one.verdict] for one in found]
    head = ["WRITTEN (UTC)", "COPY", "WHAT IT IS"]
    write(readable(table(head, rows) if rows else f"{stack} has no state, and no copy of one"))


@app.command()
def show(
    context: typer.Context,
    stack: StackOption,
    copy: Annotated[
        str,
        typer.Option(
            "--copy",
            metavar="COPY",
            help="A copy, as deploy state list names it, or its version alone; otherwise the state.",
        ),
    ] = "",
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Show a stack's state, or a copy of it, as the engine wrote it. Its secrets are encrypted.

    deploy state show --stack staging
    """
    from deploy_driver.app.state import show
    from deploy_driver.cli.output import write
    from deploy_driver.record.redaction import readable

    write(readable(show(open_project(context, project, cloud), stack, copy).decode("utf-8", "replace")))


@app.command()
def restore(
    context: typer.Context,
    stack: StackOption,
    yes: YesOption = False,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Restore the newest good copy of a stack's state.

    For a state that is damaged, another stack's, or gone. Refuses (exit code 4) where the state is as it should be. Copies are
    what the engine keeps (`.json.bak`, `backups`, `history`), and the versions that the bucket keeps where whoever asks may list
    them. What is there now stays in the bucket as a version. A copy may be older than what is deployed: look with
    `deploy preview --refresh` before the next up.

    deploy state restore --stack staging
    """
    from deploy_driver.app.state import restore
    from deploy_driver.cli.output import console, write

    good = restore(open_project(context, project, cloud), stack, console(), yes=yes)
    write(f"the state of {stack} is {good}\nlook with `deploy preview --refresh --stacks {stack}`\n")
