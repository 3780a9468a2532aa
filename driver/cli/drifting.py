"""The work of `deploy drift`: look, leave out what rules say, ask the trails who did it, and keep the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from driver.adapters.aws import AwsSession
from driver.adapters.drift_ledger import read_ledger, write_ledger
from driver.adapters.identity import StsIdentity
from driver.adapters.presence import stands
from driver.adapters.trail import HistoryTrail
from driver.cli import wiring
from driver.cli.operate import Begun
from driver.config.model import DeployConfig
from driver.drift.finding import Fact, Moved
from driver.drift.ignore import Scope, sort
from driver.drift.ledger import after
from driver.drift.look import Looked, Watch
from driver.drift.report import Report
from driver.drift.told import told
from driver.drift.who import Deed, doer, events_of
from driver.errors import NotReadyError
from driver.events.catalogue import Progress
from driver.plan.plan import Step

HISTORY = 90 * 24 * 3600
"""Seconds that CloudTrail's event history goes back (CloudTrail User Guide, "Working with CloudTrail event history")."""


@dataclass(frozen=True)
class Wanted:
    """How a look was asked for. `ledger` is the file that keeps what is new and what is old."""

    jobs: int
    ledger: Path


def look(config: DeployConfig, begun: Begun, wanted: Wanted) -> Report:
    """Look at every stack of the plan. Raises NotReadyError when there is nowhere to look from."""
    run = begun.run
    before = read_ledger(wanted.ledger)
    watch = Watch(run.engine, run.runner.preflight, run.runner.clock, run.stream)
    looked = _with_appeared(config, begun, watch.look(begun.plan.steps, run.facts, wanted.jobs))
    seen = frozenset(one.stack for one in looked if not one.failure)
    layer = begun.plan.steps[0].stack.layer
    scope = Scope(
        frozenset(stack.name for stack in config.stacks),
        frozenset(stack.name for stack in config.layer(layer)),
        seen,
    )
    now = datetime.fromtimestamp(run.runner.clock.now(), UTC)
    found = sort((finding for one in looked for finding in one.findings), config.drift_ignore, scope, now.date())
    moment = now.isoformat(timespec="seconds")
    entries = after(before, found, seen, moment)
    write_ledger(wanted.ledger, entries)
    report = Report(run.facts.run, moment, looked, found, _doers(config, begun, looked), entries)
    for event in told(report):
        run.stream(event)
    return report


def _with_appeared(config: DeployConfig, begun: Begun, looked: tuple[Looked, ...]) -> tuple[Looked, ...]:
    """The same, where what was not made by us and is there all the same is told from what is only not made yet."""
    by_stack = {step.stack.name: step for step in begun.plan.steps}
    return tuple(
        _appeared(config, begun, by_stack[one.stack], one)
        if any(finding.fact is Fact.NOT_MADE for finding in one.findings)
        else one
        for one in looked
    )


def _appeared(config: DeployConfig, begun: Begun, step: Step, looked: Looked) -> Looked:
    try:
        aws = _entered(config, begun, step)
    except NotReadyError as error:
        begun.run.stream(Progress(f"nobody can say what is there already: {error.what}", step.stack.name))
        return looked
    found = (
        replace(finding, fact=Fact.APPEARED, moved=Moved.BOTH)
        if finding.fact is Fact.NOT_MADE and stands(aws, step.stack.region, finding.type, looked.sights[finding.urn])
        else finding
        for finding in looked.findings
    )
    return replace(looked, findings=tuple(found))


def _entered(config: DeployConfig, begun: Begun, step: Step) -> AwsSession:
    """AWS, as the role that looked at the stack. Raises NotReadyError."""
    machine = wiring.session(config)
    entrance = step.entrance(begun.run.facts.session_name(step))
    if not entrance.role_arn:
        return machine
    keys = StsIdentity(machine).credentials(entrance, step.stack.region).environment()
    return AwsSession(step.stack.region, keys=keys)


def _doers(config: DeployConfig, begun: Begun, looked: tuple[Looked, ...]) -> Mapping[str, Deed]:
    """Who wrote last to what the cloud has otherwise, by URN. A trail that cannot be read says nothing."""
    by_stack = {step.stack.name: step for step in begun.plan.steps}
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="who") as pool:
        answers = pool.map(lambda one: dict(_who(config, begun, by_stack[one.stack], one)), looked)
        return {urn: deed for answer in answers for urn, deed in answer.items()}


def _who(config: DeployConfig, begun: Begun, step: Step, looked: Looked) -> Iterator[tuple[str, Deed]]:
    drifted = {finding.urn: finding.type for finding in looked.findings if finding.moved is not Moved.CODE}
    if not drifted:
        return
    stack = step.stack
    try:
        aws = _entered(config, begun, step)
        deployed = wiring.state_store(config, wiring.session(config)).written(stack.name)
        trail = HistoryTrail(aws, stack.account, stack.region)
        now = begun.run.runner.clock.now()
        records: dict[str, list[Mapping[str, Any]]] = {}
        for event in dict.fromkeys(event for type_ in drifted.values() for event in events_of(type_)):
            records[event] = list(trail.find("EventName", event, now - HISTORY, now + 60))
    except NotReadyError as error:
        begun.run.stream(Progress(f"the trail does not say who did it: {error.what}", stack.name))
        return
    for urn, type_ in drifted.items():
        deed = doer(looked.sights[urn], type_, (raw for event in events_of(type_) for raw in records[event]), deployed)
        if deed:
            yield urn, deed
