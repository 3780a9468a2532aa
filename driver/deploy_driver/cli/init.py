"""`deploy init`: a new project, from its accounts to its pipeline."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy_driver.cli.options import machine

if TYPE_CHECKING:
    from deploy_driver.app.init import WrittenProject

_NEXT = """\
next:
{enter}  deploy setup              # once per machine: the Pulumi engine and the AWS plugin
  deploy sandbox up         # these accounts, on your machine
  deploy bootstrap --yes    # their roles, trails and the state's bucket
  deploy up --all --yes     # the service, account by account
README.md says how to go on to AWS"""
_REGION = "eu-central-1"


def init(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="The service's name; everything is called after it.", show_default=False),
    ] = "",
    tools: Annotated[
        str, typer.Option("--tools", metavar="ID", help="The account in which Jenkins runs.", show_default=False)
    ] = "",
    account: Annotated[
        list[str] | None,
        typer.Option(
            "--account",
            metavar="NAME=ID",
            help="An account to deploy to. Repeat it, in the order of deployment; the last one asks for an approval.",
        ),
    ] = None,
    region: Annotated[
        str, typer.Option("--region", metavar="REGION", help="The region of all accounts.", show_default=False)
    ] = "",
    directory: Annotated[
        Path, typer.Option("--directory", metavar="DIR", help="Where to write it; made if it is missing.")
    ] = Path(),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
) -> None:
    """Write a new project, in which `deploy up` works.

    A program with a function, a bucket and an HTTP API; the function's code and its tests; a file for each account, with an
    external id of its own; a Jenkinsfile whose stages are the project's stacks; deploy.toml, .gitignore and a README. It works in
    the sandbox at once. What is there already is never overwritten: then nothing is written at all.

    What is not given is asked for at a terminal.

    deploy init

    deploy init orders --tools 111111111111 --account dev=222222222222 --account prod=333333333333 --region eu-central-1 --yes
    """
    from deploy_driver.adapters.terminal import TerminalPrompt
    from deploy_driver.app.init import Interviewer, init
    from deploy_driver.cli.output import notice, tell
    from deploy_driver.config.new_project import AskedProject

    asked, prompt, ambient = AskedProject(name, tools, tuple(account or ()), region), TerminalPrompt(), machine(context)
    said = ambient.environment.get("AWS_REGION") or ambient.environment.get("AWS_DEFAULT_REGION") or _REGION
    tell(_text(init(asked, directory, Interviewer(prompt, notice, said) if prompt.present and not yes else None)))


def _text(written: WrittenProject) -> str:
    """The files that were written, and what to type next."""
    enter = "" if written.folder == Path() else f"  cd {shlex.quote(str(written.folder))}\n"
    files = "\n".join(f"  {file}" for file in written.files)
    return f"{written.project.name}: {len(written.files)} files\n{files}\n\n{_NEXT.format(enter=enter)}"
