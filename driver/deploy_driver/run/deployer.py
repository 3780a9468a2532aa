"""The deployer: carries out a plan, which is to preview, deploy or destroy stacks.

    check everything                          nothing is touched before all of it passed, and every stack is ours alone
    for each step, as the runner lets it:
        preview, if a gate asks for one
        gates                                 each can refuse
        up | preview | destroy                the engine's report is the truth; a gate may refuse what a preview shows
        smoke test                            after an up of a service
        soak                                  of a ring: its smoke test and alarms, watched for a time

A preview touches nothing, so it goes on to the next stack when one fails, or cannot be entered.
"""

from __future__ import annotations

import re
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from deploy_driver import remedies
from deploy_driver.checkpoint import Judged
from deploy_driver.choices import OnFailure
from deploy_driver.errors import DeployError, InterruptedRunError, NotReadyError, RefusedError
from deploy_driver.lease import span
from deploy_driver.plan.loss import losses
from deploy_driver.plan.plan import Plan, Step
from deploy_driver.ports import Alarms, Clock, Emit, Engine, Prober
from deploy_driver.record.catalogue import (
    PASSED,
    CheckFailed,
    Gated,
    GateName,
    GateOverridden,
    NotSmokeTested,
    Previewed,
    Progress,
    Reason,
    Result,
    SmokeTested,
    SmokeTestStarted,
    Soaked,
    SoakStarted,
    StateSeen,
)
from deploy_driver.run.gates import FINISHING, TIMES, Gate, Overrides, Refusal, asking, closed_stack, without_approvals
from deploy_driver.run.leasing import Leasing
from deploy_driver.run.outcome import RunOutcome, StepOutcome, ended
from deploy_driver.run.preflight import Admission, Preflight
from deploy_driver.run.requests import RunFacts
from deploy_driver.run.runner import Do, Runner
from deploy_driver.run.state_check import States
from deploy_driver.values import (
    Changes,
    ChosenSmokeTest,
    CommandCheck,
    EngineReport,
    EngineStatus,
    HealthCheck,
    Layer,
    Operation,
    SmokeKind,
    Stack,
)
from deploy_project.remedy import all_of

Mend = Callable[[Step, RunFacts], object]
"""Finds out what became of operations that nobody saw end. Raises NotReadyError, and RefusedError where a person has to decide."""


def _stopped(outcome: StepOutcome, when: str) -> StepOutcome:
    cause = f"deployed, and stopped {when}"
    return replace(outcome, result=Result.INTERRUPTED, reason=Reason.STOPPED, cause=cause)


def _failed(outcome: StepOutcome, reason: Reason, cause: str, remedy: str) -> StepOutcome:
    return replace(outcome, result=Result.FAILED, reason=reason, cause=cause, remedy=remedy)


def chosen_smoke_test(stack: Stack, outputs: Mapping[str, Any]) -> ChosenSmokeTest:
    """How what was deployed is tested. Without an address there is nothing to ask, unless the settings say that there has to be."""
    check, url = stack.smoke, outputs.get("url")
    if check is None:
        return ChosenSmokeTest(SmokeKind.NONE, 'deploy.toml says smoke = "none"')
    if isinstance(check, CommandCheck):
        return ChosenSmokeTest(SmokeKind.COMMAND, shlex.join(check.arguments))
    if isinstance(url, str) and url:
        return ChosenSmokeTest(SmokeKind.HEALTH, url.rstrip("/") + check.path)
    if check.configured:
        return ChosenSmokeTest(SmokeKind.HEALTH, check.path)
    return ChosenSmokeTest(SmokeKind.NONE, "none is configured, and the stack has no output `url` to ask")


