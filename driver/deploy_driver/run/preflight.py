"""Looks at everything a run depends on before anything is touched, and reports all that is wrong at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from deploy_driver import remedies
from deploy_driver.checkpoint import Judged
from deploy_driver.errors import DeployError, InterruptedRunError, NotReadyError, RefusedError
from deploy_driver.lease import span
from deploy_driver.plan.plan import Plan, Step
from deploy_driver.ports import Clock, Emit, Identity, StateStore
from deploy_driver.record.catalogue import CheckFailed, CheckPassed, CheckStarted, Diagnostic, SessionNegotiated
from deploy_driver.run.requests import RunFacts
from deploy_driver.run.state_check import States, pending
from deploy_driver.values import Caller, Operation, SessionLength
from deploy_project.remedy import all_of


@dataclass(frozen=True)
class Passed:
    """The fact that a check found: who AWS says we are, where it asked that; of a state what is in it."""

    fact: str
    caller: Caller | None = None
    state: Judged | None = None


@dataclass(frozen=True)
class Check:
    """One question. `ask` says what it found, or raises DeployError."""

    name: str
    ask: Callable[[], Passed]
    stack: str = ""


_TOLERATED = 120
"""Seconds by which the clock may be wrong. AWS itself refuses at 300 (IAM User Guide, "Signature Version 4", troubleshooting)."""

_MARGIN = 60
"""Seconds that a run takes beside its engines."""

_ROOM = 64 << 20
"""Bytes that must be free for the record, and for what the engine says and packs: a hundred times of what a small run takes."""

Answers = list[tuple[Check, Passed | DeployError]]


@dataclass(frozen=True)
class Admission:
    """Who we are, how long each stack's session lasts, each judged state that there is, and what bars stacks from being previewed."""

    machine: str
    sessions: Mapping[str, SessionLength]
    states: Mapping[str, Judged]
    barred: Mapping[str, DeployError]


class Writers(Protocol):
    """What keeps two runs from writing one stack. Every method says what it found, or raises BusyError."""

    def take(self, stacks: Sequence[str]) -> str:
        """Let this run be the only one that writes these stacks."""

    def unlocked(self, stack: str) -> str:
        """See that no engine is at work on the stack."""


