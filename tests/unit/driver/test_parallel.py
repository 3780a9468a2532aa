"""How many stacks go at the same time, and how a person is asked about them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from deploy_driver.app.deploy import STACK_TAKES, at_once
from deploy_driver.choices import OnFailure
from deploy_driver.errors import DeployError, ExitCode
from deploy_driver.plan.plan import Step, make_plan
from deploy_driver.record.catalogue import Reason, Result, StepFinished
from deploy_driver.run.gates import Confirmation
from deploy_driver.run.outcome import StepOutcome, ended
from deploy_driver.run.runner import PER_ACCOUNT, Runner, StepPrompt
from deploy_driver.values import Operation, Stack
from tests.fakes.clock import FakeClock
from tests.fakes.events import Recorder
from tests.fakes.prompt import FakePrompt
from tests.samples import chain, facts, stack
from tests.unit.driver.test_deployer import World, ends
from tests.unit.driver.test_runner import FORK


@pytest.mark.parametrize(
    ("asked", "free", "stacks"),
    [(4, None, 4), (4, 9 * STACK_TAKES, 4), (4, 2 * STACK_TAKES + 1, 2), (4, 0, 1), (1, 0, 1)],
)
def test_as_many_as_there_is_memory_for(asked: int, free: int | None, stacks: int) -> None:
    assert at_once(asked, free) == stacks


@dataclass
class Person(FakePrompt):
    """Who answers, and in which thread."""

    threads: set[int] = field(default_factory=set)

    def confirm(self, question: str) -> bool:
        self.threads.add(threading.get_ident())
        return super().confirm(question)


@dataclass
class Asking:
    """Steps that ask before they do something. `before` ends without a question, `after` as said once the answer was yes."""

    person: Person = field(default_factory=Person)
    before: Mapping[str, Result] = field(default_factory=dict)
    after: Mapping[str, Result] = field(default_factory=dict)
    stopped: bool = False
    said: Recorder = field(default_factory=Recorder)
    done: list[str] = field(default_factory=list)

    def do(self, step: Step) -> StepOutcome:
        name = step.stack.name
        if name in self.before:
            return ended(step, self.before[name], Reason.PREVIEWED)
        if not StepPrompt(self.person).confirm(f"Deploy {name}?"):
            return ended(step, Result.REFUSED, Reason.DECLINED)
        self.done.append(name)
        return ended(step, self.after.get(name, Result.SUCCEEDED), Reason.CHANGED)

    def run(
        self, *stacks: Stack, workers: int = 2, on_failure: OnFailure = OnFailure.STOP, over: Runner | None = None
    ) -> dict[str, str]:
        plan = make_plan(Operation.UP, stacks or FORK, known=stacks or FORK)
        runner = over or self.runner(workers, on_failure)
        return {one.stack: one.cause or str(one.result) for one in runner.run(plan.steps)}

    def runner(self, workers: int = 2, on_failure: OnFailure = OnFailure.STOP) -> Runner:
        return Runner(self.do, on_failure, FakeClock(), self.said, lambda: self.stopped, workers)


def test_one_question_is_asked_for_all_that_can_go_on_in_the_callers_thread_and_then_for_those_that_needed_them() -> (
    None
):
    asking = Asking()
    assert set(asking.run().values()) == {"succeeded"}
    assert asking.person.questions == [
        "Deploy dev?\nDeploy other?\nYes to all 2?",
        "Deploy staging?\nDeploy after-other?\nYes to all 2?",
        "Deploy prod?",
    ]
    assert asking.person.threads == {threading.get_ident()}


def test_one_after_the_other_each_is_asked_about_right_before_it_is_done() -> None:
    asking = Asking()
    asking.run(workers=1)
    assert asking.person.questions == [f"Deploy {one.name}?" for one in FORK]


def test_whoever_waits_for_the_answer_takes_no_place_and_whoever_goes_on_after_it_does() -> None:
    far = tuple(replace(stack(f"far-{number}"), account=f"55555555555{number}") for number in range(4))
    near = tuple(replace(stack(f"near-{number}"), account="222222222222") for number in range(2 * PER_ACCOUNT))
    asking, lock, now, most, beside = Asking(), threading.Lock(), list[str](), 0, 0
    pair = threading.Barrier(2, timeout=30)

    def count(step: Step) -> StepOutcome:
        nonlocal most, beside
        assert StepPrompt(asking.person).confirm(f"Deploy {step.stack.name}?")
        with lock:
            now.append(step.stack.account)
            most, beside = max(most, len(now)), max(beside, now.count("222222222222"))
        if step.stack in far:
            pair.wait()
        with lock:
            now.remove(step.stack.account)
        return ended(step, Result.SUCCEEDED, Reason.CHANGED)

    asking.run(*far, *near, over=replace(asking.runner(5), do=count))
    (question,) = asking.person.questions
    assert question.splitlines() == [*(f"Deploy {one.name}?" for one in (*far, *near)), "Yes to all 10?"]
    assert 2 <= most <= 5
    assert beside <= PER_ACCOUNT


def test_a_no_is_one_for_all_that_were_asked_about() -> None:
    asking = Asking(Person(answers=[False]))
    ends_so = asking.run()
    assert (ends_so["dev"], ends_so["other"]) == ("refused", "refused")
    assert all(ends_so[name].endswith(" refused: declined") for name in ("staging", "prod", "after-other")), ends_so
    assert (len(asking.person.questions), asking.done) == (1, [])


def test_whoever_was_previewed_beside_a_stack_that_failed_is_not_asked_about_unless_the_others_go_on() -> None:
    asking = Asking(before={"other": Result.FAILED})
    because = "other failed: previewed"
    assert asking.run() == {"other": "failed", **dict.fromkeys(("dev", "staging", "prod", "after-other"), because)}
    assert (asking.person.questions, asking.done) == ([], [])
    asking = Asking(before={"other": Result.FAILED})
    ended_so = asking.run(on_failure=OnFailure.CONTINUE)
    assert (ended_so["prod"], ended_so["after-other"]) == ("succeeded", because)
    assert asking.person.questions == ["Deploy dev?", "Deploy staging?", "Deploy prod?"]


def test_what_fails_after_the_yes_keeps_those_from_going_on_that_wait_for_a_place_and_the_record_says_so() -> None:
    stacks = tuple(replace(stack(f"far-{number}"), account="222222222222") for number in range(PER_ACCOUNT + 1))
    last = stacks[-1].name
    meet = threading.Barrier(PER_ACCOUNT, timeout=30)
    asking = Asking(after={one.name: Result.FAILED for one in stacks})

    def do(step: Step) -> StepOutcome:
        outcome = asking.do(step)
        meet.wait()
        return outcome

    asking.run(*stacks, over=replace(asking.runner(9), do=do))
    assert last not in asking.done
    (kept,) = (event for event in asking.said.of(StepFinished) if event.stack == last)
    assert (kept.result, kept.reason) == ("not run", "an earlier stack")


def test_a_stop_at_the_question_is_no_answer_and_after_one_nobody_is_asked() -> None:
    asking = Asking()

    def stop() -> None:
        asking.stopped = True

    asking.person.during, asking.person.answers = stop, [False]
    assert asking.run()["dev"] == "refused"
    assert (len(asking.person.questions), asking.done) == (1, [])
    stopping = Asking()

    def last_moment(step: Step) -> StepOutcome:
        stopping.stopped = True
        return stopping.do(step)

    stopping.run(over=replace(stopping.runner(), do=last_moment))
    assert (stopping.person.questions, stopping.done) == ([], [])


def test_what_breaks_the_run_leaves_nobody_waiting_for_an_answer() -> None:
    asking = Asking()

    def one_breaks(step: Step) -> StepOutcome:
        if step.stack.name == "other":
            raise DeployError("the record cannot be written")
        return asking.do(step)

    with pytest.raises(DeployError, match="record"):
        asking.run(over=replace(asking.runner(), do=one_breaks))
    assert (asking.person.questions, asking.done) == ([], [])
    assert [(event.stack, event.result) for event in asking.said.of(StepFinished)] == [("dev", "not run")]


def test_a_step_may_ask_again() -> None:
    asking = Asking()

    def twice(step: Step) -> StepOutcome:
        assert StepPrompt(asking.person).confirm(f"Repair {step.stack.name}?")
        return asking.do(step)

    dev, *_, other, _ = FORK
    asking.run(dev, other, over=replace(asking.runner(), do=twice))
    assert asking.person.questions == [f"{verb} dev?\n{verb} other?\nYes to all 2?" for verb in ("Repair", "Deploy")]


@pytest.mark.parametrize(("operation", "verb"), [(Operation.UP, "Deploy"), (Operation.DESTROY, "Destroy")])
def test_every_stack_of_a_wave_is_previewed_before_the_question_and_held_while_it_stands(
    operation: Operation, verb: str
) -> None:
    world, calls = World(prompt=FakePrompt()), list[str]()
    world.deployer = replace(world.deployer, gates=(Confirmation(StepPrompt(world.prompt), yes=False),))
    stacks = tuple(replace(one, needs=()) for one in chain())
    held = list[bool]()

    def look() -> None:
        calls.extend(call for call, _ in world.engine.calls)
        held.extend(not holder.released for holder, _ in world.leases.objects.values())

    world.prompt.during = look
    outcome = world.deployer.run(make_plan(operation, stacks), facts(), workers=3)
    assert outcome.exit_code() is ExitCode.DONE, ends(outcome)
    preview = "preview" if operation is Operation.UP else "preview_destroy"
    assert calls == [preview] * 3
    assert held == [True] * 3
    (question,) = world.prompt.questions
    assert all(f"{verb} {one.name} ({one.account}): " in question for one in stacks)


def test_what_earlier_runs_have_left_is_mended_at_the_same_time_too() -> None:
    world, both = World(), threading.Barrier(2, timeout=30)
    plan = make_plan(Operation.UP, [replace(one, needs=()) for one in chain()[:2]])
    plan = replace(plan, steps=tuple(replace(step, unfinished=True) for step in plan.steps))
    outcome = world.deployer.go_on(
        plan, facts(), lambda _step, _facts: both.wait(), refresh=False, workers=2, on_failure=OnFailure.STOP
    )
    assert outcome.exit_code() is ExitCode.DONE
    assert not both.broken
