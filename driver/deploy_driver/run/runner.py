"""The runner: lets every step of a plan be done, in the plan's order and after what it needs, and says what became of each.

What is done with a step is not the runner's: an up, a preview, a destroy and a look for drift are four functions (`do`).
A step is not run when a step that it needs did not succeed, when the policy stops at a failure of any other, or when
somebody has asked to stop; it is then reported as not run, because of which one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from threading import Thread
from typing import ParamSpec, TypeVar

from deploy_driver.choices import OnFailure
from deploy_driver.errors import BusyError, NotReadyError, UsageError
from deploy_driver.plan.plan import Step
from deploy_driver.ports import Clock, Emit
from deploy_driver.record.catalogue import Reason, Result, StepFinished, StepStarted
from deploy_driver.run.outcome import StepOutcome, ended

P = ParamSpec("P")
T = TypeVar("T")

PER_ACCOUNT = 3
"""Steps at the same time in one account: AWS counts the calls of all of them against one limit of an account and a region."""

Do = Callable[[Step], StepOutcome]
"""Does one step. What it raises as NotReadyError or UsageError is that step's end, anything else is the run's."""


@dataclass(frozen=True)
class Runner:
    """Runs steps, `workers` at a time and PER_ACCOUNT in one account. Once `stopped` says so, no further step is begun."""

    do: Do
    on_failure: OnFailure
    clock: Clock
    emit: Emit
    stopped: Callable[[], bool]
    workers: int = 1

    def run(self, steps: Sequence[Step]) -> tuple[StepOutcome, ...]:
        """One outcome per step, in the order of `steps`, in which every step comes after those that it needs."""
        outcomes: dict[str, StepOutcome] = {}
        waiting, running = list(steps), dict[Future[StepOutcome], Step]()
        pool = _CallersThread() if self.workers == 1 else _OwnThreads()
        try:
            while waiting or running:
                for step in tuple(waiting):
                    if cause := self._kept_by(step, outcomes.values()):
                        blocked = self.on_failure is OnFailure.CONTINUE and cause.stack in step.needs
                        reason = Reason.BLOCKED if blocked else Reason.EARLIER_STACK
                        outcomes[step.stack.name] = _not_run(step, cause, reason)
                    elif self._may_begin(step, running.values()) and outcomes.keys() >= set(step.needs):
                        running[pool.submit(self._timed, step)] = step
                    else:
                        continue
                    waiting.remove(step)
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                outcomes |= {running.pop(future).stack.name: future.result() for future in done}
        except Exception:
            wait(running)  # whoever leaves at once, by SystemExit, leaves the engines alone
            raise
        return tuple(outcomes[step.stack.name] for step in steps)

    def _may_begin(self, step: Step, running: Collection[Step]) -> bool:
        """Whether there is room for one more, on this machine and in its account."""
        beside = [one for one in running if one.stack.account == step.stack.account]
        return len(running) < self.workers and len(beside) < PER_ACCOUNT

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


class _CallersThread(Executor):
    """Does at once, and in the thread of the caller, what is submitted: there a question can be asked at the terminal."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """What was done; an exception goes on its way."""
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class _OwnThreads(Executor):
    """Does each thing in a thread of its own, for which nobody has to wait: a process can be left while an engine goes on."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """What will have been done."""
        future: Future[T] = Future()

        def work() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 -- it is raised where the result is asked for
                future.set_exception(error)

        Thread(target=work, name="step", daemon=True).start()
        return future
