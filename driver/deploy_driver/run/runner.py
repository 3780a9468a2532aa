"""The runner: carries out a plan step by step and stops at the first step that does not succeed.

    check everything                          nothing is touched before all of it passed
    for each step, in the plan's order:
        preview, if a gate, a limit, a person or what an up could delete asks for one
        gates                                 each can refuse
        up | preview | destroy                the engine's report is the truth
        smoke test                            after an up of a service
    the rest is reported as not run, because of what

A preview touches nothing, so it goes on to the next stack when one fails, or cannot be entered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from deploy_driver.checkpoint import Judged
from deploy_driver.errors import DeployError, InterruptedRunError, NotReadyError, UsageError
from deploy_driver.plan.loss import losses
from deploy_driver.plan.plan import Plan, Step, with_standing
from deploy_driver.ports import Clock, Emit, Engine, Prober
from deploy_driver.record.catalogue import (
    PASSED,
    Gated,
    Previewed,
    Progress,
    Reason,
    Result,
    SmokeTested,
    SmokeTestStarted,
    StepFinished,
    StepStarted,
)
from deploy_driver.run.gates import Gate
from deploy_driver.run.outcome import RunOutcome, StepOutcome, rest_not_run
from deploy_driver.run.preflight import Admission, Preflight
from deploy_driver.run.requests import RunFacts
from deploy_driver.values import Changes, EngineReport, EngineStatus, Layer, Operation, Stack


def smoke_test(prober: Prober, stack: Stack, outputs: Mapping[str, Any]) -> SmokeTested:
    """Ask `/health` of the stack's `url` output. Raises NotReadyError when it does not answer, or answers as somebody else."""
    url = outputs.get("url")
    if not isinstance(url, str) or not url:
        raise NotReadyError(
            "the stack has no output `url` to ask", remedy="export `url` in the program's service layer"
        )
    health = prober.health(url, stack.smoke_timeout)
    expected = {"account": stack.account, "stack": stack.name, "version": str(outputs.get("version", ""))}
    wrong = [
        f"{key} is {health.get(key)!r}, expected {value!r}"
        for key, value in expected.items()
        if str(health.get(key)) != value
    ]
    if wrong:
        raise NotReadyError(f"{url}/health answers, but {'; '.join(wrong)}")
    return SmokeTested(stack.name, url, expected["version"], expected["account"])


