"""`deploy sandbox`: four AWS accounts on this machine, started, looked at, emptied and stopped."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver.cli.options import Output, OutputOption, ProjectOption

app = typer.Typer(
    no_args_is_help=True,
    help="Run four AWS accounts on this machine.\n\n"
    "tools, dev, staging and prod, with IAM enforced, on loopback only. State survives down and up.",
)

PortOption = Annotated[
    int | None, typer.Option("--port", help="Port of the endpoint; otherwise the last one, or a free one.")
]
PowersOption = Annotated[
    bool, typer.Option("--powers", help="For tests only: allow faults, delays and expired sessions on demand.")
]


@app.command()
def up(
    port: PortOption = None,
    powers: PowersOption = False,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
) -> None:
    """Start the sandbox, or find it running."""
    from deploy_driver.app import sandbox as sandboxing

    sandboxing.show(sandboxing.up(project, port, powers=powers), output)


@app.command()
def status(output: OutputOption = Output.TEXT, project: ProjectOption = None) -> None:
    """Show where it answers, its accounts and its tools.

    Exits with 3 when it is down.
    """
    from deploy_driver.app import sandbox as sandboxing

    sandboxing.show(sandboxing.status(project), output)


@app.command()
def reset(output: OutputOption = Output.TEXT, project: ProjectOption = None) -> None:
    """Empty all four accounts; the ports stay.

    The state of all stacks goes with them.
    """
    from deploy_driver.app import sandbox as sandboxing

    sandboxing.show(sandboxing.reset(project), output)


@app.command()
def down(project: ProjectOption = None) -> None:
    """Stop the sandbox; its accounts are kept."""
    from deploy_driver.app import sandbox as sandboxing

    sandboxing.down(project)
