"""`deploy resume`: end what an interrupted run has left."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver.choices import OnFailure
from deploy_driver.cli.options import (
    CloudOption,
    ConfigOption,
    JUnitOption,
    LockTimeoutOption,
    OnFailureOption,
    OverrideOption,
    ParallelOption,
    ProjectOption,
    ReasonOption,
    RunOutput,
    RunOutputOption,
    YesOption,
    lock_timeout_of,
    open_project,
)


def resume(
    context: typer.Context,
    run: Annotated[
        str, typer.Argument(metavar="[RUN]", help="The run's id, or how it begins; otherwise the newest that is left.")
    ] = "",
    config: ConfigOption = None,
    lock_timeout: LockTimeoutOption = None,
    yes: YesOption = False,
    override: OverrideOption = None,
    reason: ReasonOption = "",
    on_failure: OnFailureOption = OnFailure.STOP,
    parallel: ParallelOption = 1,
    output: RunOutputOption = RunOutput.TEXT,
    junit: JUnitOption = None,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """End a run that was killed, was stopped, or failed.

    Says what became of each of its stacks: done, not begun, interrupted, outcome unknown. What is done is not done again. What an
    engine had begun is looked up in its account first, as `deploy repair` does, and starts from the account as it is. The rest is
    deployed, or destroyed, in the same order, through the same gates, with what the run was told.

    A state that was cut, emptied, overwritten with nonsense or removed is put back first, from the copies of it. Which copy is shown,
    and it asks, unless --yes confirms beforehand.

    Refused (exit code 4), each difference by name, where the commit, a file of the program, a setting, the engine, the plugin or the
    state of a stack is not what it was in that run; and where a later run has gone over what it left.

    What an engine had begun is ended also where its stack is closed by now, outside of its `window` or in a `freeze`; what was not
    begun is not.

    The record is looked for in this folder and in the state bucket: any agent can resume what another one began.

    deploy resume

    deploy resume 20261123-0102-3f9a7c --yes
    """
    from deploy_driver.app.resume import ResumeOptions, resume
    from deploy_driver.cli.output import console, notice, reported, show_run

    with reported(junit) as listeners:
        opened = open_project(context, project, cloud)
        patience, settings = lock_timeout_of(lock_timeout), tuple(config or ())
        overrides = tuple(override or ())
        options = ResumeOptions(run, yes, settings, on_failure, patience, overrides, reason, parallel)
        result = resume(opened, options, console(*listeners))
    if result is None:
        notice("there is nothing to resume: every stack that a run began is done, or was gone over by a later run")
        raise typer.Exit
    show_run(result, opened.config.project, output)
