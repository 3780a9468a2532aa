"""`deploy iam check`: whether every role may do all that its work takes, and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from driver.cli.options import CloudOption, Output, OutputOption, ProjectOption


def check(
    stack: Annotated[
        list[str] | None,
        typer.Option("--stack", metavar="STACK", help="A stack to check; may be repeated. Otherwise every stack."),
    ] = None,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Check that every role may do all that its work takes, and nothing else.

    Decides each request by the role's policy, its boundary and its session's policy. Finds what is missing, what is too
    much, what reaches another stack, what opens a known way to more rights, and documents that AWS would refuse for
    their size. Exits with 1 when there is a finding.

    deploy iam check

    deploy iam check --stack dev-access --output json
    """
    from driver.cli import program, wiring
    from driver.cli.stdout import write, write_json
    from driver.errors import ExitCode
    from driver.iam.check import check as findings_of
    from driver.plan.select import select
    from driver.render import policies

    config = wiring.open_project(project, cloud)
    chosen = select(config.stacks, stack) if stack else config.stacks
    program.check_settings(config, chosen)
    documents = {each.name: program.documents(config, each) for each in chosen}
    roles = program.roles(config)
    found = findings_of(documents, roles, program.access_states(config))
    checked = [role for role in roles if role.stack in documents]
    if output is Output.JSON:
        write_json(policies.check_as_data(checked, found))
    else:
        write(policies.check_as_text(checked, found))
    raise typer.Exit(ExitCode.FAILED if found else ExitCode.DONE)
