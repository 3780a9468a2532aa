"""The runner: in which order steps are done, how many at a time, and which are not done because of which other."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import pytest

from deploy_driver.choices import OnFailure
from deploy_driver.errors import DeployError, NotReadyError
from deploy_driver.plan.plan import Plan, Step, make_plan
from deploy_driver.record.catalogue import Reason, Result, StepFinished, StepStarted
from deploy_driver.run.outcome import StepOutcome, ended
from deploy_driver.run.runner import PER_ACCOUNT, Runner
from deploy_driver.values import Operation, Stack
from deploy_project.remedy import Remedy
from tests.fakes.clock import FakeClock
from tests.fakes.events import Recorder
from tests.samples import chain, stack

FORK = (*chain(), stack("other"), stack("after-other", needs=("other",)))
"""dev, staging and prod in a row; beside them another row of two."""


@dataclass
class Work:
    """What is done with each step: it ends as `results` say, or succeeds."""

    results: Mapping[str, Result] = field(default_factory=dict)
    stop_at: str = ""
    done: list[str] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    said: Recorder = field(default_factory=Recorder)
    stopped: bool = False

    def do(self, step: Step) -> StepOutcome:
        self.done.append(step.stack.name)
        self.threads.add(threading.get_ident())
        self.stopped = self.stopped or step.stack.name == self.stop_at
        return ended(step, self.results.get(step.stack.name, Result.SUCCEEDED), Reason.CHANGED)

    def runner(self, on_failure: OnFailure, workers: int = 1) -> Runner:
        return Runner(self.do, on_failure, FakeClock(), self.said, lambda: self.stopped, workers)


def up(stacks: Collection[Stack] = FORK) -> Plan:
    return make_plan(Operation.UP, tuple(stacks), known=FORK)


def ends(outcomes: tuple[StepOutcome, ...]) -> dict[str, str]:
    return {one.stack: one.cause or str(one.result) for one in outcomes}


def test_every_step_is_done_in_the_plans_order_in_the_callers_thread() -> None:
    work = Work()
    outcomes = work.runner(OnFailure.STOP).run(up().steps)
    assert work.done == [one.stack for one in outcomes] == list(up().stacks)
    assert work.threads == {threading.get_ident()}
    told = [(type(event), event.stack) for event in work.said.events if isinstance(event, StepStarted | StepFinished)]
    assert told == [(kind, name) for name in up().stacks for kind in (StepStarted, StepFinished)]


@pytest.mark.parametrize("result", [Result.FAILED, Result.REFUSED, Result.INTERRUPTED])
def test_the_policy_that_stops_lets_nothing_more_begin_and_says_because_of_what(result: Result) -> None:
    work = Work({"staging": result})
    outcomes = work.runner(OnFailure.STOP).run(up().steps)
    because = f"staging {result}: changed"
    assert ends(outcomes) == {
        "dev": "succeeded",
        "staging": str(result),
        "prod": because,
        "other": because,
        "after-other": because,
    }
    assert {one.result for one in outcomes[2:]} == {Result.NOT_RUN}
    assert work.done == ["dev", "staging"]
    assert [event.stack for event in work.said.of(StepStarted)] == ["dev", "staging"]


def test_the_policy_that_goes_on_leaves_out_what_needed_the_failed_one_and_names_it() -> None:
    work = Work({"dev": Result.FAILED, "other": Result.REFUSED})
    assert ends(work.runner(OnFailure.CONTINUE).run(up().steps)) == {
        "dev": "failed",
        "staging": "dev failed: changed",
        "prod": "dev failed: changed",
        "other": "refused",
        "after-other": "other refused: changed",
    }


def test_what_is_needed_through_a_stack_that_was_not_chosen_counts() -> None:
    dev, _, prod, *_ = FORK
    outcomes = Work({"dev": Result.FAILED}).runner(OnFailure.CONTINUE).run(up((dev, prod)).steps)
    assert ends(outcomes)["prod"] == "dev failed: changed"


def test_a_destroy_leaves_what_a_stack_that_still_stands_needs() -> None:
    plan = make_plan(Operation.DESTROY, FORK, known=FORK)
    assert ends(Work({"staging": Result.FAILED}).runner(OnFailure.CONTINUE).run(plan.steps)) == {
        "after-other": "succeeded",
        "other": "succeeded",
        "prod": "succeeded",
        "staging": "failed",
        "dev": "staging failed: changed",
    }


def test_previews_need_nothing_of_each_other() -> None:
    plan = make_plan(Operation.PREVIEW, FORK, known=FORK)
    outcomes = Work({"dev": Result.FAILED}).runner(OnFailure.CONTINUE).run(plan.steps)
    assert [one.result for one in outcomes] == [Result.FAILED, *[Result.SUCCEEDED] * 4]


@pytest.mark.parametrize("on_failure", OnFailure)
def test_after_a_stop_one_step_says_so_and_no_further_one_begins(on_failure: OnFailure) -> None:
    work = Work(stop_at="dev")
    outcomes = work.runner(on_failure).run(make_plan(Operation.PREVIEW, FORK, known=FORK).steps)
    assert work.done == ["dev"]
    assert ends(outcomes) == {
        "dev": "succeeded",
        "staging": "interrupted",
        **dict.fromkeys(("prod", "other", "after-other"), "staging interrupted: stopped on request"),
    }
    assert [event.result for event in work.said.of(StepFinished)] == ["succeeded", "interrupted"]


def test_steps_that_do_not_need_each_other_are_done_at_the_same_time_and_no_others() -> None:
    both = threading.Barrier(2, timeout=30)
    work = Work()

    def meet(step: Step) -> StepOutcome:
        if step.stack.name in {"dev", "other"}:
            both.wait()
        elif step.stack.name == "staging":
            assert "dev" in work.done
        return work.do(step)

    runner = replace(work.runner(OnFailure.STOP, 2), do=meet)
    outcomes = runner.run(up().steps)
    assert [one.stack for one in outcomes] == list(up().stacks)
    assert {one.result for one in outcomes} == {Result.SUCCEEDED}


def test_one_account_has_no_more_at_the_same_time_than_its_limit() -> None:
    beside = tuple(replace(stack(f"dev-{number}"), account="222222222222") for number in range(2 * PER_ACCOUNT))
    others = tuple(replace(stack(f"far-{number}"), account=f"55555555555{number}") for number in range(2))
    lock, now, most, all_others = threading.Lock(), set[str](), 0, threading.Barrier(2, timeout=30)
    work = Work()

    def count(step: Step) -> StepOutcome:
        nonlocal most
        if step.stack in others:
            all_others.wait()
            return work.do(step)
        with lock:
            now.add(step.stack.name)
            most = max(most, len(now))
        outcome = work.do(step)
        with lock:
            now.remove(step.stack.name)
        return outcome

    stacks = (*beside, *others)
    plan = make_plan(Operation.UP, stacks, known=stacks)
    outcomes = replace(work.runner(OnFailure.STOP, 8), do=count).run(plan.steps)
    assert {one.result for one in outcomes} == {Result.SUCCEEDED}
    assert most <= PER_ACCOUNT


def test_what_breaks_the_run_waits_for_what_goes_on_beside_it() -> None:
    began, ended_too = threading.Event(), threading.Event()
    work = Work()

    def one_breaks(step: Step) -> StepOutcome:
        if step.stack.name == "dev":
            began.wait(30)
            raise DeployError("the record cannot be written")
        began.set()
        outcome = work.do(step)
        ended_too.set()
        return outcome

    with pytest.raises(DeployError, match="record"):
        replace(work.runner(OnFailure.STOP, 2), do=one_breaks).run(up().steps)
    assert ended_too.is_set()


@pytest.mark.parametrize("workers", [1, 3])
def test_what_a_door_refuses_is_the_steps_end_and_anything_else_the_runs(workers: int) -> None:
    def refuse(_step: Step) -> StepOutcome:
        raise NotReadyError("SlowDown", remedy=Remedy("wait"))

    def break_down(_step: Step) -> StepOutcome:
        raise DeployError("the record cannot be written")

    runner = replace(Work().runner(OnFailure.CONTINUE, workers), do=refuse)
    (outcome,) = runner.run(up(FORK[:1]).steps)
    assert (outcome.result, outcome.cause, outcome.remedy) == (Result.FAILED, "SlowDown", "wait")
    with pytest.raises(DeployError, match="record"):
        replace(runner, do=break_down).run(up().steps)


@pytest.mark.parametrize("workers", [1, 4])
def test_nothing_to_do_is_done(workers: int) -> None:
    assert Work().runner(OnFailure.CONTINUE, workers).run(()) == ()
