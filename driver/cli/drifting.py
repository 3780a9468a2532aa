"""The work of `deploy drift`: look, leave out what rules say, ask the trails who did it, and keep the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from driver.adapters.aws import AwsSession
from driver.adapters.drift_ledger import read_ledger, require_ledger, write_ledger
from driver.adapters.identity import StsIdentity
from driver.adapters.presence import Presence
from driver.adapters.trail import HistoryTrail
from driver.cli import wiring
from driver.cli.operate import Begun
from driver.config.model import DeployConfig
from driver.drift.appeared import asks, told_apart, untold
from driver.drift.finding import Moved
from driver.drift.ignore import Scope, sort
from driver.drift.ledger import after
from driver.drift.look import Looked, Watch
from driver.drift.report import Report
from driver.drift.told import told
from driver.drift.who import Deed, doer, events_of
from driver.errors import InterruptedRunError, NotReadyError
from driver.plan.plan import Step

HISTORY = 90 * 24 * 3600
"""Seconds that CloudTrail's event history goes back (CloudTrail User Guide, "Working with CloudTrail event history")."""


@dataclass(frozen=True)
class Wanted:
    """How a look was asked for. `ledger` is the file that keeps what is new and what is old; `differs` asks for exit code 5."""

    jobs: int
    ledger: Path
    differs: bool = False


def look(config: DeployConfig, begun: Begun, wanted: Wanted) -> Report:
    """Look at every stack of the plan. Raises NotReadyError when there is nowhere to look from."""
    run = begun.run
    require_ledger(wanted.ledger)
    watch = Watch(
        run.engine,
        run.runner.preflight,
        run.runner.clock,
        run.stream,
        closer=partial(_closer, config, begun),
        stopped=lambda: run.runner.stopped,
    )
    looked = watch.look(begun.plan.steps, run.facts, wanted.jobs)
    who = _doers(config, begun, looked)
    if run.runner.stopped:
        raise InterruptedRunError("stopped on request; nothing was touched, and the ledger is as it was")
    now = datetime.fromtimestamp(run.runner.clock.now(), UTC)
    scope = _scope(config, begun, looked)
    found = sort((finding for one in looked for finding in one.findings), config.drift_ignore, scope, now.date())
    moment = now.isoformat(timespec="seconds")
    before = read_ledger(wanted.ledger)
    entries = after(before, found, scope.looked, moment)
    write_ledger(wanted.ledger, entries)
    found = replace(found, warnings=(*found.warnings, *who.unread))
    report = Report(run.facts.run, moment, looked, found, who.deeds, entries, first=not before)
    for event in told(report):
        run.stream(event)
    return report


def _scope(config: DeployConfig, begun: Begun, looked: Iterable[Looked]) -> Scope:
    layer = begun.plan.steps[0].stack.layer
    return Scope(
        frozenset(stack.name for stack in config.stacks),
        frozenset(stack.name for stack in config.layer(layer)),
        frozenset(one.stack for one in looked if not one.failure),
    )


def _closer(config: DeployConfig, begun: Begun, step: Step, looked: Looked) -> Looked:
    """The same, where what was not made by us and is there all the same is told from what is only not made yet."""
    if not asks(looked):
        return looked
    try:
        aws = _entered(config, begun, step)
    except NotReadyError as error:
        return untold(looked, error)
    return told_apart(looked, Presence(aws, step.stack.account, step.stack.region).stands)


def _entered(config: DeployConfig, begun: Begun, step: Step) -> AwsSession:
    """AWS, as the role that looked at the stack. Raises NotReadyError."""
    machine = wiring.session(config)
    entrance = step.entrance(begun.run.facts.session_name(step))
    if not entrance.role_arn:
        return machine
    keys = StsIdentity(machine).credentials(entrance, step.stack.region).environment()
    return AwsSession(step.stack.region, keys=keys)


@dataclass(frozen=True)
class _Told:
    """What the trails told: by URN who wrote last, and of which trails nobody knows what they say."""

    deeds: Mapping[str, Deed]
    unread: tuple[str, ...] = ()


def _doers(config: DeployConfig, begun: Begun, looked: Sequence[Looked]) -> _Told:
    """Who wrote last to what the cloud has otherwise. A trail that cannot be read keeps no other from it."""
    by_stack = {step.stack.name: step for step in begun.plan.steps}
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="who") as pool:
        told = tuple(pool.map(lambda one: _told(config, begun, by_stack[one.stack], one), looked))
    deeds = {urn: deed for each in told for urn, deed in each.deeds.items()}
    return _Told(deeds, tuple(line for each in told for line in each.unread))


def _told(config: DeployConfig, begun: Begun, step: Step, looked: Looked) -> _Told:
    try:
        return _Told(dict(_who(config, begun, step, looked)))
    except NotReadyError as error:
        return _Told({}, (f"{looked.stack}: nobody can say who did it: {error}",))


def _who(config: DeployConfig, begun: Begun, step: Step, looked: Looked) -> Iterator[tuple[str, Deed]]:
    drifted = {finding.urn: finding.type for finding in looked.findings if finding.moved is not Moved.CODE}
    if not drifted:
        return
    stack = step.stack
    aws = _entered(config, begun, step)
    deployed = wiring.state_store(config, wiring.session(config)).written(stack.name)
    trail = HistoryTrail(aws, stack.account, stack.region)
    now = begun.run.runner.clock.now()
    events = dict.fromkeys(event for type_ in drifted.values() for event in events_of(type_))
    records = {event: list(trail.find("EventName", event, now - HISTORY, now + 60)) for event in events}
    for urn, type_ in drifted.items():
        deed = doer(looked.sights[urn], type_, (raw for event in events_of(type_) for raw in records[event]), deployed)
        if deed:
            yield urn, deed
