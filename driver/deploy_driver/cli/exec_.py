"""`deploy exec`: run any command with one stack's temporary credentials and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver.cli.completion import stack_name
from deploy_driver.cli.options import CloudOption, ProjectOption, open_project


def exec_(
    context: typer.Context,
    command: Annotated[list[str], typer.Argument(help="The command and its arguments, after `--`.")],
    stack: Annotated[
        str, typer.Option("--stack", help="The stack whose credentials the command gets.", autocompletion=stack_name)
    ],
    read_only: Annotated[bool, typer.Option("--read-only", help="Use the preview role, which can only read.")] = False,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Run a command with a stack's temporary credentials.

    Its exit code is ours. The command sees the credentials, the region, and PATH, HOME, TERM and the like. Neither
    this machine's own identity nor a person's ~/.aws reaches it.

    `pulumi` is the engine of the project's runs, in the project's folder, on this stack's state and key. As in a run it
    reads and writes the state as this machine, and the program's provider enters the account.

    deploy exec --stack dev -- aws s3 ls

    deploy exec --stack dev -- pulumi stack output

    deploy exec --stack prod --read-only -- terraform plan
    """
    from deploy_driver.app.exec_ import execute

    raise typer.Exit(execute(open_project(context, project, cloud), command, stack, read_only=read_only))
