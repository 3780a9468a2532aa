"""Questions that can refuse a step: each refusal stands beside the same thing, allowed."""

from __future__ import annotations

import pytest

from driver.plan.plan import Step, make_plan
from driver.run.gates import Gates
from driver.run.outcome import Reason
from driver.values import Changes, EngineReport, EngineStatus, Operation
from tests.fakes.prompt import FakePrompt
from tests.samples import stack


def preview(changes: Changes) -> EngineReport:
    return EngineReport(EngineStatus.SUCCEEDED, changes)


SOME = preview(Changes(create=2, update=1))


def step(operation: Operation = Operation.UP, *, approve: bool = False, max_deletes: int | None = None) -> Step:
    return make_plan(operation, [stack("prod", approve=approve, max_deletes=max_deletes)]).steps[0]


@pytest.mark.parametrize(
    ("limit", "changes", "refused"),
    [
        (0, Changes(delete=1), True),
        (0, Changes(create=9, update=9), False),
        (1, Changes(delete=1), False),
        (1, Changes(delete=1, replace=1), True),
        (2, Changes(delete=1, replace=1), False),
        (0, Changes(replace=1), True),
        (None, Changes(delete=99), False),
    ],
)
def test_a_limit_counts_what_would_be_lost(limit: int | None, changes: Changes, refused: bool) -> None:
    refusal = Gates(FakePrompt(present=False), yes=False).refusal(step(max_deletes=limit), preview(changes))
    assert (refusal is not None) == refused
    if refusal:
        assert refusal.reason is Reason.OVER_LIMIT
        assert f"the limit of prod is {limit}" in refusal.cause
        assert "stacks.prod.max-deletes" in refusal.remedy


def test_yes_confirms_but_lifts_no_limit() -> None:
    gates = Gates(FakePrompt(present=False), yes=True)
    assert gates.refusal(step(approve=True), SOME) is None
    refusal = gates.refusal(step(approve=True, max_deletes=0), preview(Changes(delete=1)))
    assert refusal is not None
    assert refusal.reason is Reason.OVER_LIMIT


def test_a_limit_is_not_for_those_who_mean_to_delete() -> None:
    assert Gates(FakePrompt(present=False), yes=True).refusal(step(Operation.DESTROY, max_deletes=0), SOME) is None


def test_a_limit_is_looked_at_before_anybody_is_asked() -> None:
    prompt = FakePrompt()
    assert Gates(prompt, yes=False).refusal(step(max_deletes=0), preview(Changes(delete=1))) is not None
    assert prompt.questions == []


def test_an_approval_without_a_person_is_refused_with_both_ways_out() -> None:
    refusal = Gates(FakePrompt(present=False), yes=False).refusal(step(approve=True), SOME)
    assert refusal is not None
    assert refusal.reason is Reason.NEEDS_APPROVAL
    assert "terminal" in refusal.remedy
    assert "--yes" in refusal.remedy


def test_without_an_approval_and_without_a_person_nobody_has_to_be_asked() -> None:
    assert Gates(FakePrompt(present=False), yes=False).refusal(step(), SOME) is None


@pytest.mark.parametrize("approve", [True, False])
def test_a_person_who_is_there_is_asked_and_decides(approve: bool) -> None:
    yes, no = FakePrompt(answers=[True]), FakePrompt(answers=[False])
    assert Gates(yes, yes=False).refusal(step(approve=approve), SOME) is None
    refusal = Gates(no, yes=False).refusal(step(approve=approve), SOME)
    assert refusal is not None
    assert refusal.reason is Reason.DECLINED
    assert no.questions == ["Deploy prod (444444444444): 2 to create, 1 to update?"]


def test_who_said_yes_beforehand_is_not_asked_again() -> None:
    prompt = FakePrompt()
    assert Gates(prompt, yes=True).refusal(step(approve=True), SOME) is None
    assert prompt.questions == []


def test_destroy_always_wants_a_word() -> None:
    destroy = step(Operation.DESTROY)
    prompt = FakePrompt(answers=[True])
    assert Gates(prompt, yes=False).refusal(destroy, preview(Changes(delete=3))) is None
    assert prompt.questions == ["Destroy prod (444444444444): 3 to delete?"]
    assert Gates(FakePrompt(present=False), yes=True).refusal(destroy, preview(Changes(delete=3))) is None
    refusal = Gates(FakePrompt(present=False), yes=False).refusal(destroy, preview(Changes(delete=3)))
    assert refusal is not None
    assert refusal.reason is Reason.NEEDS_APPROVAL


def test_nothing_is_asked_about_nothing() -> None:
    gates = Gates(FakePrompt(answers=[False]), yes=False)
    assert gates.refusal(step(approve=True, max_deletes=0), preview(Changes(same=12))) is None
