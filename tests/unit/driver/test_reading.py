"""A record as it is read: line by line, none of it believed, and as far as it goes."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from deploy_driver.adapters.records import record_in
from deploy_driver.record import catalogue
from deploy_driver.record.reading import Unreadable, event_of, lines_of
from deploy_driver.record.stream import Envelope
from deploy_driver.values import Changes, Process, ResourceChange
from tests import records
from tests.properties.driver.test_render import events
from tests.samples import RUN

AT = "2026-11-23T01:02:00.000+00:00"
SMOKE_TEST = {"run": RUN, "sequence": 7, "time": AT, "kind": "smoke-test-started", "stack": "dev", "url": "https://a"}


@given(events)
def test_what_was_written_is_read_again(event: catalogue.Event) -> None:
    written = Envelope(RUN, 7, 1795395720.0, event)
    found = event_of(json.loads(json.dumps(written.as_json())))
    assert isinstance(found, Envelope)
    assert found.as_json() == written.as_json()


def test_an_event_has_its_place_in_the_run() -> None:
    assert event_of(SMOKE_TEST) == Envelope(RUN, 7, records.BEGAN, catalogue.SmokeTestStarted("dev", "https://a"))


def test_a_field_that_nobody_knows_is_passed_over() -> None:
    assert event_of({**SMOKE_TEST, "since-then": 1}) == event_of(SMOKE_TEST)


@pytest.mark.parametrize("body", [None, 1, [], {}, {**SMOKE_TEST, "kind": ["x"]}, {**SMOKE_TEST, "kind": "from-later"}])
def test_what_is_no_event_of_ours_is_unreadable(body: Any) -> None:
    assert isinstance(event_of(body), Unreadable)


@pytest.mark.parametrize("time", [None, 7, "soon", "", "99999-01-01"])
def test_without_its_moment_nothing_can_be_told(time: Any) -> None:
    assert event_of({**SMOKE_TEST, "time": time}) == Unreadable("it does not say when")


@pytest.mark.parametrize("code", [None, "0", True, 1.5, []])
def test_an_exit_code_is_never_made_up(code: Any) -> None:
    ended = {"run": RUN, "time": AT, "kind": "run-finished", "exit_code": code, "seconds": 1}
    assert isinstance(event_of(ended), Unreadable)


@pytest.mark.parametrize("kind", sorted(catalogue.KINDS))
def test_of_what_is_missing_nothing_is_claimed(kind: str) -> None:
    found = event_of({"kind": kind, "time": AT})
    if isinstance(found, Envelope):
        values = [getattr(found.event, field.name) for field in fields(found.event)]
        assert not any(value for value in values if not isinstance(value, Changes | ResourceChange | Process))


def test_whom_a_check_found_is_known_from_records_before_it_said_so() -> None:
    older = {"kind": "check-passed", "time": AT, "check": "identity", "fact": "arn:aws:iam::1:user/u", "stack": ""}
    found = event_of(older)
    assert isinstance(found, Envelope)
    assert found.event == catalogue.CheckPassed("identity", "arn:aws:iam::1:user/u", arn="arn:aws:iam::1:user/u")


def test_a_run_that_was_killed_while_it_wrote_keeps_what_it_said() -> None:
    whole = json.dumps(SMOKE_TEST).encode()
    assert lines_of(whole + b'\n{"kind": "ste') == [event_of(SMOKE_TEST)]


def test_a_damaged_line_in_the_middle_is_said() -> None:
    with pytest.raises(ValueError, match="line 2 is not JSON"):
        lines_of(json.dumps(SMOKE_TEST).encode() + b"\nx\n{}\n")


def test_there_may_be_none(tmp_path: Path) -> None:
    assert record_in(tmp_path / "nowhere") == b""
