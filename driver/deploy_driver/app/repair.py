"""The work of `deploy repair`: find out what became of operations that nobody saw end, mend the state, and deploy from there.

Repairer.repair     for one stack, in a run that goes on already: looks up, settles, writes the state through the engine
repair              the command: a run of its own round it, and afterwards an up from the cloud as it is
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.existing_resources import Presence
from deploy_driver.adapters.lookup import Lookup
from deploy_driver.app import program
from deploy_driver.app.console import Console, require_person
from deploy_driver.app.deploy import Options, RunContext, RunResult, require_reason, running, start_run
from deploy_driver.app.history import records_of
from deploy_driver.app.put_back import damaged, put_back
from deploy_driver.app.session import ADMINISTRATOR, JENKINS_DEPLOY, LocalProject, Session, new_run, start_session
from deploy_driver.errors import InterruptedRunError, NotReadyError, RefusedError, UsageError
from deploy_driver.plan.plan import Step, make_plan
from deploy_driver.plan.selection import select
from deploy_driver.record.catalogue import Fate, Progress, Reason, Result, Settled, StateSeen, Verb
from deploy_driver.record.stream import Envelope
from deploy_driver.repair.identity import Owner
from deploy_driver.repair.recorded import IN_FLIGHT, OnRecord, on_record
from deploy_driver.repair.settle import (
    NOT_THERE,
    UNDECIDED,
    Decisions,
    Entry,
    Settlement,
    Unfinished,
    listed_ids,
    mended,
    settle,
    unfinished,
)
from deploy_driver.repair.twice import made_twice
from deploy_driver.run.gates import FINISHING, TIMES, Overrides
from deploy_driver.run.outcome import RunOutcome, StepOutcome, ended
from deploy_driver.run.requests import RunFacts
from deploy_driver.values import EngineStatus, Layer, Operation, Stack, Urn

_RUNS = 10
"""Runs, the newest ones, whose records are asked for ids."""

_PASSES = 8
"""Looks at one stack: what was adopted says the ids of what belongs to it, so that the next look can ask for that."""


@dataclass(frozen=True)
class RepairOptions:
    """Which stack, and what a person knows: `adopt` are `URN=ID`, `drop` URNs. `allowed` may be deleted by the up that follows.

    `lock_timeout` is for how many seconds the stack is waited for while another run writes it, `reason` why something may be deleted.
    """

    stack: str
    adopt: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    yes: bool = False
    lock_timeout: float = 0
    reason: str = ""

    def decisions(self) -> Decisions:
        """What was said. Raises UsageError."""
        pairs = [said.rpartition("=") for said in self.adopt]
        for urn, equals, id_ in pairs:
            if not (equals and id_ and urn.startswith("urn:pulumi:")):
                raise UsageError(f"--adopt: got {urn + equals + id_!r}, expected URN=ID")
        return Decisions({urn: id_ for urn, _, id_ in pairs}, self.drop)


@dataclass(frozen=True)
class Found:
    """One look at a stack: its state, what may stand in the account without it, and what becomes of each."""

    content: bytes
    unfinished: Sequence[Unfinished]
    verdicts: Sequence[Settlement]

    @property
    def document(self) -> Mapping[str, Any]:
        """The state."""
        read: Mapping[str, Any] = json.loads(self.content)
        return read

    @property
    def mends(self) -> bool:
        """Whether the state is to be another one."""
        return any(one.operation for one in self.unfinished) or any(one.fate is Fate.ADOPTED for one in self.verdicts)


@dataclass(frozen=True)
class Repairer:
    """Repairs stacks in the run of `begun`, which holds whatever keeps others away from them. `yes`: nobody is asked."""

    begun: RunContext
    yes: bool
    said: Decisions = field(default_factory=Decisions)

    def repair(self, stack: Stack, facts: RunFacts) -> tuple[Settlement, ...]:
        """Settle what is unfinished, until nothing is. Nobody may write the state meanwhile; an up with a refresh has to follow.

        Raises RefusedError where a person has to decide, or says no: nothing is written then that was not shown before.
        """
        step = make_plan(Operation.PREVIEW, [stack], known=self.begun.session.config.stacks).steps[0]
        known = recorded(self.begun.session, stack.name)
        settled: dict[str, Settlement] = {}
        for _ in range(_PASSES):
            found = self._settled(step, facts, known)
            fresh = [verdict for verdict in found.verdicts if settled.get(verdict.urn) != verdict]
            for verdict in fresh:
                self.begun.run.stream(Settled(stack.name, verdict.urn, verdict.fate, verdict.id, verdict.why))
            settled |= {verdict.urn: verdict for verdict in found.verdicts}
            _require_decided(stack, found.verdicts)
            if not found.mends:
                break
            self._write(step, facts, found)
            if all(verdict.fate is not Fate.ADOPTED for verdict in found.verdicts):
                break
        return (*settled.values(), *self.delete_seconds(stack, known))

    def delete_seconds(self, stack: Stack, known: OnRecord) -> list[Settlement]:
        """Delete what runs have made twice, once it was shown. What else nobody needs stays, and the up names it."""
        session, run = self.begun.session, self.begun.run
        resources = session.state_store().resources(stack.name)
        owner = Owner(session.config.project, stack.name, listed_ids({"resources": resources}))
        seen = self._lookup(Operation.PREVIEW, stack, owner)
        made = [Unfinished(one) for one in resources if one["urn"] in known.making]
        seconds = [(one, twice) for one in made for twice in made_twice(one, seen.beside(one), known)]
        for _, twice in seconds:
            run.stream(Settled(stack.name, twice.urn, twice.fate, twice.id, twice.why))
        if not seconds:
            return []
        self._confirm(f"Delete this in {stack.account}?", "the answer was no; what was made twice is still there")
        run.deployer.leasing.require(begin=True)
        deleting = self._lookup(Operation.UP, stack, owner)
        for one, twice in seconds:
            deleting.delete(one, twice.id)
            run.stream(Settled(stack.name, twice.urn, Fate.DELETED, twice.id))
        return [twice for _, twice in seconds]

    def _lookup(self, operation: Operation, stack: Stack, owner: Owner) -> Lookup:
        """The stack's account, entered as the role that does this."""
        session = self.begun.session
        step = make_plan(operation, [stack], known=session.config.stacks).steps[0]
        return Lookup(Presence(session.enter(step), stack.account, stack.region), owner)

    def _confirm(self, question: str, otherwise: str) -> None:
        if not self.yes and not self.begun.run.prompt.confirm(question):
            raise RefusedError(otherwise)

    def _settled(self, step: Step, facts: RunFacts, known: OnRecord) -> Found:
        """The look, made once more where something is not there that a call may still be on its way to make."""
        found = self._look(step, facts, known)
        absent = any(one.fate is Fate.DROPPED and one.why == NOT_THERE for one in found.verdicts)
        clock, store = self.begun.run.deployer.clock, self.begun.session.state_store()
        left = store.written(step.stack.name) + IN_FLIGHT - clock.now() if absent else 0.0
        if left <= 0:
            return found
        self.begun.run.stream(
            Progress(f"waiting {left:.0f} s for calls that may still be on their way", step.stack.name)
        )
        clock.sleep(left)
        return self._look(step, facts, known)

    def _look(self, step: Step, facts: RunFacts, known: OnRecord) -> Found:
        stack, session = step.stack, self.begun.session
        store = session.state_store()
        content = store.read(stack.name)
        if content is None:
            raise NotReadyError(
                f"{stack.name} has no state, so nothing of it is unfinished",
                remedy=remedies.DEPLOY_STACK.of(stack=stack.name),
            )
        planned = self._planned(step, facts)
        latest = json.loads(content)["checkpoint"].get("latest") or {}
        found, ids = unfinished(latest, planned), listed_ids(latest)
        lookup = self._lookup(step.operation, stack, Owner(session.config.project, stack.name, ids))
        verdicts = []
        for one in found:
            verdict = settle(one, lookup.seen, ids=ids.get(one.type, ()), known=known, said=self.said)
            verdicts += [verdict] if verdict else []
            if verdict and verdict.fate is Fate.ADOPTED:  # what belongs to it comes next
                ids[one.type] = ids.get(one.type, frozenset()) | {verdict.id}
        return Found(content, found, verdicts)

    def _planned(self, step: Step, facts: RunFacts) -> Sequence[Entry]:
        """What the program wants to make. Where that cannot be seen, what the state says is pending can still be settled."""
        report, planned = self.begun.run.engine.planned(facts.request(step), self.begun.run.stream)
        if report.status is EngineStatus.INTERRUPTED:
            raise InterruptedRunError("stopped on request; the state is as it was")
        if report.status is EngineStatus.SUCCEEDED:
            return planned
        why = f"what is to be made cannot be seen, so only what the state says is looked up: {report.failure}"
        self.begun.run.stream(Progress(why, step.stack.name))
        return ()

    def _write(self, step: Step, facts: RunFacts, found: Found) -> None:
        name, run, store = step.stack.name, self.begun.run, self.begun.session.state_store()
        kept = store.mark(name)
        said = f"the state before it stays in the state bucket as version {kept.version or 'unknown'}"
        run.stream(Progress(said, name))
        self._confirm(f"Write this into the state of {name}?", "the answer was no; the state is as it was")
        if store.read(name) != found.content:
            raise NotReadyError(f"somebody has written the state of {name} meanwhile", remedy=remedies.SEE_OTHER_RUN)
        run.deployer.leasing.require(begin=True)
        run.stream(StateSeen(name, kept.digest, kept.version, before=True))
        run.engine.import_state(
            facts.request(step), mended(found.document, found.unfinished, found.verdicts), run.stream
        )
        kept = store.mark(name)
        run.stream(StateSeen(name, kept.digest, kept.version))


