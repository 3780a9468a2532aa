"""The work of `deploy drift`: look, leave out what rules say, ask who did it, keep the ledger, put back what may be put back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from deploy_driver import remedies
from deploy_driver.adapters import work_tree as commit
from deploy_driver.adapters.drift_ledger import read_ledger, require_ledger, write_ledger
from deploy_driver.adapters.existing_resources import Presence
from deploy_driver.adapters.git import Git
from deploy_driver.adapters.state import Deployed
from deploy_driver.adapters.trail import HistoryTrail
from deploy_driver.adapters.work_tree import WorkTree
from deploy_driver.app import program
from deploy_driver.app.console import Console
from deploy_driver.app.deploy import Options, RunContext, choose, require_reason, running, start_run
from deploy_driver.app.session import (
    ADMINISTRATOR,
    JENKINS_DEPLOY,
    JENKINS_PREVIEW,
    LocalProject,
    left_over,
    new_run,
    start_session,
)
from deploy_driver.bundle.model import ABSENT
from deploy_driver.choices import Overridable
from deploy_driver.config.model import DeployConfig
from deploy_driver.drift.attribution import Write, events_of, last_write
from deploy_driver.drift.fix import fix_of, fixed
from deploy_driver.drift.ignore import ScanScope, sort
from deploy_driver.drift.ledger import after
from deploy_driver.drift.report import DriftReport, LeftOver, drifted_events
from deploy_driver.drift.scan import DriftScan, StackDrift, classify_missing, has_missing, without_missing
from deploy_driver.errors import DeployError, InterruptedRunError, NotReadyError, RefusedError
from deploy_driver.plan.plan import Plan, Step, make_plan
from deploy_driver.record.catalogue import Moved
from deploy_driver.values import Layer, Operation, Stack

HISTORY = 90 * 24 * 3600
"""Seconds that CloudTrail's event history goes back (CloudTrail User Guide, "Working with CloudTrail event history")."""


@dataclass(frozen=True)
class DriftOptions:
    """How drift is looked for, in which stacks.

    `parallel` stacks at a time. `ledger` is the file that keeps what is new and what is old; otherwise the project's own.
    `differs` asks for exit code 5. `fix` puts back what the cloud alone has otherwise, and `allowed` may be deleted for it;
    `lock_timeout` is for how many seconds a stack is waited for that another run writes. `overrides` are gates at which putting back
    does not stop, for the `reason`.
    """

    stacks: str | None = None
    all_stacks: bool = False
    parallel: int = 4
    ledger: Path | None = None
    differs: bool = False
    fix: bool = False
    allowed: tuple[str, ...] = ()
    yes: bool = False
    lock_timeout: float = 0
    overrides: tuple[Overridable, ...] = ()
    reason: str = ""


def scan(begun: RunContext, parallel: int, ledger: Path) -> DriftReport:
    """Look at every stack of the plan. Raises NotReadyError when there is nowhere to look from."""
    run, config = begun.run, begun.session.config
    require_ledger(ledger)
    stacks = DriftScan(run.deployer, run.engine, partial(_recheck, begun)).run(begun.plan, run.facts, workers=parallel)
    writers = _last_writers(begun, stacks)
    if run.deployer.stopped:
        raise InterruptedRunError("stopped on request; nothing was touched, and the ledger is as it was")
    now = datetime.fromtimestamp(run.deployer.clock.now(), UTC)
    scope = _scope(config, begun, stacks)
    found = sort((finding for one in stacks for finding in one.findings), config.drift_ignore, scope, now.date())
    moment = now.isoformat(timespec="seconds")
    before = read_ledger(ledger)
    entries = after(before, found, scope.scanned, moment)
    write_ledger(ledger, entries)
    left, untold = _left(begun)
    found = replace(found, warnings=(*found.warnings, *writers.unread, *untold))
    report = DriftReport(run.facts.run, moment, stacks, found, writers.writes, entries, first=not before, left=left)
    for event in drifted_events(report):
        run.stream(event)
    return report


