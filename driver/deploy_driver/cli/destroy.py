"""`deploy destroy`: delete stacks, in the reverse of their order."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver.choices import OnFailure
from deploy_driver.cli.options import (
    AllOption,
    CloudOption,
    JUnitOption,
    LockTimeoutOption,
    OnFailureOption,
    OverrideOption,
    ParallelOption,
    ProjectOption,
    ReasonOption,
    RunOutput,
    RunOutputOption,
    StacksOption,
    YesOption,
    lock_timeout_of,
    open_project,
)

ConfirmOption = Annotated[
    str | None,
    typer.Option(
        "--confirm",
        metavar="NAME,…",
        help="The names of all access layers that are destroyed, instead of typing them.",
    ),
]


def destroy(
    context: typer.Context,
    stacks: StacksOption = None,
    all_: AllOption = False,
    lock_timeout: LockTimeoutOption = None,
    yes: YesOption = False,
    confirm: ConfirmOption = None,
    override: OverrideOption = None,
    reason: ReasonOption = "",
    on_failure: OnFailureOption = OnFailure.STOP,
    parallel: ParallelOption = 1,
    output: RunOutputOption = RunOutput.TEXT,
    junit: JUnitOption = None,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Delete the resources of stacks, last deployed first.

    Asks before each stack, with --parallel once for all that may go at the same time; --yes confirms beforehand. Access layers also
    ask for their names; --confirm says them beforehand.

    It is a change: `window` and `freeze` hold for it as for `deploy up`, and --override lifts them.

    deploy destroy --stacks staging,dev

    deploy destroy --stacks dev-access,tools --yes --confirm dev-access,tools
    """
    from deploy_driver.adapters.terminal import TerminalPrompt
    from deploy_driver.app.console import require_person
    from deploy_driver.app.deploy import Options
    from deploy_driver.app.destroy import destroy
    from deploy_driver.cli.output import console, reported, show_run
    from deploy_driver.values import Operation

    with reported(junit) as listeners:
        terminal, person = console(*listeners), TerminalPrompt()
        require_person(person, "destroy", yes=yes)
        opened = open_project(context, project, cloud)
        options = Options(
            Operation.DESTROY,
            stacks,
            all_,
            yes=yes,
            lock_timeout=lock_timeout_of(lock_timeout),
            on_failure=on_failure,
            overrides=tuple(override or ()),
            reason=reason,
            parallel=parallel,
        )
        result = destroy(opened, options, terminal, person, confirm)
        show_run(result, opened.config.project, output)
