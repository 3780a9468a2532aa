"""Which run is meant: by its id, by how that begins, or the latest; from this folder or from the state bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from deploy_driver.app.history import Records, newest, story, verified
from deploy_driver.app.overview import overview
from deploy_driver.config.load import load
from deploy_driver.errors import NotReadyError, UsageError
from deploy_driver.record.chain import head_of, line_of
from deploy_driver.render.history import as_text
from deploy_driver.values import Cloud
from tests import records
from tests.samples import RUN, project

OLDER = "20261122-2300-aaaaaa"
OTHER = "20261123-0102-3f0000"


@dataclass
class FakeArchive:
    """The records that are kept elsewhere."""

    kept: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def runs(self) -> Mapping[str, bool]:
        return {run: not record or record[-1]["kind"] == "run-finished" for run, record in self.kept.items()}

    def record(self, run: str) -> bytes:
        return chained(run, self.kept[run])


def known(folder: Path, archive: FakeArchive | None, **here: str) -> Records:
    for name, text in here.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "events.jsonl").write_text(text, "utf-8")
    kept = archive.runs() if archive else {}
    return Records(folder, frozenset(here), archive, kept, "" if archive else "no credentials")


def chained(run: str, record: Sequence[Mapping[str, Any]]) -> bytes:
    """The record of a run as it is written."""
    written: list[bytes] = []
    for event in record:
        written.append(line_of({**event, "run": run}, head_of(run, written[-1]).digest if written else ""))
    return b"".join(line + b"\n" for line in written)


def lines(record: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(event) + "\n" for event in record)


@pytest.mark.parametrize("wanted", [RUN, "20261123-0102-3f9", "latest"])
def test_a_run_is_found_here_and_in_the_bucket(tmp_path: Path, wanted: str) -> None:
    both = known(tmp_path, FakeArchive({RUN: [], OLDER: []}), **{RUN: lines(records.WELL)})
    assert (story(both, Cloud.SANDBOX, wanted).summary.here, story(both, Cloud.SANDBOX, wanted).summary.kept) == (
        True,
        True,
    )
    away = known(tmp_path / "none", FakeArchive({RUN: records.WELL}))
    assert (story(away, Cloud.SANDBOX, wanted).summary.here, story(away, Cloud.SANDBOX, wanted).summary.kept) == (
        False,
        True,
    )


def test_of_one_minute_the_record_says_which_run_was_the_latest(tmp_path: Path) -> None:
    later = [
        {**event, "time": f"2026-11-23T01:02:{50 + number % 10}+00:00"} for number, event in enumerate(records.WELL)
    ]
    here = known(tmp_path, FakeArchive({OTHER: later}), **{RUN: lines(records.WELL), OLDER: lines(records.WELL)})
    assert [run.run for run in newest(here, Cloud.SANDBOX, 5)] == [OTHER, RUN, OLDER]
    assert [run.run for run in newest(here, Cloud.SANDBOX, 1)] == [OTHER]
    assert story(here, Cloud.SANDBOX, "latest").summary.run == OTHER


def test_a_run_that_only_looked_is_only_here(tmp_path: Path) -> None:
    found = story(known(tmp_path, FakeArchive(), **{RUN: lines(records.DRIFT)}), Cloud.SANDBOX, RUN)
    assert (found.summary.here, found.summary.kept) == (True, False)


def test_a_bucket_that_cannot_be_asked_hides_no_run_of_this_folder(tmp_path: Path) -> None:
    found = story(known(tmp_path, None, **{RUN: lines(records.WELL)}), Cloud.SANDBOX, RUN)
    assert found.summary.kept is None


def test_a_run_that_nobody_knows_names_the_closest(tmp_path: Path) -> None:
    here = known(tmp_path, FakeArchive({OLDER: []}), **{RUN: lines(records.WELL)})
    with pytest.raises(UsageError, match="no run 20261123-0102-3f9aff is on record") as caught:
        story(here, Cloud.SANDBOX, "20261123-0102-3f9aff")
    assert RUN in caught.value.remedy


def test_a_run_that_nobody_knows_may_be_where_nobody_could_ask(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="could not be asked"):
        story(known(tmp_path, None, **{RUN: lines(records.WELL)}), Cloud.SANDBOX, OLDER)


def test_an_id_that_begins_several_is_none(tmp_path: Path) -> None:
    here = known(tmp_path, FakeArchive({OTHER: records.WELL}), **{RUN: lines(records.WELL)})
    with pytest.raises(UsageError, match="2 runs begin with 20261123-0102"):
        story(here, Cloud.SANDBOX, "20261123-0102")
    assert story(here, Cloud.SANDBOX, OTHER).summary.run == OTHER


@pytest.mark.parametrize("wanted", ["", "../../etc/passwd", "latest"])
def test_where_there_is_nothing_nothing_is_found(tmp_path: Path, wanted: str) -> None:
    with pytest.raises(UsageError, match="on record"):
        story(known(tmp_path, FakeArchive()), Cloud.SANDBOX, wanted)


@pytest.mark.parametrize("text", ["[]\n{}\n", "not json\n{}\n", "\n\n"])
def test_a_record_that_cannot_be_read_says_so_and_keeps_no_other_from_being_shown(tmp_path: Path, text: str) -> None:
    notices: list[str] = []
    there = known(tmp_path, FakeArchive(), **{RUN: text, OLDER: lines(records.WELL)})
    both = replace(there, notice=notices.append)
    with pytest.raises(NotReadyError):
        story(both, Cloud.SANDBOX, RUN)
    assert [run.run for run in newest(both, Cloud.SANDBOX, 5)] == [OLDER]
    assert [notice.split(":")[0] for notice in notices] == [f"run {RUN} is left out"]
    assert story(both, Cloud.SANDBOX, "latest").summary.run == OLDER


def test_the_record_of_a_run_that_was_killed_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    cut = lines(records.CUT_OFF) + '{"run": "2026'
    found = story(known(tmp_path, FakeArchive(), **{RUN: cut}), Cloud.SANDBOX, RUN)
    assert found.summary.exit_code is None


def test_a_run_that_was_killed_elsewhere_is_known_as_far_as_it_was_sent(tmp_path: Path) -> None:
    away = known(tmp_path, FakeArchive({RUN: records.CUT_OFF}))
    assert story(away, Cloud.SANDBOX, RUN).summary.exit_code is None
    assert said(away) == [(RUN, "no end", 0)]


@pytest.mark.parametrize(("count", "verdict"), [(3, "no end"), (len(records.CUT_OFF), "no end"), (0, "altered")])
def test_of_a_run_that_goes_on_the_bucket_may_lag_behind_and_may_not_differ(
    tmp_path: Path, count: int, verdict: str
) -> None:
    sent = records.CUT_OFF[:count] or [{**records.CUT_OFF[0], "by": "mallory"}]
    both = known(tmp_path, FakeArchive({RUN: sent}), **{RUN: chained(RUN, records.CUT_OFF).decode()})
    assert [each[1] for each in said(both)] == [verdict]


def test_the_runs_of_other_projects_are_shown_where_they_are_asked_for(tmp_path: Path) -> None:
    def of(project: str) -> Sequence[Mapping[str, Any]]:
        begun, *rest = records.UNCHANGED
        fact = {**begun, "kind": "run-depends-on", "name": "project", "value": project, "stack": ""}
        return [begun, fact, *rest]

    both = known(tmp_path, FakeArchive({RUN: of("orders"), OTHER: of("items"), OLDER: records.UNCHANGED}))
    ours = replace(both, project="items")
    assert [run.run for run in newest(ours, Cloud.SANDBOX, 5)] == [OTHER, OLDER]
    assert story(ours, Cloud.SANDBOX, "latest").summary.run == OTHER
    assert "project" not in as_text(newest(ours, Cloud.SANDBOX, 5))
    everybody = newest(both, Cloud.SANDBOX, 5)
    assert [run.project for run in everybody] == ["orders", "items", ""]
    assert "project orders; 13 s" in as_text(everybody)


@dataclass
class RefusingArchive(FakeArchive):
    """Its records are listed and may not be read."""

    def record(self, run: str) -> bytes:
        raise NotReadyError(f"the record of run {run}: AccessDenied")


def test_where_records_may_not_be_read_nothing_is_called_not_deployed(tmp_path: Path) -> None:
    config = load(project(tmp_path), {})
    refused = known(tmp_path / "runs", RefusingArchive({RUN: records.WELL}))
    with pytest.raises(NotReadyError, match="AccessDenied"):
        overview(refused, config)
    allowed = known(tmp_path / "runs", FakeArchive({RUN: records.WELL}))
    assert overview(allowed, config).runs == 1


def said(known: Records, wanted: str | None = None) -> list[tuple[str, str, int]]:
    return [(each.run, each.verdict.value, each.line) for each in verified(known, wanted)]


def test_every_record_is_verified_here_and_in_the_bucket(tmp_path: Path) -> None:
    here = {OTHER: chained(OTHER, records.CUT_OFF).decode(), OLDER: chained(OLDER, records.WELL).decode()}
    both = known(tmp_path, FakeArchive({RUN: records.WELL, OLDER: records.WELL}), **here)
    whole = [(RUN, "whole", 0), (OTHER, "no end", 0), (OLDER, "whole", 0)]
    assert said(both) == whole
    assert said(both, RUN[:-2]) == whole[:1]


def test_what_is_altered_here_or_in_the_bucket_is_said_with_its_run_and_its_line(tmp_path: Path) -> None:
    cut = records.WELL[:3] + records.WELL[4:]
    both = known(tmp_path, FakeArchive({RUN: cut}), **{OTHER: chained(OTHER, cut).decode()})
    assert said(both) == [(RUN, "altered", 4), (OTHER, "altered", 4)]


def test_what_is_here_is_held_against_what_is_in_the_bucket(tmp_path: Path) -> None:
    both = known(tmp_path, FakeArchive({RUN: records.WELL}), **{RUN: chained(RUN, records.UNCHANGED).decode()})
    (found,) = verified(both, None)
    assert (found.verdict, found.fact) == ("altered", "in this folder it is not what it is in the state bucket")


def test_a_record_of_an_earlier_deploy_is_called_that(tmp_path: Path) -> None:
    assert said(known(tmp_path, FakeArchive(), **{RUN: lines(records.WELL)})) == [(RUN, "not chained", 0)]


def test_a_folder_without_a_record_is_no_run(tmp_path: Path) -> None:
    here = known(tmp_path, FakeArchive({RUN: records.WELL}), **{OTHER: ""})
    (tmp_path / OTHER / "events.jsonl").unlink()
    assert said(here) == [(RUN, "whole", 0)]


def test_where_the_bucket_cannot_be_asked_nothing_is_called_whole(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="no credentials"):
        verified(known(tmp_path, None, **{RUN: lines(records.WELL)}), None)
