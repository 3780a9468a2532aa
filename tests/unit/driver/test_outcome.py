"""How a run ended becomes one of the fixed exit codes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy_driver.errors import ExitCode
from deploy_driver.record.catalogue import Reason, Result
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import Changes, Operation
from tests.samples import ACCOUNTS, RUN


def step(result: Result, changes: Changes = Changes()) -> StepOutcome:
    return StepOutcome("dev", ACCOUNTS["dev"], result, Reason.CHANGED, changes=changes)


def run(*steps: StepOutcome) -> RunOutcome:
    return RunOutcome(RUN, Operation.UP, steps)


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([], 0),
        ([Result.SUCCEEDED], 0),
        ([Result.SUCCEEDED, Result.SUCCEEDED], 0),
        ([Result.FAILED], 1),
        ([Result.SUCCEEDED, Result.FAILED, Result.NOT_RUN], 1),
        ([Result.FAILED, Result.SUCCEEDED], 1),
        ([Result.REFUSED], 4),
        ([Result.SUCCEEDED, Result.REFUSED, Result.NOT_RUN], 4),
        ([Result.REFUSED, Result.FAILED], 1),
        ([Result.INTERRUPTED, Result.NOT_RUN], 130),
        ([Result.FAILED, Result.INTERRUPTED], 130),
        ([Result.NOT_RUN], 1),
    ],
)
def test_the_exit_code_of_what_became_of_the_steps(results: list[Result], code: int) -> None:
    assert run(*(step(result) for result in results)).exit_code() == code


def test_a_run_that_touched_nothing_because_another_was_at_work_was_not_ready_and_any_other_has_failed() -> None:
    done = step(Result.SUCCEEDED)
    busy, behind = replace(done, result=Result.FAILED, reason=Reason.BUSY), replace(done, result=Result.NOT_RUN)
    behind = replace(behind, reason=Reason.EARLIER_STACK)
    assert run(busy, behind).exit_code() == ExitCode.NOT_READY
    assert run(done, busy, behind).exit_code() == ExitCode.FAILED
    assert run(replace(busy, reason=Reason.ENGINE_FAILED), behind).exit_code() == ExitCode.FAILED


@pytest.mark.parametrize(
    ("differs", "result", "changes", "code"),
    [
        (True, Result.SUCCEEDED, Changes(update=1), 5),
        (False, Result.SUCCEEDED, Changes(update=1), 0),
        (True, Result.SUCCEEDED, Changes(same=5), 0),
        (True, Result.FAILED, Changes(update=1), 1),
        (True, Result.INTERRUPTED, Changes(update=1), 130),
    ],
)
def test_changes_are_an_exit_code_only_when_somebody_asked_and_all_went_well(
    differs: bool, result: Result, changes: Changes, code: int
) -> None:
    assert run(step(result, changes)).exit_code(differs=differs) == code


def test_the_exit_codes_are_fixed() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "NOT_READY": 3,
        "REFUSED": 4,
        "DIFFERS": 5,
        "BUG": 70,
        "HUNG_UP": 129,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }
