"""The runner: lets every step of a plan be done, in the plan's order and after what it needs, and says what became of each.

What is done with a step is not the runner's: an up, a preview, a destroy and a look for drift are four functions (`do`).
A step is not run when a step that it needs did not succeed, when the policy stops at a failure of any other, or when
somebody has asked to stop; it is then reported as not run, because of which one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar

from deploy_driver.errors import BusyError, NotReadyError, UsageError
from deploy_driver.plan.plan import Step
from deploy_driver.ports import Clock, Emit
from deploy_driver.record.catalogue import Reason, Result, StepFinished, StepStarted
from deploy_driver.run.outcome import StepOutcome, ended
from deploy_driver.values import OnFailure

P = ParamSpec("P")
T = TypeVar("T")

Do = Callable[[Step], StepOutcome]
"""Does one step. What it raises as NotReadyError or UsageError is that step's end, anything else is the run's."""


@dataclass(frozen=True)
class Runner:
    """Runs steps, `workers` at a time. Once `stopped` says so, no further step is begun."""

    do: Do
    on_failure: OnFailure
    clock: Clock
    emit: Emit
    stopped: Callable[[], bool]
    workers: int = 1

    def run(self, steps: Sequence[Step]) -> tuple[StepOutcome, ...]:
        """One outcome per step, in the order of `steps`, in which every step comes after those that it needs."""
        outcomes: dict[str, StepOutcome] = {}
        waiting, running = list(steps), set[Future[StepOutcome]]()
        with _executor(self.workers) as pool:
            while waiting or running:
                for step in tuple(waiting):
                    if cause := self._kept_by(step, outcomes.values()):
                        blocked = self.on_failure is OnFailure.CONTINUE and cause.stack in step.needs
                        reason = Reason.BLOCKED if blocked else Reason.EARLIER_STACK
                        outcomes[step.stack.name] = _not_run(step, cause, reason)
                    elif len(running) < self.workers and outcomes.keys() >= set(step.needs):
                        running.add(pool.submit(self._timed, step))
                    else:
                        continue
                    waiting.remove(step)
                done, running = wait(running, return_when=FIRST_COMPLETED)
                outcomes |= {outcome.stack: outcome for outcome in (future.result() for future in done)}
        return tuple(outcomes[step.stack.name] for step in steps)

    def _kept_by(self, step: Step, outcomes: Collection[StepOutcome]) -> StepOutcome | None:
        """The outcome because of which the step must not run; None when it may."""
        over = [one for one in outcomes if one.result not in {Result.SUCCEEDED, Result.NOT_RUN}]
        stops = self.on_failure is OnFailure.STOP
        needed = (one for one in over if one.stack in step.needs)
        halting = (one for one in over if stops or one.result is Result.INTERRUPTED)
        return next(needed, None) or next(halting, None)

    def _timed(self, step: Step) -> StepOutcome:
        started, stack = self.clock.now(), step.stack
        self.emit(StepStarted(stack.name, stack.account, step.operation, step.role_arn))
        try:
            outcome = ended(step, Result.INTERRUPTED, Reason.STOPPED) if self.stopped() else self.do(step)
        except (NotReadyError, UsageError) as error:  # the run has begun, so what a door refuses now is the step's end
            reason = Reason.BUSY if isinstance(error, BusyError) else Reason.ENGINE_FAILED
            outcome = ended(step, Result.FAILED, reason, cause=str(error), remedy=error.remedy)
        outcome = replace(outcome, seconds=round(self.clock.now() - started, 3))
        said = outcome.result, outcome.reason, outcome.cause, outcome.changes, outcome.seconds, outcome.remedy
        self.emit(StepFinished(stack.name, *said))
        return outcome


def _not_run(step: Step, cause: StepOutcome, reason: Reason) -> StepOutcome:
    return ended(step, Result.NOT_RUN, reason, cause=f"{cause.stack} {cause.result}: {cause.reason}")


def _executor(workers: int) -> Executor:
    return _CallersThread() if workers == 1 else ThreadPoolExecutor(workers, thread_name_prefix="step")


class _CallersThread(Executor):
    """Does at once, and in the thread of the caller, what is submitted: there a question can be asked at the terminal."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """What was done; an exception goes on its way."""
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future