@dataclass(frozen=True)
class Preflight:
    """The checks of a run: who we are, the backend, and for every stack its role, its account, its lock and its state.

    `state` is None before the backend has been made. `room` is how many bytes may still be written where the run is recorded;
    None where none is kept.
    """

    identity: Identity
    state: StateStore | None
    emit: Emit
    clock: Clock
    room: Callable[[], int] | None = None

    def require(self, plan: Plan, facts: RunFacts, writers: Writers | None = None) -> Admission:
        """Let the plan begin. Raise NotReadyError with every failed check, RefusedError when a stack still carries others.

        Nothing has been touched then. The stacks are taken through `writers`, and no engine is at work on them any more, before
        their states are judged: what an engine is about to write is neither right nor wrong.
        """
        known = self._asked([Check("identity", partial(self._caller, facts)), *self._room_checks()])
        _require_none(_failures(known))
        answers = self._asked([*self._backend_checks(plan)])
        if not _failures(answers):
            answers += self._asked([*self._session_checks(plan, facts, _machine(known))])
        if writers and not _failures(answers):
            answers += self._asked([Check("lease", partial(_taken, writers, plan))])
        free = writers if not _failures(answers) else None
        answers += self._asked([*self._role_checks(plan, facts), *self._lock_checks(plan, free)])
        written = {check.stack for check, _ in _failures(answers) if check.name == "lock"}
        still = [step for step in plan.steps if not writers or (free and step.stack.name not in written)]
        answers += self._asked([*self._state_checks(still, facts)])
        _require_none(_failures(answers))
        if self.state:
            _refuse_what_carries(plan, self.state)
        return _admission(_machine(known), answers)

    def admit(self, plan: Plan, facts: RunFacts) -> Admission:
        """Like `require`, for what only looks: a stack that cannot be entered or read is named, and keeps no other from being looked at.

        Raises NotReadyError when nothing can be looked at: it is not known who we are, or there is no state.
        """
        known = self._asked([Check("identity", partial(self._caller, facts))])
        _require_none(_failures(known))
        _require_none(_failures(self._asked([*self._backend_checks(plan)])))
        answers = self._asked([*self._role_checks(plan, facts), *self._state_checks(plan.steps, facts)])
        return _admission(_machine(known), answers)

    def _room_checks(self) -> Iterator[Check]:
        if self.room:
            yield Check("disk", partial(_roomy, self.room))

    def _session_checks(self, plan: Plan, facts: RunFacts, me: Caller) -> Iterator[Check]:
        if self.state:
            yield Check("session", partial(self._outlasts, plan, facts, me, self.state))

    def _outlasts(self, plan: Plan, facts: RunFacts, me: Caller, state: StateStore) -> Passed:
        """Hold what the stacks took last time against the sessions. One of a role is renewed by whoever can still enter it."""
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="history") as pool:
            took = dict(zip(plan.stacks, pool.map(state.took, plan.stacks), strict=True))
        for step in plan.steps:
            entrance, last = step.entrance(facts.session_name(step)), took[step.stack.name]
            if entrance.role_arn and last > entrance.duration:
                said = f"it took {span(last)} last time, and a session of its role lasts {span(entrance.duration)}"
                self.emit(Diagnostic(step.stack.name, "warning", f"{said}: it is renewed in the middle"))
        if me.ends is None:
            return Passed("this machine's credentials are renewed by themselves, or do not say when they end")
        soaks = sum(
            step.stack.soak.seconds for step in plan.steps if step.stack.soak and step.operation is Operation.UP
        )
        left, needed = me.ends - self.clock.now(), sum(took.values()) + soaks
        said = f"these stacks took {span(sum(took.values()))} last time" + (
            f", and soak for {span(soaks)}" if soaks else ""
        )
        if left < needed + _MARGIN:
            raise NotReadyError(
                f"the credentials of {me.arn} end in {span(left)}, and nothing renews them; {said}",
                remedy=remedies.LONGER_GIVEN_CREDENTIALS,
            )
        return Passed(f"{span(left)} are left of this machine's credentials; {said}")

    def _role_checks(self, plan: Plan, facts: RunFacts) -> Iterator[Check]:
        for step in plan.steps:
            yield Check("role", partial(self._enter, step, facts), step.stack.name)

    def _state_checks(self, steps: Sequence[Step], facts: RunFacts) -> Iterator[Check]:
        if self.state:
            for step in steps:
                yield Check("state", partial(_fit, States(self.state, facts.project), step), step.stack.name)

    def _lock_checks(self, plan: Plan, writers: Writers | None) -> Iterator[Check]:
        if writers:
            for step in plan.steps:
                yield Check("lock", partial(_unlocked, writers, step), step.stack.name)

    def _asked(self, checks: Sequence[Check]) -> Answers:
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="preflight") as pool:
            return list(zip(checks, pool.map(self._answer, checks), strict=True))

    def _answer(self, check: Check) -> Passed | DeployError:
        self.emit(CheckStarted(check.name, check.stack))
        try:
            passed = check.ask()
        except DeployError as error:
            self.emit(CheckFailed(check.name, str(error), error.remedy, check.stack))
            return error
        account, arn = (passed.caller.account, passed.caller.arn) if passed.caller else ("", "")
        self.emit(CheckPassed(check.name, passed.fact, check.stack, account, arn))
        return passed

    def _caller(self, facts: RunFacts) -> Passed:
        caller = self.identity.caller()
        if caller.account != facts.account:
            raise NotReadyError(
                f"we are {caller.arn} in account {caller.account}, expected account {facts.account} (tools)",
                remedy=remedies.RUN_AS_JENKINS,
            )
        if abs(caller.ahead) > _TOLERATED:
            behind = "behind" if caller.ahead > 0 else "ahead of"
            raise NotReadyError(
                f"this machine's clock is {span(abs(caller.ahead))} {behind} AWS's, which refuses what was signed more than 5 min off",
                remedy=remedies.SET_CLOCK,
            )
        return Passed(caller.arn, caller)

    def _backend_checks(self, plan: Plan) -> Iterator[Check]:
        if self.state:
            yield Check("state", partial(_usable, self.state, plan))

    def _enter(self, step: Step, facts: RunFacts) -> Passed:
        entrance = step.entrance(facts.session_name(step))
        caller = self.identity.assume(entrance, step.stack.region) if entrance.role_arn else self.identity.caller()
        if caller.account != step.stack.account:
            raise NotReadyError(
                f"{entrance.role_arn or caller.arn} is in account {caller.account}, "
                f"but {step.stack.file.name} says deploy:account is {step.stack.account}",
                remedy=remedies.CORRECT_ACCOUNT_OR_ROLE,
            )
        if caller.session:
            self.emit(
                SessionNegotiated(step.stack.name, caller.session.asked, caller.session.got, caller.session.why.value)
            )
        return Passed(f"{caller.arn} in {caller.account}", caller)


