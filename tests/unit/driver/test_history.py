"""What a run leaves on record, and what is read from it later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from deploy_driver.record import catalogue as said
from deploy_driver.record.chain import Examined, Integrity
from deploy_driver.record.story import RunSummary
from deploy_driver.record.stream import Envelope
from deploy_driver.render.history import as_json, as_text, verified_as_json, verified_as_text
from deploy_driver.render.width import WIDTH
from deploy_driver.run.build_info import BuildInfo, read_build_info
from deploy_driver.values import Changes
from tests import records
from tests.samples import ACCOUNTS, RUN
from tests.schemas import problems, validator
from tests.unit.driver.test_render import golden

COMMIT = "0123456789abcdef0123456789abcdef01234567"
STARTED = said.RunStarted(
    RUN,
    "up",
    "sandbox",
    ("dev", "staging", "prod"),
    "3.250.0",
    "7.51.1",
    by="alice",
    approved_by="eve",
    reason="hot fix",
    commit=COMMIT,
    build="https://jenkins.example/job/items/7/",
)
TOLD = (
    STARTED,
    said.CheckPassed("identity", "it is us", arn="arn:aws:sts::111111111111:assumed-role/jenkins-deploy/i-1"),
    said.StepStarted("dev", ACCOUNTS["dev"], "up", ""),
    said.SmokeTested("dev", "https://abc.example", "7", ACCOUNTS["dev"]),
    said.StepFinished("dev", "succeeded", "changed", changes=Changes(create=1), seconds=5),
    said.StepStarted("staging", ACCOUNTS["staging"], "up", ""),
    said.StepFinished("staging", "failed", "engine failed", "AccessDenied"),
    said.RunFinished(RUN, 1, 70),
)


def record(*events: said.Event) -> list[Mapping[str, Any]]:
    """The events as they are kept and read again."""
    kept = [Envelope(RUN, number, 1795395720.0 + number, event) for number, event in enumerate(events, 1)]
    return [json.loads(json.dumps(envelope.as_json())) for envelope in kept]


def summary(record: Sequence[Mapping[str, Any]]) -> RunSummary:
    return records.story(record).summary


def test_a_run_is_read_from_its_record() -> None:
    run = summary(record(*TOLD))
    assert (run.run, run.operation, run.exit_code, run.by, run.approved_by) == (RUN, "up", 1, "alice", "eve")
    assert run.identity.endswith("jenkins-deploy/i-1")
    assert [(step.stack, step.result, step.version) for step in run.stacks] == [
        ("dev", "succeeded", "7"),
        ("staging", "failed", ""),
        ("prod", "not run", ""),
    ]


def test_a_record_without_an_end_says_so() -> None:
    run = summary(record(*TOLD[:-2]))
    assert run.exit_code is None
    assert [step.result for step in run.stacks] == ["succeeded", "", ""]
    assert "its record has no end" in as_text([run])
    assert "staging (did not" in as_text([run])


@pytest.mark.parametrize("events", [[], [{}], [{"kind": "run-started"}], [{"kind": "run-finished", "exit_code": 0}]])
def test_what_is_no_record_is_refused(events: list[Mapping[str, Any]]) -> None:
    with pytest.raises(ValueError, match=r"record|began"):
        summary(events)


def test_a_record_of_an_earlier_version_can_be_read() -> None:
    first, *rest = record(*TOLD)
    new = {"by", "approved_by", "reason", "commit", "build"}
    run = summary([{name: value for name, value in first.items() if name not in new}, *rest])
    assert (run.by, run.commit, run.exit_code) == ("", "", 1)


def test_the_history_as_a_table() -> None:
    golden("history.txt", as_text([summary(record(*TOLD))]) + "\n")


def test_the_history_as_json() -> None:
    golden("history.json", json.dumps(as_json([summary(record(*TOLD))]), indent=2) + "\n")


@pytest.mark.parametrize("name", records.EVERY)
def test_the_history_fits_a_console_and_its_schema(name: str) -> None:
    run = replace(summary(records.EVERY[name]), kept=False)
    assert all(len(line) <= WIDTH for line in as_text([run]).splitlines())
    assert problems("history", json.loads(json.dumps(as_json([run])))) == []


def test_what_a_look_found_and_where_its_record_is() -> None:
    said = as_text([replace(summary(records.DRIFT), kept=False)])
    assert "dev (1 drifted)" in said
    assert "only in this folder" in " ".join(said.split())


def test_an_empty_history_says_so() -> None:
    assert as_text([]) == "no run is on record"


def test_what_others_wrote_stays_in_its_cell() -> None:
    run = RunSummary(RUN, "2026-11-23T01:02:01", "up", "aws", (), reason="AKIAIOSFODNN7EXAMPLE\n\x1b[31mred")
    assert as_text([run]).splitlines()[2:] == ["  its record has no end; because: [redacted] red"]
    assert "AKIA" not in as_text([run])
    assert "AKIA" not in json.dumps(as_json([run]))


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, BuildInfo(commit=COMMIT)),
        ({"USER": "alice"}, BuildInfo(by="alice", commit=COMMIT)),
        ({"USER": "jenkins", "BUILD_URL": "https://j/7"}, BuildInfo(commit=COMMIT, build="https://j/7")),
        (
            {"BUILD_USER_ID": "bob", "BUILD_URL": "u", "DEPLOY_REASON": "why", "DEPLOY_APPROVED_BY": "eve"},
            BuildInfo("bob", "eve", "why", COMMIT, "u"),
        ),
    ],
)
def test_the_occasion_is_what_the_build_says(environment: Mapping[str, str], found: BuildInfo) -> None:
    assert read_build_info(environment, COMMIT, RUN) == found


FOUND = (
    Examined(RUN, Integrity.WHOLE, 41),
    Examined(
        "20261122-2300-0a11c2", Integrity.ALTERED, 40, 7, "the line before it is not the one that it was written after"
    ),
    Examined("20261122-2200-0a11c2", Integrity.NOT_CHAINED, 12, fact="written before records were chained"),
    Examined("20261122-2100-\x1b[31m", Integrity.MISSING, fact=f"run {RUN} came after it"),
)


def test_what_there_is_to_say_of_records() -> None:
    golden("history.verified.txt", verified_as_text(FOUND) + "\n")
    assert all(len(line) <= WIDTH for line in verified_as_text(FOUND).splitlines())
    assert problems("record-check", json.loads(json.dumps(verified_as_json(FOUND)))) == []
    assert verified_as_text(()) == "no run is on record"


def test_the_schema_of_a_record_check_lists_every_word_there_is() -> None:
    words = validator("record-check").schema["properties"]["records"]["items"]["properties"]["verdict"]["enum"]  # type: ignore[index]
    assert words == [word.value for word in Integrity]
