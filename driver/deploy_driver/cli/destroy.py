"""`deploy destroy`: delete stacks, in the reverse of their order."""

from __future__ import annotations

from deploy_driver.cli.options import (
    AllOption,
    CloudOption,
    JUnitOption,
    Output,
    OutputOption,
    ProjectOption,
    StacksOption,
    YesOption,
)


def destroy(
    stacks: StacksOption = None,
    all_: AllOption = False,
    yes: YesOption = False,
    output: OutputOption = Output.TEXT,
    junit: JUnitOption = None,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Delete what stacks have made, last deployed first.

    Asks before each stack; --yes confirms beforehand.

    deploy destroy --stacks staging,dev
    """
    from deploy_driver.adapters.terminal import TerminalPrompt
    from deploy_driver.app.deploy import Wish, operate
    from deploy_driver.cli.output import reported
    from deploy_driver.errors import RefusedError
    from deploy_driver.values import Operation

    with reported(junit) as listeners:
        if not yes and not TerminalPrompt().present:
            raise RefusedError("destroy asks, and nobody is at the terminal", remedy="say --yes to confirm beforehand")
        operate(Wish(Operation.DESTROY, project, cloud, stacks, all_, output, yes=yes, listeners=listeners))
