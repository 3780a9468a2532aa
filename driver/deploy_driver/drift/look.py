"""Looks at several stacks at a time. A stack that cannot be looked at keeps no other from being looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from deploy_driver.drift.classify import findings_of, without_followers
from deploy_driver.drift.finding import Finding
from deploy_driver.drift.sight import Seen, Sight
from deploy_driver.errors import DeployError
from deploy_driver.plan.plan import Plan, Step
from deploy_driver.ports import Clock, Emit
from deploy_driver.record.catalogue import Reason, Result, StepFinished, StepStarted
from deploy_driver.run.preflight import Preflight
from deploy_driver.run.requests import RunFacts
from deploy_driver.values import Changes, EngineRequest, EngineStatus, Operation


class Looker(Protocol):
    """The engine, asked one question. Thread-safe, each thread with its own stack."""

    def look(self, request: EngineRequest, emit: Emit) -> Seen:
        """What the state, the cloud and the code say of every resource. Writes no state."""


@dataclass(frozen=True)
class Looked:
    """One stack.

    `failure` is why nobody could look, or not everywhere, in one line; `barred`: not even the way in was open. `changes` is
    what an up would do; `sights` are the resources by URN, none where nobody could look at all.
    """

    stack: str
    account: str
    findings: tuple[Finding, ...] = ()
    resources: int = 0
    failure: str = ""
    remedy: str = ""
    seconds: float = 0.0
    changes: Changes = Changes()
    sights: dict[str, Sight] = field(default_factory=dict)
    barred: bool = False


@dataclass(frozen=True)
class Watch:
    """Looks through `engine`, after `preflight` has made sure that each stack's role leads where its file says.

    `closer` looks once more at what the engine saw of a stack. Once `stopped` says so, no further stack is begun.
    """

    engine: Looker
    preflight: Preflight
    clock: Clock
    emit: Emit
    closer: Callable[[Step, Looked], Looked] = lambda _step, looked: looked
    stopped: Callable[[], bool] = lambda: False

    def look(self, steps: Sequence[Step], facts: RunFacts, jobs: int) -> tuple[Looked, ...]:
        """Every stack, `jobs` at a time, in the given order. Raises NotReadyError when no stack could be looked at at all."""
        admitted = self.preflight.admit(Plan(Operation.PREVIEW, tuple(steps)), facts)
        facts = replace(facts, sessions=admitted.sessions)
        with ThreadPoolExecutor(max_workers=max(jobs, 1), thread_name_prefix="look") as pool:
            return tuple(pool.map(lambda step: self._timed(step, facts, admitted.barred.get(step.stack.name)), steps))

    def _timed(self, step: Step, facts: RunFacts, barred: DeployError | None) -> Looked:
        began = self.clock.now()
        stack = step.stack
        if self.stopped():
            return Looked(stack.name, stack.account, failure="stopped on request")
        self.emit(StepStarted(stack.name, stack.account, step.operation, step.role_arn))
        try:
            if barred:
                raise barred
            looked = self.closer(step, self._look(step, facts))
        except DeployError as error:
            looked = Looked(stack.name, stack.account, failure=str(error), remedy=error.remedy, barred=error is barred)
        looked = replace(looked, seconds=round(self.clock.now() - began, 3))
        result, reason = self._ended(looked, barred)
        self.emit(StepFinished(stack.name, result, reason, looked.failure, looked.changes, looked.seconds))
        return looked

    def _ended(self, looked: Looked, barred: DeployError | None) -> tuple[Result, Reason]:
        if not looked.failure:
            return Result.SUCCEEDED, Reason.PREVIEWED
        if barred:
            return Result.FAILED, Reason.NOT_ENTERED
        return (Result.INTERRUPTED, Reason.STOPPED) if self.stopped() else (Result.FAILED, Reason.ENGINE_FAILED)

    def _look(self, step: Step, facts: RunFacts) -> Looked:
        stack = step.stack
        seen = self.engine.look(facts.request(step), self.emit)
        if seen.report.status is not EngineStatus.SUCCEEDED:
            failure = seen.report.failure or str(seen.report.status)
            return Looked(stack.name, stack.account, failure=failure, remedy=seen.report.remedy)
        sights = sorted(without_followers(seen.sights), key=lambda sight: sight.urn)
        found = tuple(finding for sight in sights for finding in findings_of(stack, sight))
        by_urn = {sight.urn: sight for sight in sights}
        return Looked(stack.name, stack.account, found, len(seen.sights), changes=seen.report.changes, sights=by_urn)
