"""`deploy up`: make stacks what the program says, one account after the other, or several at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy_driver.choices import OnFailure
from deploy_driver.cli.options import (
    AffectedOption,
    AllOption,
    AllowDeleteOption,
    BaseOption,
    CloudOption,
    ConfigOption,
    JUnitOption,
    LockTimeoutOption,
    OnFailureOption,
    OverrideOption,
    ParallelOption,
    ProjectOption,
    ReasonOption,
    RefreshOption,
    RunOutput,
    RunOutputOption,
    StacksOption,
    YesOption,
    lock_timeout_of,
    open_project,
)


def up(
    context: typer.Context,
    stacks: StacksOption = None,
    all_: AllOption = False,
    affected: AffectedOption = False,
    base: BaseOption = None,
    refresh: RefreshOption = False,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="DIR", help="Apply what deploy preview --save DIR saved, and only that."),
    ] = None,
    allow_delete: AllowDeleteOption = None,
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
    """Deploy stacks, one account after the other.

    Stops at the first that fails; with --on-failure continue, only what needs it is left out. Checks everything before
    anything is touched: settings, engine, plugin, state, and that every stack's deployment role can be assumed and really is
    in the configured account. After each stack its
    service must pass its smoke test, which deploy.toml describes, before the next one begins, and where its ring there has a
    `soak`, be well for that long: one stack after the other, with --parallel those of a ring at the same time. With --refresh,
    what somebody changed by hand is put back.

    With --plan the stacks are those of the saved plan: its signature and everything it depends on are verified, and
    every stack is previewed again. Any difference is refused by name (exit code 4) before anything is touched.

    What would delete or replace something that holds data (a bucket, a table, a log group, a key, …), or all of a stack, is
    refused (exit code 4) until --allow-delete names it. Of a saved plan that word is part of what was reviewed.

    Refused (exit code 4) too where deploy.toml has the stack closed: outside its `window`, or in a `freeze`. --override lifts such a
    gate, and `max-deletes`, for this run. It needs a --reason, and so does --allow-delete where a stack has a limit or an
    approval; who, what and why are on record.

    --config tells the program something else than the stack file, in this run only: no file is written, and the next run
    goes by the file again. The keys are on record. Of a saved plan it is part of what was reviewed.

    deploy up --stacks dev,staging,prod

    deploy up --stacks dev --config logLevel=debug

    deploy up --stacks prod --override freeze --reason "INC-4711: orders are lost"

    --parallel N deploys up to N stacks at the same time, as many as this machine has memory for. What needs another stack, by
    `needs` or a ring in deploy.toml, still comes after it. At a terminal, one question is asked about all that may go at the same time,
    once they are previewed; those that need them come next, with a question of their own.

    deploy up --all --parallel 4 --yes

    One run at a time writes a stack: another one is told who that is (exit code 3), or waits for it with --lock-timeout.

    --affected knows files, not accounts: what an earlier run left undone is not part of it. --all leaves nothing out.

    deploy up --plan plan/
    """
    from deploy_driver.app.affected import since
    from deploy_driver.app.deploy import Options, deploy
    from deploy_driver.app.reviewed_plan import apply
    from deploy_driver.cli.output import console, reported, show_run
    from deploy_driver.values import Operation

    options = Options(
        Operation.UP,
        stacks,
        all_,
        since=since(base, affected=affected, named=all_ or stacks is not None),
        yes=yes,
        refresh=refresh,
        allowed=tuple(allow_delete or ()),
        settings=tuple(config or ()),
        lock_timeout=lock_timeout_of(lock_timeout),
        on_failure=on_failure,
        overrides=tuple(override or ()),
        reason=reason,
        parallel=parallel,
    )
    with reported(junit) as listeners:
        opened, terminal = open_project(context, project, cloud), console(*listeners)
        result = apply(opened, options, plan, terminal) if plan else deploy(opened, options, terminal)
        show_run(result, opened.config.project, output)
