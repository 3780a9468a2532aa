"""`deploy destroy`: delete stacks, in the reverse of their order."""

from __future__ import annotations

import typer

from deploy_driver.cli.options import (
    AllOption,
    CloudOption,
    JUnitOption,
    ProjectOption,
    RunOutput,
    RunOutputOption,
    StacksOption,
    YesOption,
    open_project,
)


def destroy(
    context: typer.Context,
    stacks: StacksOption = None,
    all_: AllOption = False,
    yes: YesOption = False,
    output: RunOutputOption = RunOutput.TEXT,
    junit: JUnitOption = None,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Delete the resources of stacks, last deployed first.

    Asks before each stack; --yes confirms beforehand.

    deploy destroy --stacks staging,dev
    """
    from deploy_driver.app.deploy import Options, deploy
    from deploy_driver.cli.output import console, reported, show_run
    from deploy_driver.errors import RefusedError
    from deploy_driver.values import Operation

    with reported(junit) as listeners:
        terminal = console(*listeners)
        if not yes and not terminal.prompt.present:
            raise RefusedError("destroy asks, and nobody is at the terminal", remedy="pass --yes to confirm beforehand")
        opened = open_project(context, project, cloud)
        result = deploy(opened, Options(Operation.DESTROY, stacks, all_, yes=yes), terminal)
        show_run(result, opened.config.project, output)
