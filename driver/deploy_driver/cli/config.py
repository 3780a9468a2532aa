"""`deploy config`: the settings in a stack file."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from deploy_driver import remedies
from deploy_driver.cli.completion import stack_name
from deploy_driver.cli.options import CloudOption, ProjectOption, open_project
from deploy_driver.errors import UsageError

app = typer.Typer(
    no_args_is_help=True,
    help="Set what a stack file says, secrets included.\n\n`deploy exec --stack dev -- pulumi config` lists it.",
)

STDIN = "-"


@app.callback()
def everywhere() -> None:
    """Keeps `set` a verb of its own, though it is the only one."""


@app.command("set")
def set_(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key; without a namespace it is the project's own.")],
    stack: Annotated[str, typer.Option("--stack", help="The stack whose file is written.", autocompletion=stack_name)],
    value: Annotated[
        str,
        typer.Argument(metavar="VALUE", help="The value; `-`, or nothing, reads it from stdin.", show_default=False),
    ] = STDIN,
    secret: Annotated[
        bool,
        typer.Option(
            "--secret", help="Encrypt the value, which is read from stdin, with the key of the stack's state."
        ),
    ] = False,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Set one setting of a stack file.

    Comments, quotes and everything else in the file stay as they are. The settings are checked with the new value; where
    they do not hold, the file is left as it was (exit code 2).

    With --secret the program gets the value as a Pulumi secret, and only who may use the key of the stack's state can read
    it: in the tools account, Jenkins' roles and administrators.

    deploy config set memory 256 --stack dev

    deploy config set apiKey --secret --stack dev < key.txt
    """
    from deploy_driver.app.config import set_
    from deploy_driver.cli.output import tell

    if secret and value != STDIN:
        raise UsageError(
            "a secret is not taken from the command line, which the shell keeps and other processes see",
            remedy=remedies.PIPE_SECRET.of(key=key, stack=stack),
        )
    said = _from_stdin(hidden=secret) if value == STDIN else value
    tell(set_(open_project(context, project, cloud), key, said, stack, secret=secret))


def _from_stdin(*, hidden: bool) -> str:
    """What is piped, without the line end at its end; at a terminal, what a person types."""
    if sys.stdin.isatty():
        return str(typer.prompt("value", hide_input=hidden, err=True))
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")
