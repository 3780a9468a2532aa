"""Whoever goes back, goes back: each time to a good run that is older, with something else, until there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.record.catalogue import RunStarted
from deploy_driver.record.earlier import deployed, earlier, is_good, what_of
from deploy_driver.record.standing import LeftRun, LeftStack

STACK = "dev"


def left(number: int, operation: str, commit: str, result: str, back_to: str = "") -> LeftRun:
    """One run; `result` is empty where it did not touch the stack."""
    started = RunStarted(f"run-{number}", operation, "sandbox", (STACK,), "3", "7", commit=commit, back_to=back_to)
    return LeftRun(started, float(number), (LeftStack(STACK, begun=bool(result), result=result),))


def rolled_back(runs: Sequence[LeftRun], target: LeftRun, result: str) -> list[LeftRun]:
    return [left(len(runs), "rollback", target.started.commit, result, target.started.run), *runs]


one = st.tuples(
    st.sampled_from(["up", "destroy", "repair"]), st.sampled_from("abc"), st.sampled_from(["succeeded", "failed", ""])
)
histories = st.lists(one, max_size=8).map(
    lambda said: [left(number, *each) for number, each in reversed(list(enumerate(said)))]
)


@given(histories)
def test_it_goes_back_and_comes_to_an_end(runs: list[LeftRun]) -> None:
    before: LeftRun | None = None
    while target := earlier(runs, STACK):
        now = deployed(runs, STACK)
        assert now
        since = before or now
        assert is_good(target, STACK)
        assert target.began < since.began
        assert what_of(target) != what_of(since)
        between = [run for run in runs if target.began < run.began < since.began and is_good(run, STACK)]
        assert all(what_of(run) == what_of(since) for run in between)
        runs, before = rolled_back(runs, target, "succeeded"), target


@given(histories, st.integers(1, 3))
def test_what_failed_is_tried_again(runs: list[LeftRun], times: int) -> None:
    target = earlier(runs, STACK)
    for _ in range(times):
        if target:
            runs = rolled_back(runs, target, "failed")
    assert earlier(runs, STACK) == target


@given(histories)
def test_what_was_refused_before_it_began_changes_nothing(runs: list[LeftRun]) -> None:
    target = earlier(runs, STACK)
    if target:
        assert earlier(rolled_back(runs, target, ""), STACK) == target


@given(histories)
def test_a_run_that_says_to_have_gone_forth_is_taken_for_itself(runs: list[LeftRun]) -> None:
    liars = [replace(run, started=replace(run.started, back_to=runs[0].started.run)) for run in runs]
    found = earlier(liars, STACK)
    assert found is None or found in liars
