"""`deploy drift`: what is no longer as it was deployed, and which side moved."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy_driver import remedies
from deploy_driver.cli.options import (
    AllOption,
    AllowDeleteOption,
    CloudOption,
    LockTimeoutOption,
    OverrideOption,
    ParallelOption,
    ProjectOption,
    ReasonOption,
    StacksOption,
    YesOption,
    lock_timeout_of,
    open_project,
)

if TYPE_CHECKING:
    from deploy_driver.drift.report import DriftReport


LEDGER = "drift-ledger.json"
"""The copy of the ledger beside the reports."""


class DriftOutput(StrEnum):
    """How a report is written to stdout."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"


def drift(
    context: typer.Context,
    stacks: StacksOption = None,
    all_: AllOption = False,
    parallel: ParallelOption = 4,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 5 when something drifted.")] = False,
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", metavar="FILE", help="The file of known drift; otherwise .deploy/drift/ledger.json."),
    ] = None,
    reports: Annotated[
        Path | None,
        typer.Option(
            "--reports",
            metavar="DIR",
            help="Also write every report (Markdown, JSON, JUnit, SARIF) and the ledger here.",
        ),
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Put back what was changed in the cloud, and nothing else.")
    ] = False,
    allow_delete: AllowDeleteOption = None,
    override: OverrideOption = None,
    reason: ReasonOption = "",
    lock_timeout: LockTimeoutOption = None,
    yes: YesOption = False,
    output: Annotated[
        DriftOutput, typer.Option("--output", "--format", "-o", help="Output format.")
    ] = DriftOutput.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Detect drift between state, cloud and code.

    Holds the cloud, the state and the code of each stack side by side, and says for each resource which side moved: the
    cloud was changed, the code is not applied, or both; property by property. Runs under each account's preview role,
    which can only read; an access layer is looked at as its administrator. Goes on when a stack cannot be looked at.

    Says who did it, as far as the account's trail tells, and what is new since the last look, which the ledger keeps. What
    `[[drift.ignore]]` in deploy.toml names, with an owner, a reason and a last day, does not count until then.

    Exits with 0 when it could look everywhere, with 1 when AWS refused a look somewhere, with 5 when something drifted and
    --exit-code asks for it. Writes nothing, neither in an account nor in the state bucket.

    With --fix the cloud is made again what the code says where only the cloud was changed: at the commit that was last
    deployed, under the deployment role, through the gates of `deploy up`; refused with 4 where it would delete or replace
    what --allow-delete does not name. Says what it put back, and what it left and why.

    deploy drift --all --exit-code

    deploy drift --stacks dev-access,prod-access

    deploy drift --all --reports out/

    deploy drift --stacks dev --fix
    """
    from deploy_driver.app.drift import DriftOptions, detect_drift
    from deploy_driver.cli.output import console

    opened = open_project(context, project, cloud)
    if reports:
        make_folder(reports)
    patience = lock_timeout_of(lock_timeout)
    allowed, overrides = tuple(allow_delete or ()), tuple(override or ())
    options = DriftOptions(stacks, all_, parallel, ledger, exit_code, fix, allowed, yes, patience, overrides, reason)
    result = detect_drift(opened, options, console())
    _show(result.report, output, result.code)
    if reports:
        write_reports(reports, result.report, result.code)
    if result.refused:
        raise result.refused
    raise typer.Exit(result.code)


def _show(report: DriftReport, output: DriftOutput, code: int) -> None:
    from deploy_driver.cli.output import part_from_progress, write, write_json
    from deploy_driver.render.drift.data import as_json
    from deploy_driver.render.drift.junit_sarif import as_junit, as_sarif
    from deploy_driver.render.drift.markdown import as_markdown
    from deploy_driver.render.drift.text import as_text

    if output in {DriftOutput.JSON, DriftOutput.SARIF}:
        write_json(as_sarif(report) if output is DriftOutput.SARIF else as_json(report, exit_code=code))
    else:
        if output is DriftOutput.TEXT:
            part_from_progress()
        write(
            {DriftOutput.TEXT: as_text, DriftOutput.MARKDOWN: as_markdown, DriftOutput.JUNIT: as_junit}[output](report),
            document=output is not DriftOutput.TEXT,
        )


def make_folder(folder: Path) -> None:
    """Make the folder, before the look and not after it. Raises UsageError when there can be none."""
    from deploy_driver.errors import UsageError

    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        what = f"there can be no folder for the reports: {error.strerror}"
        raise UsageError(what, where=str(folder), remedy=remedies.OTHER_REPORTS) from None


def write_reports(folder: Path, report: DriftReport, code: int) -> None:
    """Write the reports: text, Markdown, JSON, JUnit (`.xml`) and SARIF, and a copy of the ledger. Raises UsageError."""
    from deploy_driver.adapters.drift_ledger import write_ledger
    from deploy_driver.cli.output import as_json, write
    from deploy_driver.render.drift import data, junit_sarif, markdown, text

    written = {
        "drift.txt": text.as_text(report),
        "drift.md": markdown.as_markdown(report),
        "drift.json": as_json(data.as_json(report, exit_code=code)),
        "drift.xml": junit_sarif.as_junit(report),
        "drift.sarif": as_json(junit_sarif.as_sarif(report)),
    }
    for name, content in written.items():
        write(content, folder / name)
    write_ledger(folder / LEDGER, report.ledger)