def smoke_test(
    prober: Prober, stack: Stack, outputs: Mapping[str, Any], stopped: Callable[[], bool]
) -> SmokeTested | NotSmokeTested:
    """Make the smoke test that is chosen, if one is. Raises NotReadyError when the service does not show that it works."""
    chosen, check, url = chosen_smoke_test(stack, outputs), stack.smoke, str(outputs.get("url", ""))
    if check is None or chosen.kind is SmokeKind.NONE:
        return NotSmokeTested(stack.name, chosen.asks)
    if isinstance(check, CommandCheck):
        last = prober.command(check, stack, outputs, stopped)
        says = "ended with exit code 0" + (f": {last}" if last else "")
        return SmokeTested(stack.name, url, "", "", chosen.kind, chosen.asks, says)
    if chosen.asks == check.path:
        raise NotReadyError(
            f"the stack has no output `url` to ask for {check.path}",
            remedy=remedies.EXPORT_URL,
        )
    expected = _expected(check, stack, outputs)
    prober.health(chosen.asks, partial(_wrong, check.status, expected), stack.smoke_timeout, stopped)
    facts = ", ".join(f"{key} {value}" for key, value in expected.items())
    says = f"answers {check.status}" + (f": {facts}" if facts else "")
    version, account = (str(expected.get(key, "")) for key in ("version", "account"))
    return SmokeTested(stack.name, url, version, account, chosen.kind, chosen.asks, says)


def _expected(check: HealthCheck, stack: Stack, outputs: Mapping[str, Any]) -> Mapping[str, str | int | bool]:
    """The fields that are expected, with what their placeholders stand for. Raises NotReadyError when that is not known."""
    known = {"stack": stack.name, "account": stack.account, "version": str(outputs.get("version", ""))}
    found: dict[str, str | int | bool] = {}
    for key, value in check.expect:
        if isinstance(value, str) and "{version}" in value and not known["version"]:
            raise NotReadyError(
                f"`{key}` is expected to be {value!r}, and the stack has no output `version`",
                remedy=remedies.EXPORT_VERSION.of(key=key),
            )
        found[key] = _PLACEHOLDER.sub(lambda name: known[name[1]], value) if isinstance(value, str) else value
    return found


_PLACEHOLDER = re.compile(r"\{(stack|account|version)\}")


def _wrong(expected_status: int, expected: Mapping[str, str | int | bool], status: int, answer: Any) -> str:
    """All that is wrong with an answer; empty when it is as expected. A number may be written as a text."""
    if status != expected_status:
        return f"its status is {status}, expected {expected_status}"
    if expected and not isinstance(answer, Mapping):
        return "the answer is no JSON object"
    return "; ".join(
        f"{key} is {repr(answer.get(key))[:_SHOWN]}, expected {value!r}"
        for key, value in expected.items()
        if not _same(answer.get(key), value)
    )


_SHOWN = 100
"""Characters of an answer's field that are shown."""


def _same(found: Any, expected: str | int | bool) -> bool:
    if isinstance(expected, str):
        return not isinstance(found, bool) and isinstance(found, str | int | float) and str(found) == expected
    return type(found) is type(expected) and bool(found == expected)


SOAK_PAUSE = 5.0
"""Seconds between two looks at what soaks."""

WENT_OFF = "ALARM"
"""The state of an alarm that has gone off, in CloudWatch's word."""

_SAID_EVERY = 60.0
"""Seconds after which it is said again how long it still soaks."""


