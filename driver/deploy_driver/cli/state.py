"""`deploy state`: what the state bucket keeps of a stack."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver.cli.completion import stack_name
from deploy_driver.cli.options import CloudOption, ProjectOption, YesOption, open_project

app = typer.Typer(
    no_args_is_help=True,
    help="Restore stack state from copies in the state bucket.\n\nEvery run judges the states of its stacks before it begins.",
)


@app.callback()
def everywhere() -> None:
    """Keeps `restore` a verb of its own, though it is the only one."""


@app.command()
def restore(
    context: typer.Context,
    stack: Annotated[
        str, typer.Option("--stack", help="The stack whose state is restored.", autocompletion=stack_name)
    ],
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
