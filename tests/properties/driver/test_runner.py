"""Laws of the runner, for any graph of needs, any results and any number of workers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.choices import OnFailure
from deploy_driver.plan.plan import Step, make_plan
from deploy_driver.record.catalogue import Reason, Result
from deploy_driver.run.outcome import StepOutcome, ended
from deploy_driver.run.runner import Runner, StepPrompt
from deploy_driver.values import Operation, Stack
from tests.fakes.clock import FakeClock
from tests.fakes.events import Recorder
from tests.fakes.prompt import FakePrompt
from tests.properties.driver.test_plan import NAMES, acyclic

RESULTS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([Result.FAILED, Result.REFUSED, Result.SUCCEEDED]))


@given(acyclic(), RESULTS, st.sampled_from(OnFailure), st.integers(1, 3), st.sampled_from(Operation))
def test_every_step_has_its_outcome_and_what_is_not_run_says_because_of_what(
    stacks: list[Stack],
    results: dict[str, Result],
    on_failure: OnFailure,
    workers: int,
    operation: Operation,
) -> None:
    begun: list[str] = []
    person = StepPrompt(FakePrompt())

    def do(step: Step) -> StepOutcome:
        assert operation is not Operation.DESTROY or person.confirm(step.stack.name)
        begun.append(step.stack.name)
        return ended(step, results.get(step.stack.name, Result.SUCCEEDED), Reason.CHANGED)

    plan = make_plan(operation, stacks, known=stacks)
    outcomes = Runner(do, on_failure, FakeClock(), Recorder(), lambda: False, workers).run(plan.steps)
    assert tuple(one.stack for one in outcomes) == plan.stacks
    by_stack = {one.stack: one for one in outcomes}
    failed = {name for name, one in by_stack.items() if one.result in {Result.FAILED, Result.REFUSED}}
    assert sorted(begun) == sorted(name for name, one in by_stack.items() if one.result is not Result.NOT_RUN)
    for step in plan.steps:
        mine, lacking = by_stack[step.stack.name], failed & set(step.needs)
        because = mine.cause.split(" ")[0]
        if lacking:
            assert mine.result is Result.NOT_RUN
        if mine.result is Result.NOT_RUN:
            assert because in (lacking if on_failure is OnFailure.CONTINUE else failed)
    if workers == 1 and on_failure is OnFailure.STOP:
        assert len(failed) <= 1
