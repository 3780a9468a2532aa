"""`deploy sandbox`: the project's AWS accounts on this machine, started, looked at, emptied and stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deploy_driver.cli.options import Output, OutputOption, ProjectOption, open_project

if TYPE_CHECKING:
    from deploy_driver.app.sandbox import SandboxStatus

app = typer.Typer(
    no_args_is_help=True,
    help="Run the project's AWS accounts on this machine.\n\n"
    "The tools account and every account that a stack file names, with IAM enforced, on loopback only. State survives down and up.",
)

PortOption = Annotated[
    int | None, typer.Option("--port", help="Port of the endpoint; otherwise the last one, or a free one.")
]
PowersOption = Annotated[
    bool, typer.Option("--powers", help="For tests only: allow faults, delays and expired sessions on demand.")
]


@app.command()
def up(
    context: typer.Context,
    port: PortOption = None,
    powers: PowersOption = False,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
) -> None:
    """Start the accounts that the stack files name.

    One that runs with other accounts is started again and keeps its state.
    """
    from deploy_driver.app import sandbox
    from deploy_driver.cli.output import notice

    _show(sandbox.up(open_project(context, project, "sandbox"), port, powers=powers, notice=notice), output)


@app.command()
def status(context: typer.Context, output: OutputOption = Output.TEXT, project: ProjectOption = None) -> None:
    """Show its endpoint, accounts and tools.

    Exits with 3 when it is down.
    """
    from deploy_driver.app import sandbox

    _show(sandbox.status(open_project(context, project, "sandbox")), output)


@app.command()
def reset(context: typer.Context, output: OutputOption = Output.TEXT, project: ProjectOption = None) -> None:
    """Reset all accounts; the ports stay.

    The state of all stacks goes with them.
    """
    from deploy_driver.app import sandbox

    _show(sandbox.reset(open_project(context, project, "sandbox")), output)


@app.command()
def down(context: typer.Context, project: ProjectOption = None) -> None:
    """Stop the sandbox; its accounts are kept."""
    from deploy_driver.app import sandbox
    from deploy_driver.cli.output import notice

    stopped = sandbox.down(open_project(context, project, "sandbox"))
    notice("the sandbox is down; its accounts are kept" if stopped else "the sandbox was not running")


def _show(status: SandboxStatus, output: Output) -> None:
    from dataclasses import asdict

    from deploy_driver.cli.output import tell, write_json
    from deploy_driver.render.text import table

    if output is Output.JSON:
        write_json({**asdict(status), "home": str(status.home)})
        return
    rows = [[name, account] for name, account in status.accounts.items()]
    tell(f"sandbox at {status.endpoint} ({status.region}), process {status.pid}, home {status.home}")
    tell(f"engine  {status.engine}\nplugin  {status.plugin}\n\n{table(['ACCOUNT', 'ID'], rows)}")
