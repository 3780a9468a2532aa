"""What a record says a run has left of each of its stacks."""

from __future__ import annotations

import pytest

from deploy_driver.record import catalogue as said
from deploy_driver.record.reading import Line, Unreadable
from deploy_driver.record.standing import LeftRun, Standing, left_by
from deploy_driver.record.stream import Envelope
from deploy_driver.values import Process
from tests.samples import RUN

ENGINE = Process("agent-3", "boot", 77, "12")


def lines(*events: said.Event) -> list[Line]:
    return [Envelope(RUN, number, 0.0, event) for number, event in enumerate(events, 1)]


def left(*events: said.Event) -> LeftRun:
    began = said.RunStarted(RUN, "up", "sandbox", ("dev", "staging"), "3.250.0", "7.51.1")
    return left_by(lines(began, *events))


def ended(stack: str, result: str, cause: str = "") -> said.StepFinished:
    return said.StepFinished(stack, result, "changed", cause)


BEGUN = said.EngineStarted("dev", ENGINE)


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        ([], Standing.NOT_BEGUN),
        ([said.StepStarted("dev", "222222222222", "up", "role")], Standing.NOT_BEGUN),
        ([ended("dev", "refused")], Standing.NOT_BEGUN),
        ([ended("dev", "not run")], Standing.NOT_BEGUN),
        ([said.StateSeen("dev", "sha256:1")], Standing.NOT_BEGUN),
        ([said.StateSeen("dev", "sha256:1", before=True)], Standing.UNKNOWN),
        ([BEGUN], Standing.UNKNOWN),
        ([BEGUN, ended("dev", "interrupted")], Standing.INTERRUPTED),
        ([BEGUN, ended("dev", "failed")], Standing.INTERRUPTED),
        ([BEGUN, ended("dev", "succeeded")], Standing.DONE),
        ([BEGUN, ended("dev", "a word from later")], Standing.INTERRUPTED),
        ([said.EngineStarted("staging", ENGINE), ended("staging", "succeeded")], Standing.NOT_BEGUN),
    ],
)
def test_where_a_run_has_left_a_stack(events: list[said.Event], standing: Standing) -> None:
    assert left(*events).stacks[0].standing is standing


def test_what_is_done_is_not_left() -> None:
    assert [one.stack for one in left(BEGUN, ended("dev", "succeeded")).left] == ["staging"]


def test_the_last_state_that_was_seen_counts() -> None:
    seen = [said.StateSeen("dev", "sha256:1", before=True), said.StateSeen("dev", "sha256:2")]
    assert [one.seen for one in left(*seen).stacks] == ["sha256:2", None]


def test_what_it_depended_on_and_how_it_ended() -> None:
    facts = [said.RunDependsOn("commit", "0123"), said.RunDependsOn("settings", "sha256:7", "dev")]
    found = left(*facts, said.RunFinished(RUN, 130, 2.0))
    assert found.depends_on == {("", "commit"): "0123", ("dev", "settings"): "sha256:7"}
    assert (found.exit_code, left().exit_code) == (130, None)


def test_what_names_no_stack_of_the_run_is_passed_over() -> None:
    assert [one.standing for one in left(said.EngineStarted("other", ENGINE)).stacks] == [Standing.NOT_BEGUN] * 2


def test_what_is_no_record_is_none() -> None:
    with pytest.raises(ValueError, match="not a record"):
        left_by([Unreadable("it is no object"), *lines(BEGUN)])