def _machine(answers: Answers) -> Caller:
    """Who we are, as one of the answers says."""
    return next(answer.caller for _, answer in answers if isinstance(answer, Passed) and answer.caller)


def _admission(machine: Caller, answers: Answers) -> Admission:
    passed = [(check.stack, answer) for check, answer in answers if isinstance(answer, Passed)]
    return Admission(
        machine.arn,
        {stack: answer.caller.session for stack, answer in passed if stack and answer.caller and answer.caller.session},
        {stack: answer.state for stack, answer in passed if answer.state},
        {check.stack: error for check, error in _failures(answers)},
    )


def _failures(answers: Answers) -> list[tuple[Check, DeployError]]:
    return [(check, answer) for check, answer in answers if isinstance(answer, DeployError)]


def _require_none(failures: Sequence[tuple[Check, DeployError]]) -> None:
    for _, error in failures:
        if isinstance(error, InterruptedRunError):  # somebody stopped it while it waited
            raise error
    if failures:
        raise NotReadyError(
            f"{len(failures)} {'check' if len(failures) == 1 else 'checks'} failed; nothing was touched",
            detail=[_line(check, error) for check, error in failures],
            remedy=all_of(error.remedy for _, error in failures),
        )


def _roomy(room: Callable[[], int]) -> Passed:
    free = room()
    if free < _ROOM:
        raise NotReadyError(
            f"only {free >> 20} MiB can still be written in .deploy/runs, where the run is recorded; {_ROOM >> 20} are needed",
            remedy=remedies.ROOM_FOR_RUNS,
        )
    return Passed(f"{free >> 20} MiB are free for the run's record")


def _usable(state: StateStore, plan: Plan) -> Passed:
    state.check(plan.stacks)
    return Passed("state bucket and key can be used")


def _fit(states: States, step: Step) -> Passed:
    judged = states.require(step.stack)
    if judged is None:
        return Passed("there is none yet")
    if judged.pending and step.operation is not Operation.PREVIEW and not step.looked_up:
        raise pending(step.stack.name, judged)
    unknown = f"; of {len(judged.pending)} more nobody knows whether they were made" if judged.pending else ""
    return Passed(f"is this stack's and whole, {len(judged.resources)} resources{unknown}", state=judged)


def _taken(writers: Writers, plan: Plan) -> Passed:
    return Passed(writers.take(plan.stacks))


def _unlocked(writers: Writers, step: Step) -> Passed:
    return Passed(writers.unlocked(step.stack.name))


def _refuse_what_carries(plan: Plan, state: StateStore) -> None:
    existing = {step.stack.name: [name for name in step.carries if state.exists(name)] for step in plan.steps}
    detail = [f"{name} carries {', '.join(others)}" for name, others in existing.items() if others]
    if detail:
        others = ",".join(dict.fromkeys(other for names in existing.values() for other in names))
        raise RefusedError(
            "an access layer goes last: without it what it carries could not be entered any more, not even to delete it",
            detail=detail,
            remedy=remedies.DESTROY_FIRST.of(stacks=others),
        )


def _line(check: Check, error: DeployError) -> str:
    place = f"{check.stack}: {check.name}" if check.stack else check.name
    return f"{place}: {error}".replace("\n", "\n  ")
