"""Whatever is worded for people may be worded anew: no reader of a record makes anything else of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import count
from typing import Any, get_args, get_type_hints
from xml.etree import ElementTree as ET

import pytest

from deploy_driver.assurance.audit.run_record import RunRecord, record_of
from deploy_driver.record import catalogue
from deploy_driver.record.reading import event_of
from deploy_driver.record.stream import Envelope
from deploy_driver.render import history, junit
from deploy_driver.render.report import text as report
from tests import records
from tests.samples import RUN

Record = Sequence[Mapping[str, Any]]


def prose(kind: str) -> set[str]:
    """The fields of a kind of event that are worded for people."""
    hints = get_type_hints(catalogue.KINDS[kind], include_extras=True)
    return {
        field.name
        for field in fields(catalogue.KINDS[kind])
        if catalogue.Prose in {hints[field.name], *get_args(hints[field.name])}
    }


def reworded(record: Record) -> Record:
    """The record, with nonsense wherever something is worded for people."""
    number = count(1)

    def nonsense(value: Any) -> Any:
        if isinstance(value, list):
            return [nonsense(each) for each in value]
        return value and f"nonsense {next(number)} in 999999999999"

    return [
        {name: nonsense(value) if name in prose(event["kind"]) else value for name, value in event.items()}
        for event in record
    ]


def facts(body: Any, *more: str) -> Any:
    """What is left of a document when all that is worded for people is out of it."""
    if isinstance(body, dict):
        return {name: facts(value, *more) for name, value in body.items() if name not in more}
    return [facts(each, *more) for each in body] if isinstance(body, list) else body


def of_history(record: Record) -> Any:
    """The run in `deploy history`; the reason that a build gave is words, that of a result is a code."""
    (run,) = json.loads(json.dumps(history.as_json([records.story(record).summary])))["runs"]
    return facts({**run, "reason": ""}, "cause", "remedy")


def of_report(record: Record) -> Any:
    run = json.loads(json.dumps(report.as_json(records.story(record))))
    for check in run["checks"]["failed"]:
        check["what"] = ""
    for found in (found for stack in run["stacks"] for found in stack["drift"]):
        found["ignored"] = bool(found["ignored"])
    return facts({**run, "reason": ""}, "cause", "remedy", "errors")


def of_junit(record: Record) -> Any:
    """Every suite with its facts, every case with how it ended and how long it took."""
    heard = [line for line in map(event_of, record) if isinstance(line, Envelope)]
    root = ET.fromstring(junit.as_xml(heard))  # noqa: S314 -- our own document
    return [
        (suite.attrib, [one.attrib for one in suite.iter("property")], [_case(case) for case in suite.iter("testcase")])
        for suite in root
    ]


def _case(case: ET.Element) -> tuple[Mapping[str, str], list[str]]:
    return case.attrib, [ended.tag for ended in case]


def of_audit(record: Record) -> RunRecord:
    return record_of(RUN, records.story(record))


@pytest.mark.parametrize("facts_of", [of_history, of_report, of_junit, of_audit])
@pytest.mark.parametrize("name", records.EVERY)
def test_words_are_no_facts(name: str, facts_of: Any) -> None:
    record = records.EVERY[name]
    assert reworded(record) != record
    assert facts_of(reworded(record)) == facts_of(record)


def test_the_facts_are_there() -> None:
    """Who approved, where, what became of it and how long it took: all of it is in what was compared."""
    whole = json.dumps([of_history(records.FAILED), of_report(records.FAILED), of_report(records.WELL)])
    for fact in ("444444444444", "not run", "engine failed", "eve", "confirmed prod", "jenkins-deploy/i-0a1b2c3d"):
        assert fact in whole


def test_every_field_is_a_fact_or_worded() -> None:
    """What is compared has a type of its own; the rest is named here, so that a new field has to be thought about."""
    worded = {f"{kind}.{name}" for kind in catalogue.KINDS for name in prose(kind)}
    assert worded == {
        "run-started.reason",
        "stack-selected.reasons",
        "stack-left-out.reasons",
        "stack-left-out.why",
        "check-passed.fact",
        "check-failed.what",
        "check-failed.remedy",
        "lock-removed.by",
        "lock-removed.why",
        "session-negotiated.why",
        "smoke-tested.says",
        "not-smoke-tested.why",
        "step-finished.cause",
        "step-finished.remedy",
        "diagnostic.message",
        "progress.message",
        "gate-overridden.why",
        "drifted.ignored",
        "settled.why",
        "run-finished.cause",
        "run-finished.remedy",
    }