@dataclass(frozen=True)
class Deployer:
    """Carries out plans through the ports. `gates` are asked in their order; `of_previews` about what a mere preview shows.

    `states` judges the states as they are now; None where no engine writes any. `orphans` says what carries a stack's tags in its
    account and is not in its state, or raises NotReadyError; None where nobody asks. `overrides` is what a person lifts,
    `approved` are the stacks of a plan that has its approvals. `alarms` are asked for what soaks.
    `on_record` sees to it that what was said so far is on record; it raises NotReadyError when it is not, and no step begins.
    """

    engine: Engine
    preflight: Preflight
    leasing: Leasing
    gates: tuple[Gate, ...]
    prober: Prober
    clock: Clock
    emit: Emit
    alarms: Alarms
    of_previews: tuple[Gate, ...] = ()
    states: Callable[[], States] | None = None
    on_record: Callable[[], None] = lambda: None
    orphans: Callable[[Stack], Sequence[str]] | None = None
    overrides: Overrides = field(default_factory=Overrides)
    approved: frozenset[str] = frozenset()
    _stop: threading.Event = field(default_factory=threading.Event)
    _overridden: dict[str, list[GateOverridden]] = field(default_factory=dict)

    def run(
        self,
        plan: Plan,
        facts: RunFacts,
        *,
        refresh: bool = False,
        workers: int = 1,
        on_failure: OnFailure = OnFailure.STOP,
    ) -> RunOutcome:
        """Check, then carry out every step, `workers` at a time. Raises NotReadyError when a check fails; a failed stack is an outcome.

        In a preview, so is a stack that cannot be entered. With `refresh`, an up or a preview starts from the cloud as it
        is, not as it was last deployed. Raises RefusedError while a stack is closed that would be changed.
        """
        self._require_open(plan)
        carry_out = self._carrying_out(plan.operation)
        return self.let_run(
            plan, facts, lambda known: partial(carry_out, known, refresh), workers=workers, on_failure=on_failure
        )

    def go_on(
        self, plan: Plan, facts: RunFacts, mend: Mend, *, refresh: bool, workers: int = 1, on_failure: OnFailure
    ) -> RunOutcome:
        """The same after a run that came to no good end. What is `unfinished` of it, or was put back, is mended right before its step.

        It starts from the cloud as it is then, not as it was last deployed. What is `unfinished` is ended also where its stack is
        closed by now.
        """
        if not any(step.unfinished for step in plan.steps):
            self._require_open(plan)
        carry_out = self._carrying_out(plan.operation)

        def do(known: RunFacts, step: Step) -> StepOutcome:
            if not step.looked_up:
                return carry_out(known, refresh, step)
            try:
                mend(step, known)
            except RefusedError as error:
                return ended(step, Result.REFUSED, Reason.STILL_PENDING, cause=str(error), remedy=error.remedy)
            return carry_out(known, True, step)

        return self.let_run(plan, facts, lambda known: partial(do, known), workers=workers, on_failure=on_failure)

    def _require_open(self, plan: Plan) -> None:
        """Raise RefusedError while a stack that the plan changes is closed, and nobody overrides that."""
        if plan.operation is Operation.PREVIEW:
            return
        now = self.clock.now()
        found = [(step.stack.name, one) for step in plan.steps for one in self._against(step.stack, now)]
        refused = [(name, one) for name, one in found if one.gate not in self.overrides.gates]
        for name, one in refused:
            self.emit(CheckFailed(str(one.gate or one.reason), one.cause, one.remedy, name))
        if refused:
            raise RefusedError(
                "not now; nothing was touched",
                detail=[f"{name}: {one.cause}" for name, one in refused],
                remedy=all_of(one.remedy for _, one in refused),
            )

    def _against(self, stack: Stack, now: float) -> Iterator[Refusal]:
        """What is to be said against changing the stack before anybody looks at how."""
        if stack.name not in self.approved:
            yield from without_approvals(stack)
        yield from closed_stack(stack, now)

    def _closed(self, step: Step) -> StepOutcome | None:
        """The step's end where its stack is closed by now; None where it may be changed."""
        overrides = Overrides(TIMES, FINISHING) if step.unfinished else self.overrides
        found = list(self._against(step.stack, self.clock.now()))
        refusal = next((one for one in found if one.gate not in overrides.gates), None)
        if refusal:
            return self._answered(ended(step, Result.REFUSED, refusal.reason), refusal)
        for one in found:
            self._lifts(overrides, step, one)
        return None

    def _lifts(self, overrides: Overrides, step: Step, refusal: Refusal) -> bool:
        """Whether a person overrides the refusal, which is then on record."""
        if refusal.gate is None or refusal.gate not in overrides.gates:
            return False
        event = GateOverridden(step.stack.name, refusal.gate, overrides.why, overrides.by)
        self._overridden.setdefault(step.stack.name, []).append(event)
        self.emit(event)
        return True

    def _carrying_out(self, operation: Operation) -> Callable[[RunFacts, bool, Step], StepOutcome]:
        return {Operation.PREVIEW: self._preview, Operation.UP: self._up, Operation.DESTROY: self._destroy}[operation]

    def let_run(
        self,
        plan: Plan,
        facts: RunFacts,
        work: Callable[[RunFacts], Do],
        *,
        workers: int = 1,
        on_failure: OnFailure = OnFailure.STOP,
    ) -> RunOutcome:
        """Check, then let the runner do the `work` with every step; it is made of the facts that the checks found."""
        started = self.clock.now()
        if plan.operation is Operation.PREVIEW:
            steps = self._let(
                plan, facts, work, self.preflight.admit(plan, facts), workers=workers, on_failure=OnFailure.CONTINUE
            )
        else:
            with self.leasing.holding(self._stop.is_set) as holding:
                admitted = self.preflight.require(plan, facts, holding)
                for name, state in admitted.states.items():
                    self.emit(StateSeen(name, state.digest))
                steps = self._let(plan, facts, work, admitted, workers=workers, on_failure=on_failure)
        return RunOutcome(facts.run, plan.operation, steps, self.clock.now() - started)

    def _let(
        self,
        plan: Plan,
        facts: RunFacts,
        work: Callable[[RunFacts], Do],
        admitted: Admission,
        *,
        workers: int,
        on_failure: OnFailure,
    ) -> tuple[StepOutcome, ...]:
        if self.stopped:
            raise InterruptedRunError("stopped on request; nothing was touched")
        self.on_record()
        do = work(replace(facts, sessions=admitted.sessions, machine=admitted.machine))
        runner = Runner(
            partial(self._entered, do, admitted.barred), on_failure, self.clock, self.emit, self._stop.is_set, workers
        )
        states = {step.stack.name: admitted.states.get(step.stack.name, Judged()) for step in plan.steps}
        steps = runner.run([replace(step, existing=states[step.stack.name].resources) for step in plan.steps])
        return tuple(
            step
            if step.result is Result.NOT_RUN
            else replace(
                step,
                session=admitted.sessions.get(step.stack),
                overridden=tuple(self._overridden.get(step.stack, ())),
            )
            for step in steps
        )

    def _entered(self, do: Do, barred: Mapping[str, DeployError], step: Step) -> StepOutcome:
        """Do the step, unless its account could not be entered, or nobody would know of it."""
        if error := barred.get(step.stack.name):
            return ended(step, Result.FAILED, Reason.NOT_ENTERED, cause=str(error), remedy=error.remedy)
        try:
            self.on_record()
        except NotReadyError as unknown:
            return ended(step, Result.FAILED, Reason.NOT_ON_RECORD, cause=str(unknown), remedy=unknown.remedy)
        return do(step)

    def interrupt(self) -> None:
        """Stop: the running engine call ends cleanly, no further step begins. Callable from a signal handler or another thread."""
        self._stop.set()
        self.engine.interrupt()

    @property
    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    def _preview(self, facts: RunFacts, refresh: bool, step: Step) -> StepOutcome:
        report = self.engine.preview(facts.request(step, refresh=refresh), self.emit)
        if report.status is EngineStatus.SUCCEEDED:
            self.emit(Previewed(step.stack.name, report.changes, report.resources))
        outcome = self.ended(step, report, Reason.PREVIEWED)
        refusal = self._refusal(self.of_previews, step, report) if outcome.result is Result.SUCCEEDED else None
        return self._answered(replace(outcome, result=Result.FAILED), refusal) if refusal else outcome

    def _up(self, facts: RunFacts, refresh: bool, step: Step) -> StepOutcome:
        self.leasing.require()
        if refused := self._closed(step) or self._refused(facts, refresh, step):
            return refused
        self.leasing.require(begin=True)
        report = self.engine.up(facts.request(step, refresh=refresh), self.emit)
        outcome = self._known(
            step, self.ended(step, report, Reason.CHANGED if report.changes.total else Reason.UNCHANGED)
        )
        if outcome.result is not Result.SUCCEEDED or step.stack.layer is not Layer.SERVICE:
            return outcome
        if self.stopped:
            return _stopped(outcome, "before its smoke test")
        outcome = self._smoke_tested(step, outcome)
        outcome = self._alone(step, outcome) if refresh or outcome.changes.total else outcome
        return self._soaked(step, outcome)

    def _alone(self, step: Step, outcome: StepOutcome) -> StepOutcome:
        """The same, unless the account has something of the stack's that its state does not list."""
        if outcome.result is not Result.SUCCEEDED or self.orphans is None:
            return outcome
        stack = step.stack
        try:
            found = self.orphans(stack)
        except NotReadyError as error:
            self.emit(Progress(f"whether anything is left over cannot be told: {error}", stack.name))
            return outcome
        if not found:
            return outcome
        done, remedy = "destroyed, and its account still has something of this stack", remedies.LEFT_BY_DESTROY
        if step.operation is Operation.UP:
            done, remedy = "deployed, and its account has more of this stack than its state lists", remedies.LEFT_BY_UP
        cause = "\n  ".join([done, *found])
        return _failed(outcome, Reason.LEFT_OVER, cause, remedy.of(stack=stack.name))

    def _smoke_tested(self, step: Step, outcome: StepOutcome) -> StepOutcome:
        """The end of a step that has deployed a service, once that has shown that it works."""
        stack, outputs = step.stack, outcome.outputs
        chosen = chosen_smoke_test(stack, outputs)
        outcome = replace(outcome, smoke_test=chosen)
        if chosen.kind is not SmokeKind.NONE:
            self.emit(SmokeTestStarted(stack.name, str(outputs.get("url", "")), chosen.kind, chosen.asks))
        return self._asked(stack, outcome, self.emit)

    def _asked(self, stack: Stack, outcome: StepOutcome, say: Emit) -> StepOutcome:
        """The same, unless its smoke test fails now, or somebody stops it."""
        try:
            say(smoke_test(self.prober, stack, outcome.outputs, self._stop.is_set))
        except NotReadyError as error:
            if self.stopped:
                return _stopped(outcome, "during its smoke test")
            remedy = error.remedy or remedies.SERVICE_LOGS.of(account=stack.account)
            return _failed(outcome, Reason.SMOKE_TEST_FAILED, str(error), remedy)
        return outcome

    def _soaked(self, step: Step, outcome: StepOutcome) -> StepOutcome:
        """The same, once what was deployed has been watched as its ring says. Where nothing was, its alarms are read once."""
        stack, soak = step.stack, step.stack.soak
        if soak is None or outcome.result is not Result.SUCCEEDED:
            return outcome
        watched = bool(outcome.changes.total or step.unfinished)
        if watched:
            self.emit(SoakStarted(stack.name, soak.seconds, soak.alarms))
        end = self.clock.now() + (soak.seconds if watched else 0)
        say_next = self.clock.now() + _SAID_EVERY
        while (outcome := self._without_alarm(stack, outcome)).result is Result.SUCCEEDED:
            now = self.clock.now()
            if now >= end:
                break
            if self.stopped:
                return _stopped(outcome, "while it soaked")
            if now >= say_next:
                self.emit(Progress(f"soak: {span(end - now)} left", stack.name))
                say_next = now + _SAID_EVERY
            self.clock.sleep(min(SOAK_PAUSE, end - now))
            outcome = self._asked(stack, outcome, lambda _: None)
        if watched and outcome.result is Result.SUCCEEDED:
            self.emit(Soaked(stack.name, soak.seconds))
        return outcome

    def _without_alarm(self, stack: Stack, outcome: StepOutcome) -> StepOutcome:
        """The same, unless an alarm that is watched has gone off, is not there, or cannot be read."""
        for name in stack.soak.alarms if stack.soak and outcome.result is Result.SUCCEEDED else ():
            try:
                found = self.alarms.read(stack, name)
            except NotReadyError as error:
                return _failed(outcome, Reason.ALARM, str(error), error.remedy)
            if found is None:
                cause = f"deployed, and there is no alarm {name} in {stack.account}, {stack.region}"
                return _failed(outcome, Reason.ALARM, cause, remedies.NAME_ALARM.of(stack=stack.name))
            if found.state == WENT_OFF:
                cause = f"deployed, and the alarm {name} has gone off: {found.reason or 'AWS says no reason'}"
                return _failed(outcome, Reason.ALARM, cause, remedies.ALARM_WENT_OFF.of(stack=stack.name))
        return outcome

    def _destroy(self, facts: RunFacts, refresh: bool, step: Step) -> StepOutcome:
        """Let the stack's buckets be deleted with what is in them, which only a destroy may, and delete everything."""
        if lost := losses(step.existing):
            self.emit(Progress(f"what is in it is deleted for good: {lost}", step.stack.name))
        self.leasing.require()
        if refused := self._closed(step) or self._refused(facts, refresh, step):
            return refused
        self.leasing.require(begin=True)
        if request := facts.emptying(step, refresh=refresh):
            report = self.engine.up(request, self.emit)
            if report.status is not EngineStatus.SUCCEEDED:
                return self.ended(step, report, Reason.DESTROYED)
        if self.stopped:
            return ended(step, Result.INTERRUPTED, Reason.STOPPED)
        self.leasing.require()
        report = self.engine.destroy(facts.request(step, refresh=refresh), self.emit)
        outcome = self._known(step, self.ended(step, report, Reason.DESTROYED))
        return self._alone(step, outcome) if step.stack.layer is Layer.SERVICE else outcome

    def _known(self, step: Step, outcome: StepOutcome) -> StepOutcome:
        """The same, unless the engine has succeeded and yet nobody knows what came of something that was being made."""
        if outcome.result is not Result.SUCCEEDED or self.states is None:
            return outcome
        try:
            self.states().require_known(step.stack)
        except NotReadyError as error:
            return _failed(outcome, Reason.STILL_PENDING, str(error), error.remedy)
        return outcome

    def _refused(self, facts: RunFacts, refresh: bool, step: Step) -> StepOutcome | None:
        """The step's end where a gate refuses what its preview shows; None when it may go on, or no gate wants to see one."""
        asked = asking(self.gates, step)
        if not asked:
            return None
        self.emit(Progress(f"previewing first: {', '.join(asked)} asks for it", step.stack.name))
        preview = self.engine.preview_destroy if step.operation is Operation.DESTROY else self.engine.preview
        report = preview(facts.request(step, refresh=refresh), self.emit)
        if report.status is not EngineStatus.SUCCEEDED:
            return self.ended(step, report, Reason.PREVIEWED)
        self.emit(Previewed(step.stack.name, report.changes, report.resources))
        return self._judged(step, report, asked)

    def _judged(self, step: Step, report: EngineReport, asked: tuple[GateName, ...]) -> StepOutcome | None:
        began = self.clock.now()
        refusal = None if self.stopped else self._refusal(self.gates, step, report)
        if self.stopped:
            return ended(step, Result.INTERRUPTED, Reason.STOPPED)
        answer = refusal.reason if refusal else PASSED
        self.emit(Gated(step.stack.name, asked, answer, round(self.clock.now() - began, 3)))
        if refusal is None:
            return None
        return self._answered(ended(step, Result.REFUSED, refusal.reason), refusal)

    def _refusal(self, gates: tuple[Gate, ...], step: Step, report: EngineReport) -> Refusal | None:
        refusals = (refusal for gate in gates if (refusal := gate.refusal(step, report)))
        return next((refusal for refusal in refusals if not self._lifts(self.overrides, step, refusal)), None)

    def _answered(self, outcome: StepOutcome, refusal: Refusal) -> StepOutcome:
        return replace(
            outcome, reason=refusal.reason, cause=refusal.cause, remedy=refusal.remedy, missing=refusal.missing
        )

    def ended(self, step: Step, report: EngineReport, reason: Reason) -> StepOutcome:
        """The step's end as the engine reports it; `reason` is why it succeeded, if it did."""
        outcome = ended(step, Result.SUCCEEDED, reason, report=report)
        if report.status is EngineStatus.SUCCEEDED:
            return outcome
        if reason is Reason.PREVIEWED:  # one that did not come to its end has counted something, but changed nothing
            outcome = replace(outcome, changes=Changes(), resources=())
        if report.status is EngineStatus.REFUSED:
            result, reason = Result.REFUSED, Reason.OTHER_PACKAGE
            return replace(outcome, result=result, reason=reason, cause=report.failure, remedy=report.remedy)
        if report.status is EngineStatus.INTERRUPTED or self.stopped:
            return replace(outcome, result=Result.INTERRUPTED, reason=Reason.STOPPED, cause=report.failure)
        reason = Reason.BUSY if report.status is EngineStatus.BUSY else Reason.ENGINE_FAILED
        return replace(outcome, result=Result.FAILED, reason=reason, cause=report.failure, remedy=report.remedy)