def recorded(session: Session, stack: str) -> OnRecord:
    """What the newest runs say of the stack, in this folder and in the state bucket."""
    known = records_of(session)

    def said(run: str) -> list[Envelope]:
        return [line for line in known.lines(run) if isinstance(line, Envelope)]

    return on_record(map(said, reversed(known.names[:_RUNS])), stack)


def _require_decided(stack: Stack, verdicts: Collection[Settlement]) -> None:
    open_ = [one for one in verdicts if one.fate in UNDECIDED]
    if not open_:
        return
    raise RefusedError(
        "a person has to say what became of this; the state is as it was",
        detail=[f"{one.urn}: {one.fate}: {one.why}" for one in open_],
        remedy=remedies.ADOPT_OR_DROP.of(account=stack.account),
    )


def _require_no_strangers(stack: Stack, verdicts: Collection[Settlement]) -> None:
    strangers = [one for one in verdicts if one.fate is Fate.STRANGER]
    if strangers:
        raise RefusedError(
            f"in {stack.account} stands something of another owner in the place of what the program makes",
            detail=[f"{Urn(one.urn).type} {one.id}: {one.why}" for one in strangers],
            remedy=remedies.OTHER_NAME_OR_TAGS,
        )


def repair(project: LocalProject, options: RepairOptions, console: Console) -> RunResult:
    """Repair the stack's state, then deploy it from the cloud as it is, through the gates of an up. Raises DeployError."""
    said = options.decisions()
    stack = select(project.config.stacks, [options.stack])[0]
    require_reason(project, Options(Operation.UP, allowed=options.allowed, reason=options.reason), [stack])
    program.check_settings(project.config, [stack])
    require_person(console.prompt, "repair", yes=options.yes)
    begun = _start(project, options, stack, console)
    with running(begun) as ending:
        if damaged(begun.session, stack):
            put_back(begun, stack, yes=options.yes)
        repaired = _repaired(begun, stack, Repairer(begun, options.yes, said))
        ending.code = repaired.exit_code()
        if ending.code:
            return RunResult(repaired, ending.code)
        plan = make_plan(Operation.UP, [stack], known=project.config.stacks)
        deployer = begun.run.deployer
        if any(step.reason is Reason.REPAIRED for step in repaired.steps):
            deployer = replace(deployer, overrides=Overrides(TIMES, FINISHING))
        outcome = deployer.run(plan, begun.run.facts, refresh=True)
        ending.code = outcome.exit_code()
    return RunResult(outcome, ending.code)


def _start(project: LocalProject, options: RepairOptions, stack: Stack, console: Console) -> RunContext:
    instance = ADMINISTRATOR if stack.layer is Layer.ACCESS else JENKINS_DEPLOY
    run = Options(
        Operation.PREVIEW,
        yes=options.yes,
        allowed=options.allowed,
        verb=Verb.REPAIR,
        writes=True,
        lock_timeout=options.lock_timeout,
        reason=options.reason,
    )
    return start_run(project, run, [stack], console, start_session(project, instance, new_run()))


def _repaired(begun: RunContext, stack: Stack, repairer: Repairer) -> RunOutcome:
    """Repair the stack while no other run writes it."""
    deployer = begun.run.deployer
    with deployer.leasing.holding(lambda: deployer.stopped) as holding:

        def do(known: RunFacts, step: Step) -> StepOutcome:
            holding.take([stack.name])
            holding.unlocked(stack.name)
            settled = repairer.repair(stack, known)
            _require_no_strangers(stack, settled)
            return ended(step, Result.SUCCEEDED, Reason.REPAIRED if settled else Reason.NOTHING_PENDING)

        return deployer.let_run(begun.plan, begun.run.facts, lambda known: partial(do, known))
