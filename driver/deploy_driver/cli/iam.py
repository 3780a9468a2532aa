"""`deploy iam`: what every role may do, as documents and as a check; no cloud is asked."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver.cli.completion import stack_name
from deploy_driver.cli.options import CloudOption, Output, OutputOption, ProjectOption, open_project


def show(
    context: typer.Context,
    stack: Annotated[
        str,
        typer.Option(
            "--stack", metavar="STACK", help="The stack whose documents are shown.", autocompletion=stack_name
        ),
    ],
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
    from deploy_driver.app import iam
    from deploy_driver.assurance.iam import text as policies
    from deploy_driver.cli.output import write, write_json

    name, documents = iam.show(open_project(context, project, cloud), stack)
    if output is Output.JSON:
        write_json(policies.as_data(name, documents))
    else:
        write(policies.as_text(name, documents))


def check(
    context: typer.Context,
    stack: Annotated[
        list[str] | None,
        typer.Option(
            "--stack",
            metavar="STACK",
            help="A stack to check; may be repeated. Otherwise every stack.",
            autocompletion=stack_name,
        ),
    ] = None,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Check that every role has the permissions it needs, and no others.

    Decides each request by the role's policy, its boundary and its session's policy. Finds what is missing, what is too
    much, what reaches another stack, what opens a known way to more rights, and documents that AWS would refuse for
    their size. Exits with 1 when there is a finding.

    deploy iam check

    deploy iam check --stack dev-access --output json
    """
    from deploy_driver.app import iam
    from deploy_driver.assurance.iam import text as policies
    from deploy_driver.cli.output import write, write_json
    from deploy_driver.errors import ExitCode

    checked, found = iam.check(open_project(context, project, cloud), stack or ())
    if output is Output.JSON:
        write_json(policies.check_as_data(checked, found))
    else:
        write(policies.check_as_text(checked, found))
    raise typer.Exit(ExitCode.FAILED if found else ExitCode.DONE)


app = typer.Typer(
    no_args_is_help=True,
    help="Show and check the IAM policies of every role.\n\nReads the project's files only: no cloud is asked, nothing is changed.",
)
app.command("show")(show)
app.command("check")(check)
