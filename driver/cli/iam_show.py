"""`deploy iam show`: every policy document of a stack as it will be in AWS, with its size against AWS's quota."""

from __future__ import annotations

from typing import Annotated

import typer

from driver.cli.options import CloudOption, Output, OutputOption, ProjectOption


def show(
    stack: Annotated[str, typer.Option("--stack", metavar="STACK", help="The stack whose documents are shown.")],
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Show every policy document of a stack as it will be in AWS.

    Always in the same order, so that two outputs compare line by line. Each with its size as AWS counts it, the quota,
    and a warning from 80 % on.

    deploy iam show --stack dev-access

    deploy iam show --stack tools --output json
    """
    from driver.cli import program, wiring
    from driver.cli.stdout import write, write_json
    from driver.errors import UsageError
    from driver.plan.select import select
    from driver.render import policies

    config = wiring.open_project(project, cloud)
    chosen = next(iter(select(config.stacks, [stack])), None)
    if chosen is None:
        raise UsageError("no stack is named", remedy="`deploy list` shows them")
    program.check_settings(config, [chosen])
    documents = program.documents(config, chosen)
    if output is Output.JSON:
        write_json(policies.as_data(chosen.name, documents))
    else:
        write(policies.as_text(chosen.name, documents))
