"""`deploy repair`: find out what became of operations that nobody saw end, and go on from there."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver.cli.completion import stack_name
from deploy_driver.cli.options import (
    AllowDeleteOption,
    CloudOption,
    JUnitOption,
    LockTimeoutOption,
    ProjectOption,
    ReasonOption,
    RunOutput,
    RunOutputOption,
    YesOption,
    lock_timeout_of,
    open_project,
)


def repair(
    context: typer.Context,
    stack: Annotated[str, typer.Option("--stack", help="The stack that is repaired.", autocompletion=stack_name)],
    adopt: Annotated[
        list[str] | None,
        typer.Option("--adopt", metavar="URN=ID", help="What stands in the account under this id is this resource."),
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", metavar="URN", help="This resource is not in the account.")
    ] = None,
    allow_delete: AllowDeleteOption = None,
    lock_timeout: LockTimeoutOption = None,
    yes: YesOption = False,
    reason: ReasonOption = "",
    output: RunOutputOption = RunOutput.TEXT,
    junit: JUnitOption = None,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Repair a stack whose run died in the middle.

    Asks the account what became of every operation that the state has as pending, and of everything that the program makes and
    the state does not list. What is there and carries the stack's tags is adopted into the state; what is not there is forgotten.
    What carries other tags is named, and never adopted. Where several things match, or nothing says by what a thing is found,
    nothing is written until --adopt or --drop says which it is. An HTTP API or an integration that a run has made twice, as an answer
    of AWS was lost, is deleted: nothing else ever is.

    Shows what it will write, asks, and writes it through the engine, which holds its lock meanwhile; the state before stays in the
    state bucket as a version, which is shown. Then deploys the stack from the cloud as it is, through the gates of `deploy up`: run
    it at the commit that was being deployed. --yes confirms beforehand. --allow-delete needs a --reason where a stack has a limit or an
    approval, as with `deploy up`.

    A state that is damaged or gone is put back first, from the newest good copy of it.

    deploy repair --stack dev
    """
    from deploy_driver.app.repair import RepairOptions, repair
    from deploy_driver.cli.output import console, reported, show_run

    with reported(junit) as listeners:
        opened = open_project(context, project, cloud)
        options = RepairOptions(
            stack,
            tuple(adopt or ()),
            tuple(drop or ()),
            tuple(allow_delete or ()),
            yes,
            lock_timeout_of(lock_timeout),
            reason,
        )
        result = repair(opened, options, console(*listeners))
    show_run(result, opened.config.project, output)
