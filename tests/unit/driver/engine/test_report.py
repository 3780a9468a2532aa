"""How a call is told to have ended."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from deploy_driver.adapters.engine.call import not_ready_of, report_of
from deploy_driver.adapters.engine.events import EventReader
from deploy_driver.adapters.engine.process import StoppedBeforeStartError
from deploy_driver.values import EngineStatus


@dataclass
class Said:
    code: int = 255
    stdout: str = ""
    stderr: str = ""


class FailedError(Exception):
    def __init__(self, result: Said) -> None:
        super().__init__()
        self.result = result


def events() -> EventReader:
    return EventReader("dev", emit=lambda _: None, preview=False, tidy=str)


def test_a_call_that_returns_has_succeeded_even_when_asked_to_stop() -> None:
    report = report_of(None, events(), stopped=True, seconds=1.23456)
    assert (report.status, report.failure, report.seconds) == (EngineStatus.SUCCEEDED, "", 1.235)


def test_a_call_that_raises_has_failed_for_the_reason_it_gave() -> None:
    error = FailedError(Said(stderr="<{%fg 1%}>error: no space left on device<{%reset%}>"))
    report = report_of(error, events(), stopped=False, seconds=1)
    assert (report.status, report.failure) == (EngineStatus.FAILED, "the disk is full")


def test_a_call_that_found_another_engine_at_work_is_busy() -> None:
    locked = "error: the stack is currently locked by 1 lock(s).\n  s3://b/.pulumi/locks/x/1.json: created by me@host (pid 7) at 1"
    for said in (locked, "error: stack 'organization/items/dev' already exists"):
        report = report_of(FailedError(Said(stderr=said)), events(), stopped=False, seconds=1)
        assert report.status is EngineStatus.BUSY, report


def test_what_the_sdk_itself_raises_is_told_in_its_words() -> None:
    report = report_of(RuntimeError("summary event never found"), events(), stopped=False, seconds=1)
    assert (report.status, report.failure) == (EngineStatus.FAILED, "summary event never found")


@pytest.mark.parametrize(
    ("error", "failure", "remedy"),
    [
        (FailedError(Said(code=1)), "interrupted", "Run it again"),
        (FailedError(Said(code=-9)), "killed", "lock"),
        (StoppedBeforeStartError(), "interrupted", "Run it again"),
    ],
)
def test_a_call_that_was_stopped_is_interrupted_not_failed(error: Exception, failure: str, remedy: str) -> None:
    report = report_of(error, events(), stopped=True, seconds=1)
    assert (report.status, report.failure) == (EngineStatus.INTERRUPTED, failure)
    assert remedy in report.remedy


def test_a_question_without_an_answer_has_a_reason_and_a_remedy() -> None:
    refused = not_ready_of(FailedError(Said(stderr="NoSuchBucket: The specified bucket does not exist")), "no outputs")
    assert (refused.what, refused.detail) == ("no outputs", ("the state bucket does not exist",))
    assert "deploy bootstrap" in refused.remedy
