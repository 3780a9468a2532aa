"""`deploy compare`: what differs between two stacks."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver.cli.completion import stack_names
from deploy_driver.cli.options import CloudOption, Output, OutputOption, ProjectOption, open_project

_Stack = typer.Argument(metavar="STACK", help="A service stack.", show_default=False, autocompletion=stack_names)


def compare(
    context: typer.Context,
    left: Annotated[str, _Stack],
    right: Annotated[str, _Stack],
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Show what differs between two stacks.

    Settings are those of the two files here; what was deployed is on record; resources are in the states; roles are what the program
    would make of these files. A name, account, region or external id that is a stack's own is no difference. Of secrets only
    that they are there is compared.

    deploy compare dev prod

    deploy compare dev prod --output json
    """
    from deploy_driver.app.compare import compare
    from deploy_driver.cli.output import notice, write, write_json
    from deploy_driver.render import comparison

    found = compare(open_project(context, project, cloud), left, right, notice)
    if output is Output.JSON:
        write_json(comparison.as_json(left, right, found))
    else:
        write(comparison.as_text(left, right, found))
