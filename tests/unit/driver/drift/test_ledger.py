"""What becomes of a finding from look to look."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploy_driver.adapters.drift_ledger import read_ledger, require_ledger, write_ledger
from deploy_driver.drift.ignore import Ignored, SortedFindings
from deploy_driver.drift.ledger import EntryStatus, after, closed_now, restored
from deploy_driver.errors import UsageError
from tests.unit.driver.drift.samples import LATER, NOW, finding, rule, sorted_of

DEV = frozenset({"dev"})
KEY = finding().key


def test_opened_unchanged_closed_and_reopened() -> None:
    first = after({}, sorted_of(finding()), DEV, NOW)
    assert first[KEY].standing == EntryStatus.OPENED
    second = after(first, sorted_of(finding()), DEV, LATER)
    assert (second[KEY].standing, second[KEY].opened, second[KEY].seen) == (EntryStatus.UNCHANGED, NOW, LATER)
    third = after(second, sorted_of(), DEV, LATER)
    assert (third[KEY].standing, third[KEY].closed) == (EntryStatus.CLOSED, LATER)
    assert closed_now(third, LATER) == (third[KEY],)
    fourth = after(third, sorted_of(finding()), DEV, LATER)
    assert (fourth[KEY].standing, fourth[KEY].times, fourth[KEY].closed) == (EntryStatus.REOPENED, 2, "")


def test_closed_now_is_only_what_this_look_closed() -> None:
    other = finding("dev", path="tags.a")
    first = after({}, sorted_of(finding(), other), DEV, NOW)
    earlier = after(first, sorted_of(other), DEV, NOW)
    assert closed_now(earlier, LATER) == ()  # an earlier look closed it
    again = after(earlier, sorted_of(finding(), other), DEV, LATER)
    assert closed_now({key: replace(entry, closed=LATER) for key, entry in again.items()}, LATER) == ()
    assert [entry.path for entry in closed_now(after(earlier, sorted_of(), DEV, LATER), LATER)] == ["tags.a"]


def test_what_was_not_looked_at_is_not_closed() -> None:
    first = after({}, sorted_of(finding()), DEV, NOW)
    assert after(first, sorted_of(), frozenset({"prod"}), LATER) == first


def test_what_is_ignored_comes_again_when_its_rule_ends() -> None:
    ignored = after({}, SortedFindings((), (Ignored(finding(), rule()),), ()), DEV, NOW)
    assert ignored[KEY].standing == EntryStatus.IGNORED
    assert after(ignored, sorted_of(finding()), DEV, LATER)[KEY].standing == EntryStatus.REOPENED


def test_what_was_put_back_is_closed_and_comes_again_when_it_does() -> None:
    first = after({}, sorted_of(finding()), DEV, NOW)
    assert restored(first, {"dev": ("another",), "prod": (finding().urn,)}, LATER) == first
    put_back = restored(first, {"dev": (finding().urn,)}, LATER)
    assert (put_back[KEY].standing, put_back[KEY].closed) == (EntryStatus.CLOSED, LATER)
    assert after(put_back, sorted_of(finding()), DEV, LATER)[KEY].standing == EntryStatus.REOPENED


def test_a_ledger_that_could_not_be_written_is_said_before_anybody_looks(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(UsageError):
        require_ledger(tmp_path / "file" / "ledger.json")


def test_a_ledger_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "drift" / "ledger.json"
    require_ledger(path)
    assert (read_ledger(path), list(path.parent.iterdir())) == ({}, [])
    entries = after({}, sorted_of(finding()), DEV, NOW)
    write_ledger(path, entries)
    assert read_ledger(path) == entries


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2, "entries": {}}', '{"version": 1, "entries": {"a": {}}}']
)
def test_what_is_no_ledger_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError):
        read_ledger(path)
