"""The options that several verbs share, each said once, and the project that they name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy_driver.choices import OnFailure, Overridable
from deploy_driver.cli.completion import stack_names
from deploy_driver.config.environment import Machine

if TYPE_CHECKING:
    from deploy_driver.app.session import LocalProject


def machine(context: typer.Context) -> Machine:
    """The machine as `main` has found it."""
    return context.ensure_object(Machine)


def open_project(context: typer.Context, project: Path | None, cloud: str | None) -> LocalProject:
    """The project that the options name, on this machine. Raises UsageError."""
    from deploy_driver.app import session

    return session.open_project(machine(context), project, cloud)


def lock_timeout_of(said: str | None) -> int:
    """The seconds that --lock-timeout says. Raises UsageError."""
    from deploy_driver.config.duration import seconds_of

    return 0 if said is None else seconds_of("--lock-timeout", said, "10m")


ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="The project's folder; otherwise the nearest one with a deploy.toml.",
        envvar="DEPLOY_PROJECT",
    ),
]
CloudOption = Annotated[
    str | None,
    typer.Option(
        "--cloud", metavar="aws|sandbox", help="Where to run; otherwise DEPLOY_CLOUD, otherwise `cloud` in deploy.toml."
    ),
]
StacksOption = Annotated[
    str | None,
    typer.Option(
        "--stacks",
        metavar="A,B,…",
        help="The stacks, by name, separated by commas; `deploy list` shows them.",
        autocompletion=stack_names,
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="Every service stack, in dependency order.")]
RefreshOption = Annotated[
    bool, typer.Option("--refresh", help="Compare with the resources as they are in the cloud, not with the state.")
]
AffectedOption = Annotated[
    bool, typer.Option("--affected", help="The stacks affected by the change since --base, and why.")
]
BaseOption = Annotated[
    str | None,
    typer.Option("--base", metavar="REF", help="The commit or branch to compare with, for example origin/main."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation; limits still hold.")]
ParallelOption = Annotated[
    int,
    typer.Option(
        "--parallel",
        metavar="N",
        min=1,
        help="How many stacks may go at the same time, 3 of them in one account; one that needs another waits for it.",
    ),
]
OnFailureOption = Annotated[
    OnFailure,
    typer.Option(
        "--on-failure",
        help="What the other stacks do when one fails: stop, or continue with those that do not need it.",
    ),
]
AllowDeleteOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-delete",
        metavar="URN|all",
        help="Allow this to be deleted or replaced although it holds data. Repeat it for each URN, or pass all.",
    ),
]
OverrideOption = Annotated[
    list[Overridable] | None,
    typer.Option(
        "--override",
        help="Go on although this gate would refuse, which needs a --reason. May be repeated; otherwise DEPLOY_OVERRIDE.",
        envvar="DEPLOY_OVERRIDE",
    ),
]
ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why, for the record; otherwise DEPLOY_REASON.")
]
ConfigOption = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        metavar="KEY=VALUE",
        help="A setting for this run only, instead of the stack file's; it is not secret. May be repeated.",
    ),
]
LockTimeoutOption = Annotated[
    str | None,
    typer.Option(
        "--lock-timeout",
        metavar="DURATION",
        help="How long to wait for stacks that another run is at work on, such as 10m; otherwise not at all.",
    ),
]
JUnitOption = Annotated[
    Path | None,
    typer.Option(
        "--junit", metavar="FILE", help="Also write the run as JUnit XML, whatever becomes of it: a stack is a suite."
    ),
]


class Output(StrEnum):
    """How a result is written to stdout."""

    TEXT = "text"
    JSON = "json"


OutputOption = Annotated[Output, typer.Option("--output", "--format", "-o", help="Output format.")]


class RunOutput(StrEnum):
    """How what became of a run is written: the forms that `render/result.py` has."""

    TEXT = "text"
    JSON = "json"


RunOutputOption = Annotated[
    RunOutput, typer.Option("--output", "--format", "-o", help="How the result is written to stdout.")
]


class PageOutput(StrEnum):
    """How a result is written that is also a page to keep and to pass on."""

    TEXT = "text"
    HTML = "html"
    JSON = "json"


PageOutputOption = Annotated[PageOutput, typer.Option("--output", "--format", "-o", help="Output format.")]
PageFileOption = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="Write the result to this file instead of stdout.")
]
