"""`deploy outputs`: what deployed stacks export."""

from __future__ import annotations

import typer

from deploy_driver.cli.options import (
    AllOption,
    CloudOption,
    Output,
    OutputOption,
    ProjectOption,
    StacksOption,
    open_project,
)


def outputs(
    context: typer.Context,
    stacks: StacksOption = None,
    all_: AllOption = False,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Show stack outputs, as last deployed.

    Secrets are masked.

    deploy outputs --stacks dev --output json
    """
    from deploy_driver.app.outputs import outputs_of
    from deploy_driver.cli.output import write, write_json
    from deploy_driver.record.redaction import readable
    from deploy_driver.render.text import table

    found = outputs_of(open_project(context, project, cloud), stacks, all_stacks=all_)
    if output is Output.JSON:
        write_json(found)
        return
    rows = [[stack, key, str(value)] for stack, values in found.items() for key, value in values.items()]
    empty = [[stack, "(not deployed)", ""] for stack, values in found.items() if not values]
    write(readable(table(["STACK", "OUTPUT", "VALUE"], rows + empty)))