def _left(begun: RunContext) -> tuple[tuple[LeftOver, ...], tuple[str, ...]]:
    """What of the stacks is in no state, or nobody knows the outcome of; and where that cannot be told, one line each."""

    def look(step: Step) -> tuple[Sequence[LeftOver], list[str]]:
        name = step.stack.name
        try:
            left, unsure = left_over(begun.session, step.stack)
        except NotReadyError as error:
            return (), [f"{name}: whether anything is left over cannot be told: {error}"]
        return left, [
            f"{name}: {arn} carries this stack's tags and is in no state, if it is still there" for arn in unsure
        ]

    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="left") as pool:
        found = list(pool.map(look, begun.plan.steps))
    return tuple(one for left, _ in found for one in left), tuple(line for _, lines in found for line in lines)


def _scope(config: DeployConfig, begun: RunContext, stacks: Iterable[StackDrift]) -> ScanScope:
    layer = begun.plan.steps[0].stack.layer
    return ScanScope(
        frozenset(stack.name for stack in config.stacks),
        frozenset(stack.name for stack in config.layer(layer)),
        frozenset(one.stack for one in stacks if not one.failure),
    )


def _recheck(begun: RunContext, step: Step, drift: StackDrift) -> StackDrift:
    """The same, where what was not made by us and is there all the same is told from what is only not made yet."""
    if not has_missing(drift):
        return drift
    try:
        aws = begun.session.enter(step)
    except NotReadyError as error:
        return without_missing(drift, error)
    return classify_missing(drift, Presence(aws, step.stack.account, step.stack.region).stands)


@dataclass(frozen=True)
class _LastWriters:
    """What the trails tell: by URN who wrote last, and of which trails nobody knows what they say."""

    writes: Mapping[str, Write]
    unread: tuple[str, ...] = ()


def _last_writers(begun: RunContext, stacks: Sequence[StackDrift]) -> _LastWriters:
    """Who wrote last to what the cloud has otherwise. A trail that cannot be read keeps no other from it."""
    by_stack = {step.stack.name: step for step in begun.plan.steps}
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="trail") as pool:
        found = tuple(pool.map(lambda one: _writers_of(begun, by_stack[one.stack], one), stacks))
    writes = {urn: write for each in found for urn, write in each.writes.items()}
    return _LastWriters(writes, tuple(line for each in found for line in each.unread))


def _writers_of(begun: RunContext, step: Step, drift: StackDrift) -> _LastWriters:
    try:
        return _LastWriters(dict(_writes(begun, step, drift)))
    except NotReadyError as error:
        return _LastWriters({}, (f"{drift.stack}: nobody can say who did it: {error}",))


def _writes(begun: RunContext, step: Step, drift: StackDrift) -> Iterator[tuple[str, Write]]:
    drifted = {finding.urn: finding.type for finding in drift.findings if finding.moved is not Moved.CODE}
    if not drifted:
        return
    stack = step.stack
    session = begun.session
    deployed = session.state_store().written(stack.name)
    trail = HistoryTrail(session.enter(step), stack.account, stack.region)
    now = begun.run.deployer.clock.now()
    events = dict.fromkeys(event for type_ in drifted.values() for event in events_of(type_))
    records = {event: list(trail.find("EventName", event, now - HISTORY, now + 60)) for event in events}
    for urn, type_ in drifted.items():
        write = last_write(
            drift.states[urn], type_, (raw for event in events_of(type_) for raw in records[event]), deployed
        )
        if write:
            yield urn, write


@dataclass(frozen=True)
class DriftResult:
    """What a run came to: the report, the exit code, and why nothing was put back, where that was refused."""

    report: DriftReport
    code: int
    refused: DeployError | None = None


def detect_drift(project: LocalProject, options: DriftOptions, console: Console) -> DriftResult:
    """Look, and put back where that is asked for; a refusal keeps nobody from seeing what was seen."""
    chosen = choose(project.config, options.stacks, all_stacks=options.all_stacks)
    program.check_settings(project.config, chosen)
    ledger = options.ledger or project.config.kept / "drift" / "ledger.json"
    begun = _start(project, options, chosen, console)
    fixer = Fixer(begun, project.git, options.allowed, ledger) if options.fix else None
    refused = None
    with running(begun) as ending:
        report = scan(begun, options.parallel, ledger)
        try:
            report = fixer.fix(report) if fixer else report
            ending.code = report.exit_code(differs=options.differs)
        except (NotReadyError, RefusedError) as error:
            refused = error
            ending.by(error)
    return DriftResult(report, ending.code, refused)


