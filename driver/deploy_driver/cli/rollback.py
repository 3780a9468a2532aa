"""`deploy rollback`: deploy a stack again as an earlier good run has deployed it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy_driver.cli.completion import stack_names
from deploy_driver.cli.options import (
    AllowDeleteOption,
    CloudOption,
    ConfigOption,
    JUnitOption,
    LockTimeoutOption,
    OverrideOption,
    ProjectOption,
    ReasonOption,
    RunOutput,
    RunOutputOption,
    YesOption,
    lock_timeout_of,
    open_project,
)


def rollback(
    context: typer.Context,
    stack: Annotated[
        str,
        typer.Option("--stack", metavar="STACK", help="The stack that goes back.", autocompletion=stack_names),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="RUN",
            help="The run's id, or how it begins; otherwise the last good run before this commit.",
        ),
    ] = "",
    artefact: Annotated[
        list[Path] | None,
        typer.Option(
            "--artefact",
            metavar="PATH",
            help="A file or folder of the project that a build made and git does not have. May be repeated.",
        ),
    ] = None,
    allow_delete: AllowDeleteOption = None,
    config: ConfigOption = None,
    lock_timeout: LockTimeoutOption = None,
    yes: YesOption = False,
    override: OverrideOption = None,
    reason: ReasonOption = "",
    output: RunOutputOption = RunOutput.TEXT,
    junit: JUnitOption = None,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Roll a stack back to an earlier good run.

    Deploys that run's commit, settings and code again. Without --to that is the newest run before the one that is deployed in which
    the stack succeeded with another commit; typed again, it goes one further. The commit is checked out beside yours, for this run
    only: your files, and what is not committed in them, stay as they are.

    It is a run like `deploy up`: checks, preview, today's gates, smoke test, record. First the aliases of functions are switched
    to the versions that they led to then, where those still exist. What would delete data is refused (exit code 4) until
    --allow-delete names it.

    Refused where the run was not good for this stack or its files were not committed (exit code 2), where its commit is not in this
    clone (exit code 3), and where the program, a setting or a package would not be what it was then (exit code 4).

    deploy rollback --stack prod

    deploy rollback --stack prod --to 20261123-0102-3f9a7c --yes
    """
    from deploy_driver.app.rollback import RollbackOptions, rollback
    from deploy_driver.cli.output import console, reported, show_run

    options = RollbackOptions(
        stack,
        to,
        yes,
        tuple(allow_delete or ()),
        tuple(config or ()),
        tuple(artefact or ()),
        lock_timeout_of(lock_timeout),
        tuple(override or ()),
        reason,
    )
    with reported(junit) as listeners:
        opened = open_project(context, project, cloud)
        result = rollback(opened, options, console(*listeners))
        show_run(result, opened.config.project, output)
