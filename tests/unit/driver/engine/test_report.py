"""How a call is told to have ended."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pulumi.automation.events import DiagnosticEvent, EngineEvent

from deploy_driver.adapters.engine.call import StateRefusedError, not_ready_of, report_of
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


def diagnosed(message: str, urn: str) -> EngineEvent:
    return EngineEvent(
        1, 1, diagnostic_event=DiagnosticEvent(message=message, color="never", severity="error", urn=urn, prefix="")
    )


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
    ("error", "failure"),
    [
        (FailedError(Said(code=1)), "interrupted"),
        (FailedError(Said(code=-9)), "killed"),
        (StoppedBeforeStartError(), "interrupted"),
    ],
)
def test_a_call_that_was_stopped_is_interrupted_not_failed(error: Exception, failure: str) -> None:
    report = report_of(error, events(), stopped=True, seconds=1)
    assert (report.status, report.failure) == (EngineStatus.INTERRUPTED, failure)


def test_a_question_without_an_answer_has_a_reason_and_a_remedy() -> None:
    refused = not_ready_of(FailedError(Said(stderr="NoSuchBucket: The specified bucket does not exist")), "no outputs")
    assert (refused.what, refused.detail) == ("no outputs", ("the state bucket does not exist",))
    assert "deploy bootstrap" in refused.remedy


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("StatusCode: 400, RequestID: A, HostID: B, api error ExpiredToken: The provided token has expired.", True),
        ("StatusCode: 403, RequestID: A, HostID: B, api error AccessDenied: Access Denied", True),
        ("StatusCode: 503, RequestID: A, HostID: B, api error SlowDown: Please reduce your request rate.", False),
        ("StatusCode: 500, RequestID: A, HostID: B, api error InternalError: We encountered an error.", False),
    ],
)
def test_a_state_that_is_refused_for_good_is_told_from_one_that_is_only_not_written_now(
    answer: str, refused: bool
) -> None:
    """The engine says it under the name of the resource that it wanted to write down."""
    read = EventReader("dev", emit=lambda _: None, preview=False, tidy=str, machine="arn:aws:sts::1:assumed-role/j/i")
    urn = "urn:pulumi:dev::items::aws:s3/bucket:Bucket::items"
    said = f"pre-step event returned an error: failed to save snapshot: operation error S3: PutObject, https response error {answer}"
    read.take(diagnosed(said, urn))
    assert read.state_refused == refused
    read.take(diagnosed(f"creating S3 Bucket (items): operation error S3: CreateBucket, {answer}", urn))
    assert read.state_refused == refused


def test_a_call_that_was_ended_since_its_state_was_refused_has_failed_and_says_who_was_refused() -> None:
    read = EventReader("dev", emit=lambda _: None, preview=False, tidy=str, machine="arn:aws:sts::1:assumed-role/j/i")
    said = (
        "pre-step event returned an error: failed to save snapshot: operation error S3: PutObject, https response error"
    )
    read.take(
        diagnosed(f"{said} StatusCode: 400, RequestID: A, HostID: B, api error ExpiredToken: It has expired.", "u")
    )
    report = report_of(StateRefusedError(), read, stopped=True, seconds=1)
    assert report.status is EngineStatus.FAILED
    assert report.failure == (
        "the state could not be written any more: "
        "AWS does not take the credentials of arn:aws:sts::1:assumed-role/j/i (ExpiredToken)"
    )
    assert "`deploy resume`" in report.remedy