def _start(project: LocalProject, options: DriftOptions, chosen: Sequence[Stack], console: Console) -> RunContext:
    access = any(stack.layer is Layer.ACCESS for stack in chosen)
    instance = ADMINISTRATOR if access else JENKINS_DEPLOY if options.fix else JENKINS_PREVIEW
    run = Options(
        Operation.PREVIEW,
        yes=options.yes,
        allowed=options.allowed,
        verb="drift --fix" if options.fix else "drift",
        writes=options.fix,
        lock_timeout=options.lock_timeout,
        overrides=options.overrides,
        reason=options.reason,
    )
    require_reason(project, run, chosen)
    return start_run(project, run, chosen, console, start_session(project, instance, new_run()))


@dataclass(frozen=True)
class Fixer:
    """Puts back what drifted. `git` is asked at which commit the work tree is; `named` may be deleted or replaced.

    What was put back is closed in `ledger`: the engine wrote it, so that nobody need look again.
    """

    begun: RunContext
    git: Git
    named: Collection[str]
    ledger: Path

    def fix(self, report: DriftReport) -> DriftReport:
        """The report with what became of it. Raises RefusedError when it must not be, NotReadyError while a stack cannot be looked at."""
        if any(one.failure for one in report.stacks):
            raise NotReadyError(
                "nothing is put back while a stack cannot be looked at",
                remedy=remedies.CORRECT_OR_LEAVE_OUT,
            )
        fix = fix_of(report.stacks, report.sorted, self.named)
        if not fix.targets:
            return replace(report, fixed=fixed(fix, None))
        if fix.refused:
            raise RefusedError(
                "to put this back something would be deleted or replaced",
                detail=fix.refused,
                remedy=remedies.ALLOW_DELETE_OF_FIX,
            )
        self._require_commit(fix.targets)
        held = replace(self.begun.run.facts, targets=fix.targets)
        outcome = self.begun.run.deployer.run(self._plan(fix.targets), held, refresh=True)
        now = datetime.fromtimestamp(self.begun.run.deployer.clock.now(), UTC).isoformat(timespec="seconds")
        done = replace(report, fixed=fixed(fix, outcome, now))
        write_ledger(self.ledger, done.ledger)
        return done

    def _plan(self, targets: Mapping[str, object]) -> Plan:
        chosen = [step.stack for step in self.begun.plan.steps if step.stack.name in targets]
        return make_plan(Operation.UP, chosen, known=self.begun.session.config.stacks)

    def _require_commit(self, stacks: Collection[str]) -> None:
        tree = commit.look(self.git, but=[self.begun.session.config.root / ".deploy"])
        state = self.begun.session.state_store()
        found = {stack: _mismatch(tree, state.deployed(stack)) for stack in stacks}
        wrong = [f"{stack}: {why}" for stack, why in found.items() if why]
        if wrong:
            raise RefusedError(
                "only what was last deployed is put back, and this is not it",
                detail=wrong,
                remedy=remedies.AS_LAST_DEPLOYED.of(stacks=",".join(stacks)),
            )


def _mismatch(tree: WorkTree, deployed: Deployed | None) -> str:
    """Why the work tree is not what was last deployed; empty when it is."""
    if tree.commit == ABSENT:
        return "this is no git work tree, so nobody can say which commit it is"
    if deployed is None:
        return "nothing says of which commit it was last deployed"
    if deployed.dirty:
        return f"it was deployed from {deployed.commit[:12]} with changes that were not committed"
    if tree.commit != deployed.commit:
        return f"deployed was {deployed.commit[:12]}, this is {tree.commit[:12]}"
    return f"not committed: {', '.join(sorted(tree.changed))}" if tree.changed else ""
