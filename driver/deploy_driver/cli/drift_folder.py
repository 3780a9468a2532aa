"""What `--reports DIR` means: one look in every form that somebody reads, and the ledger as it is after it."""

from __future__ import annotations

from pathlib import Path

from deploy_driver.adapters.drift_ledger import write_ledger
from deploy_driver.cli.output import as_json, write
from deploy_driver.drift.report import Report
from deploy_driver.errors import UsageError
from deploy_driver.render.drift import tools as forms
from deploy_driver.render.drift.data import as_json as data
from deploy_driver.render.drift.markdown import as_markdown
from deploy_driver.render.drift.text import as_text

LEDGER = "drift-ledger.json"


def make_folder(folder: Path) -> None:
    """Make the folder, before the look and not after it. Raises UsageError when there can be none."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        what = f"there can be no folder for the reports: {error.strerror}"
        raise UsageError(what, where=str(folder), remedy="say another --reports DIR") from None


def fill(folder: Path, report: Report, code: int) -> None:
    """Write the reports: text, Markdown, JSON, JUnit (`.xml`) and SARIF, and a copy of the ledger. Raises UsageError."""
    written = {
        "drift.txt": as_text(report),
        "drift.md": as_markdown(report),
        "drift.json": as_json(data(report, exit_code=code)),
        "drift.xml": forms.as_junit(report),
        "drift.sarif": as_json(forms.as_sarif(report)),
    }
    for name, text in written.items():
        write(text, folder / name)
    write_ledger(folder / LEDGER, report.ledger)
