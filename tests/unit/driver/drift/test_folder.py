"""The folder of reports of one look."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from deploy_driver.adapters.drift_ledger import read_ledger
from deploy_driver.cli.drift import LEDGER, make_folder, write_reports
from deploy_driver.errors import UsageError
from tests.unit.driver.drift.samples import finding, report


def test_every_form_of_the_report_and_the_ledger_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    make_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    write_reports(folder, report(finding()), 5)
    assert {path.name for path in folder.iterdir()} == {
        *(f"drift.{form}" for form in ("txt", "md", "json", "xml", "sarif")),
        LEDGER,
    }
    assert json.loads((folder / "drift.json").read_text("utf-8"))["exitCode"] == 5
    assert read_ledger(folder / LEDGER).keys() == report(finding()).entries.keys()


def test_a_file_in_its_place_is_said_before_anybody_looks(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x", "utf-8")
    with pytest.raises(UsageError, match="no folder for the reports"):
        make_folder(tmp_path / "out")