@dataclass
class Runner:
    """Runs plans through the ports. `interrupt` may be called from a signal handler or another thread."""

    engine: Engine
    preflight: Preflight
    gates: Gate
    prober: Prober
    clock: Clock
    emit: Emit
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, plan: Plan, facts: RunFacts, *, refresh: bool = False) -> RunOutcome:
        """Check, then carry out every step. Raises NotReadyError when a check fails; a failed stack is an outcome.

        In a preview, so is a stack that cannot be entered. With `refresh`, an up or a preview starts from the cloud as it
        is, not as it was last deployed.
        """
        started = self.clock.now()
        admitted = self._admitted(plan, facts)
        facts = replace(facts, sessions=admitted.sessions)
        if self._stop.is_set():
            raise InterruptedRunError("stopped on request; nothing was touched")
        done: tuple[StepOutcome, ...] = ()
        for step in plan.steps:
            standing = admitted.states.get(step.stack.name, Judged()).resources
            done = (
                *done,
                self._timed(with_standing(step, standing), facts, refresh, admitted.barred.get(step.stack.name)),
            )
            if done[-1].result is not Result.SUCCEEDED and (
                plan.operation is not Operation.PREVIEW or self._stop.is_set()
            ):
                break
        steps = done + rest_not_run(plan, done)
        return RunOutcome(facts.run, plan.operation, steps, self.clock.now() - started)

    def interrupt(self) -> None:
        """Stop: the running engine call ends cleanly, no further step begins."""
        self._stop.set()
        self.engine.interrupt()

    @property
    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    def _admitted(self, plan: Plan, facts: RunFacts) -> Admission:
        if plan.operation is Operation.PREVIEW:
            return self.preflight.admit(plan, facts)
        return self.preflight.require(plan, facts)

    def _timed(self, step: Step, facts: RunFacts, refresh: bool, barred: DeployError | None) -> StepOutcome:
        started = self.clock.now()
        stack = step.stack
        self.emit(StepStarted(stack.name, stack.account, step.operation, step.role_arn))
        try:
            outcome = _not_entered(step, barred) if barred else self._carry_out(step, facts, refresh)
        except (NotReadyError, UsageError) as error:  # the run has begun, so what a door refuses now is the step's end
            outcome = _outcome(step, Result.FAILED, Reason.ENGINE_FAILED, cause=str(error), remedy=error.remedy)
        outcome = replace(outcome, session=facts.sessions.get(stack.name), seconds=self.clock.now() - started)
        self.emit(
            StepFinished(
                stack.name,
                outcome.result,
                outcome.reason,
                outcome.cause,
                outcome.changes,
                outcome.seconds,
                outcome.remedy,
            )
        )
        return outcome

    def _carry_out(self, step: Step, facts: RunFacts, refresh: bool) -> StepOutcome:
        if self._stop.is_set():
            return _outcome(step, Result.INTERRUPTED, Reason.STOPPED)
        if step.operation is Operation.DESTROY and (lost := losses(step.standing)):
            self.emit(Progress(f"what is in it is deleted for good: {lost}", step.stack.name))
        if step.operation is Operation.PREVIEW:
            return self._preview(step, facts, refresh)
        refused = self._refused(step, facts, refresh) if step.preview_for else None
        if refused:
            return refused
        if step.operation is Operation.DESTROY:
            return self._destroy(step, facts)
        return self._up(step, facts, refresh)

    def _destroy(self, step: Step, facts: RunFacts) -> StepOutcome:
        """Let the stack's buckets be deleted with what is in them, which only a destroy may, and delete everything."""
        if request := facts.emptying(step):
            report = self.engine.up(request, self.emit)
            if report.status is not EngineStatus.SUCCEEDED:
                return self._ended(step, report, Reason.DESTROYED)
        if self._stop.is_set():
            return _outcome(step, Result.INTERRUPTED, Reason.STOPPED)
        return self._ended(step, self.engine.destroy(facts.request(step), self.emit), Reason.DESTROYED)

    def _preview(self, step: Step, facts: RunFacts, refresh: bool) -> StepOutcome:
        report = self.engine.preview(facts.request(step, refresh=refresh), self.emit)
        self.emit(Previewed(step.stack.name, report.changes, report.resources))
        return self._ended(step, report, Reason.PREVIEWED)

    def _refused(self, step: Step, facts: RunFacts, refresh: bool) -> StepOutcome | None:
        self.emit(Progress(f"previewing first: {', '.join(step.preview_for)} asks for it", step.stack.name))
        look: Callable[..., EngineReport] = (
            self.engine.preview_destroy if step.operation is Operation.DESTROY else self.engine.preview
        )
        report = look(facts.request(step, refresh=refresh), self.emit)
        if report.status is not EngineStatus.SUCCEEDED:
            return self._ended(step, report, Reason.PREVIEWED)
        self.emit(Previewed(step.stack.name, report.changes, report.resources))
        asked = self.clock.now()
        refusal = None if self._stop.is_set() else self.gates.refusal(step, report)
        if self._stop.is_set():
            return _outcome(step, Result.INTERRUPTED, Reason.STOPPED)
        answer = refusal.reason if refusal else PASSED
        self.emit(Gated(step.stack.name, step.preview_for, answer, round(self.clock.now() - asked, 3)))
        if refusal is None:
            return None
        return _outcome(step, Result.REFUSED, refusal.reason, cause=refusal.cause, remedy=refusal.remedy)

    def _up(self, step: Step, facts: RunFacts, refresh: bool) -> StepOutcome:
        report = self.engine.up(facts.request(step, refresh=refresh), self.emit)
        outcome = self._ended(step, report, Reason.CHANGED if report.changes.total else Reason.UNCHANGED)
        if outcome.result is not Result.SUCCEEDED or step.stack.layer is not Layer.SERVICE:
            return outcome
        if self._stop.is_set():
            cause = "deployed, and stopped before its smoke test"
            return replace(outcome, result=Result.INTERRUPTED, reason=Reason.STOPPED, cause=cause)
        self.emit(SmokeTestStarted(step.stack.name, str(report.outputs.get("url", ""))))
        try:
            self.emit(smoke_test(self.prober, step.stack, report.outputs))
        except NotReadyError as error:
            return replace(
                outcome,
                result=Result.FAILED,
                reason=Reason.SMOKE_TEST_FAILED,
                cause=str(error),
                remedy=error.remedy or f"look at the function's log group in {step.stack.account}",
            )
        return outcome

    def _ended(self, step: Step, report: EngineReport, reason: Reason) -> StepOutcome:
        outcome = _outcome(step, Result.SUCCEEDED, reason, report=report)
        if report.status is EngineStatus.SUCCEEDED:
            return outcome
        if (
            reason is Reason.PREVIEWED
        ):  # a preview that did not come to its end has counted something, but changed nothing
            outcome = replace(outcome, changes=Changes(), resources=())
        if report.status is EngineStatus.INTERRUPTED or self._stop.is_set():
            return replace(outcome, result=Result.INTERRUPTED, reason=Reason.STOPPED, cause=report.failure)
        return replace(
            outcome, result=Result.FAILED, reason=Reason.ENGINE_FAILED, cause=report.failure, remedy=report.remedy
        )


def _not_entered(step: Step, barred: DeployError) -> StepOutcome:
    return _outcome(step, Result.FAILED, Reason.NOT_ENTERED, cause=str(barred), remedy=barred.remedy)


def _outcome(
    step: Step,
    result: Result,
    reason: Reason,
    *,
    report: EngineReport | None = None,
    cause: str = "",
    remedy: str = "",
) -> StepOutcome:
    report = report or EngineReport(EngineStatus.SUCCEEDED)
    return StepOutcome(
        step.stack.name,
        step.stack.account,
        result,
        reason,
        cause=cause,
        remedy=remedy,
        changes=report.changes,
        resources=report.resources,
        outputs=report.outputs,
    )
