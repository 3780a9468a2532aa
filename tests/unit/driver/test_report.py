"""One run in full: what its record says, as text and as JSON, and that a record is never believed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from deploy_driver.record import catalogue as said
from deploy_driver.record.story import End, Phase, Story
from deploy_driver.render.report.html import as_html
from deploy_driver.render.report.text import as_json, as_text
from deploy_driver.render.report.words import danger, in_order
from deploy_driver.render.width import WIDTH
from tests import records
from tests.samples import RUN
from tests.schemas import problems
from tests.unit.driver.test_render import golden

Record = Sequence[Mapping[str, Any]]


def story(record: Record) -> Story:
    return records.story(record, here=True, kept=False)


def test_the_report_of_a_run_that_failed() -> None:
    golden("report.failed.txt", as_text(story(records.FAILED)) + "\n")


def test_the_report_of_a_look_at_drift() -> None:
    golden("report.drift.txt", as_text(story(records.DRIFT)) + "\n")


def test_the_report_as_json() -> None:
    golden("report.json", json.dumps(as_json(story(records.WELL)), indent=2, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("name", records.EVERY)
def test_every_report_is_what_the_schema_says(name: str) -> None:
    said = json.loads(json.dumps(as_json(story(records.EVERY[name]))))
    assert problems("run-report", said) == []


@pytest.mark.parametrize("name", [name for name in records.EVERY if name != "hostile"])
def test_every_report_begins_with_how_it_ended_and_ends_with_what_to_do_next(name: str) -> None:
    first, second, *_, last = as_text(story(records.EVERY[name])).splitlines()
    assert " on sandbox, run 20261123-0102-3f9a7c" in first
    assert second == story_verdicts()[name]
    assert last == "next: deploy audit 20261123-0102-3f9a7c"


def story_verdicts() -> Mapping[str, str]:
    return {
        "well": "All went well: 3 created, 4 updated, 1 replaced.",
        "failed": "staging failed; prod was not run.",
        "cut-off": "The record has no end: the run still goes on, or it was killed.",
        "interrupted": "dev was interrupted: stopped on request.",
        "unchanged": "All went well: nothing had to change.",
        "not-ready": "It was not ready to begin: nothing was touched.",
        "twelve": "All went well: 12 created, 12 updated.",
        "long-names": f"{records.LONG[1]} failed; 10 stacks were not run.",
        "drift": "2 differences were found that nobody answers for.",
        "proved": "dev failed.",
    }


def test_a_line_is_no_longer_than_a_console_is_wide() -> None:
    words = [line for line in as_text(story(records.TWELVE)).splitlines() if " " in line.strip()]
    assert max(map(len, words)) <= WIDTH


def test_a_stack_goes_through_a_preview_a_wait_the_change_and_its_smoke_test() -> None:
    *_, prod = story(records.WELL).stacks
    assert [(one.phase, round(one.seconds)) for one in prod.segments] == [
        (Phase.PREVIEW, 3),
        (Phase.GATE, 7380),
        (Phase.OPERATION, 10),
        (Phase.SMOKE_TEST, 1),
    ]
    assert {one.end for one in prod.segments} == {End.WELL}


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            said.SmokeTested("dev", "https://a", "7", "2", "health", "https://a/up", "answers 200: version 7"),
            "smoke test: https://a/up answers 200: version 7",
        ),
        (said.SmokeTested("dev", "", "", "", "command", "smoke dev", "ended"), "smoke test: smoke dev ended"),
        (said.SmokeTestStarted("dev", "", "command", "smoke dev"), "smoke test: smoke dev did not pass"),
        (said.NotSmokeTested("dev", "none is configured"), "no smoke test: none is configured"),
    ],
)
def test_each_smoke_test_is_told_and_also_that_there_was_none(event: said.Event, told: str) -> None:
    begun = (0, said.RunStarted("r", "up", "aws", ("dev",), "e", "p")), (1, said.StepStarted("dev", "2", "up", ""))
    of = story(records.record(*begun, (3, event), (4, said.StepFinished("dev", "succeeded", "changed"))))
    assert f"  {told}" in as_text(of).splitlines()
    assert problems("run-report", json.loads(json.dumps(as_json(of)))) == []
    assert told.partition(": ")[2].split()[0] in as_html(of)


def test_what_failed_ended_badly_and_what_was_cut_off_has_no_end() -> None:
    assert [one.end for one in story(records.FAILED).stacks[1].segments] == [End.BADLY]
    assert [one.end for one in story(records.CUT_OFF).stacks[1].segments] == [End.NOT]
    assert [one.end for one in story(records.FAILED).stacks[1].changed] == [End.BADLY]
    assert [one.end for one in story(records.CUT_OFF).stacks[1].changed] == [End.NOT]


def test_a_record_from_before_gates_and_smoke_tests_said_when_they_began() -> None:
    older = [event for event in records.WELL if event["kind"] not in {"gated", "smoke-test-started"}]
    *_, prod = story(older).stacks
    assert [(one.phase, round(one.seconds)) for one in prod.segments] == [
        (Phase.PREVIEW, 3),
        (Phase.GATE, 0),
        (Phase.OPERATION, 7389),
        (Phase.SMOKE_TEST, 2),
    ]
    assert prod.summary.version == "8"


def test_a_preview_says_what_would_change() -> None:
    only = [event for event in records.WELL if event["kind"] not in {"resource-started", "resource-done"}]
    *_, prod = story(only).stacks
    assert all(one.planned for one in prod.changed)
    assert danger(in_order(prod.changed)[0]) == "would lose its objects"


def test_what_is_dangerous_comes_first() -> None:
    *_, prod = story(records.WELL).stacks
    assert [(one.change.name, danger(one)) for one in in_order(prod.changed)] == [
        ("data", "lost its objects"),
        ("execution", "decides who may do what"),
        ("items", ""),
        ("live", ""),
    ]


def test_a_refusal_says_where_and_why_or_that_nothing_was_touched() -> None:
    begun = records.begun("dev")
    ended = said.RunFinished(RUN, 4, 3, "1 fact is not as reviewed", "save the plan again")
    before = as_text(story(records.record(*begun, (3, ended))))
    assert before.splitlines()[1] == "Refused: nothing was touched."
    assert "it ended because 1 fact is not as reviewed\n  what to do: save the plan again" in before
    step = (2, said.StepStarted("dev", "222222222222", "up", "")), (3, said.StepFinished("dev", "refused", "declined"))
    assert as_text(story(records.record(*begun, *step, (3, ended)))).splitlines()[1] == "dev was refused: declined."


def test_who_approved_when_and_why() -> None:
    said = as_text(story(records.WELL))
    assert "approval   eve approved the run, before it began" in said
    assert "approval   alice confirmed prod: 1 to create, 2 to update, 1 to replace, 03:05:27 UTC" in said
    assert "reason     hot fix" in said


def test_a_stack_that_never_began_is_known_by_its_account_and_by_what_kept_it() -> None:
    said = as_text(story(records.FAILED))
    assert "prod 444444444444: not run\n  not run, because staging failed: engine failed" in said


@pytest.mark.parametrize("name", records.EVERY)
def test_nothing_secret_is_in_any_form(name: str) -> None:
    whole = as_text(story(records.EVERY[name])) + json.dumps(as_json(story(records.EVERY[name])))
    assert not any(secret in whole for secret in ("planted-hunter2", "AKIAIOSFODNN7EXAMPLE", '"abc"'))


def test_what_others_wrote_moves_nothing_on_the_console() -> None:
    said = as_text(story(records.HOSTILE))
    assert not any(character in said for character in "\x1b\u202e\r")


@pytest.mark.parametrize("field", ["time", "kind", "stack", "change", "changes", "resources", "seconds", "exit_code"])
@pytest.mark.parametrize("value", [None, 7, -1, 1e300, "x", [1], {"a": 1}, True])
def test_a_record_of_wrong_types_is_read_or_refused(field: str, value: Any) -> None:
    for kind in dict.fromkeys(event["kind"] for event in records.WELL[1:]):
        spoilt = [{**event, field: value} if event["kind"] == kind else event for event in records.WELL]
        json.dumps(as_json(story(spoilt)))
        assert as_text(story(spoilt))


@pytest.mark.parametrize(
    "record", [[], [1], [{}], [{"kind": "run-started"}], [{**records.WELL[0], "time": "soon"}], records.WELL[1:]]
)
def test_what_is_no_record_is_refused(record: Any) -> None:
    with pytest.raises(ValueError, match="not a record of a run"):
        records.story(record)
