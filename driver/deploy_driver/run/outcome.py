"""How a run ended, per step: a result, a reason and a cause, all closed vocabularies; the exit code they make, and the last event."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from deploy_driver.errors import DeployError, ExitCode, lacks
from deploy_driver.plan.plan import Step
from deploy_driver.ports import Clock, Emit
from deploy_driver.record.catalogue import GateOverridden, Reason, Result, RunFinished
from deploy_driver.values import (
    Changes,
    ChosenSmokeTest,
    EngineReport,
    EngineStatus,
    MissingRight,
    Operation,
    ResourceChange,
    SessionLength,
)


@dataclass(frozen=True)
class StepOutcome:
    """One step's end. `cause` is the fact behind the reason, in one line; `remedy` the way out.

    `session` is how long the sessions of its role last; None where no role was entered. `smoke_test` is the one that was
    chosen for what was deployed; None where it did not come to that. `missing` is what its role may not do of what is planned,
    `overridden` what would have refused the step, had nobody given a reason.
    """

    stack: str
    account: str
    result: Result
    reason: Reason
    cause: str = ""
    remedy: str = ""
    changes: Changes = Changes()
    resources: tuple[ResourceChange, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    session: SessionLength | None = None
    smoke_test: ChosenSmokeTest | None = None
    missing: tuple[MissingRight, ...] = ()
    overridden: tuple[GateOverridden, ...] = ()
    seconds: float = 0.0


_NOTHING = EngineReport(EngineStatus.SUCCEEDED)


def ended(
    step: Step, result: Result, reason: Reason, *, report: EngineReport = _NOTHING, cause: str = "", remedy: str = ""
) -> StepOutcome:
    """The step's end, with what the engine's `report` says that it did."""
    return StepOutcome(
        step.stack.name,
        step.stack.account,
        result,
        reason,
        cause,
        remedy,
        report.changes,
        report.resources,
        report.outputs,
    )


@dataclass(frozen=True)
class RunOutcome:
    """The whole run's end: one outcome per planned step, in the plan's order."""

    run: str
    operation: Operation
    steps: tuple[StepOutcome, ...]
    seconds: float = 0.0

    def exit_code(self, *, differs: bool = False) -> ExitCode:
        """The exit code of its steps; `differs` asks for 5 when a preview found changes."""
        return exit_code_of(self.steps, differs=differs and any(step.changes.total for step in self.steps))


def exit_code_of(steps: Collection[StepOutcome], *, differs: bool) -> ExitCode:
    """What a command exits with: 3 when no stack could be entered or another run has them, 5 when all went well and something `differs`."""
    results = {step.result for step in steps}
    if Result.FAILED in results and all(_left_untouched(step) for step in steps):
        return ExitCode.NOT_READY
    for result, code in _CODES:
        if result in results:
            return code
    return ExitCode.DIFFERS if differs else ExitCode.DONE


def _left_untouched(step: StepOutcome) -> bool:
    """Whether that step never came to touch its stack."""
    failed_before = step.result is Result.FAILED and step.reason in {Reason.NOT_ENTERED, Reason.BUSY}
    return failed_before or step.result is Result.NOT_RUN


_CODES = (
    (Result.INTERRUPTED, ExitCode.INTERRUPTED),
    (Result.FAILED, ExitCode.FAILED),
    (Result.REFUSED, ExitCode.REFUSED),
    (Result.NOT_RUN, ExitCode.FAILED),
)


@dataclass
class Ending:
    """What the run will exit with, and why; whoever knows better sets it before the end. `waits` is what somebody has to do first."""

    code: int = ExitCode.DONE
    cause: str = ""
    remedy: str = ""
    waits: str = ""

    def by(self, error: DeployError) -> None:
        """That error ends the run."""
        self.code, self.cause, self.remedy = error.exit_code, str(error), error.remedy


@contextmanager
def finishing(run: str, clock: Clock, emit: Emit) -> Iterator[Ending]:
    """While inside, the run goes on; at the end, however it comes, RunFinished is said. Errors go on their way."""
    started = clock.now()
    ending = Ending()
    try:
        yield ending
    except DeployError as error:
        ending.by(error)
        raise
    except SystemExit as stop:
        ending.code = stop.code if isinstance(stop.code, int) else ExitCode.BUG
        raise
    except BaseException as error:
        if lacking := lacks(error):
            ending.by(lacking)
        else:
            ending.code = ExitCode.BUG
        raise
    finally:
        emit(RunFinished(run, int(ending.code), clock.now() - started, ending.cause, ending.remedy))
