"""`deploy preview`: what an up would do, under a role that can only read."""

from __future__ import annotations

from typing import Annotated

import typer

from driver.cli.options import AllOption, CloudOption, Output, OutputOption, ProjectOption, RefreshOption, StacksOption


def preview(
    stacks: StacksOption = None,
    all_: AllOption = False,
    refresh: RefreshOption = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 5 when something would change.")] = False,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Show what `deploy up` would do, and touch nothing.

    Runs under each account's preview role, which can only read. Goes on to the next stack when one fails.

    deploy preview --stacks dev,prod
    """
    from driver.cli.operate import Wish, operate
    from driver.values import Operation

    operate(Wish(Operation.PREVIEW, project, cloud, stacks, all_, output, refresh=refresh, differs=exit_code))
