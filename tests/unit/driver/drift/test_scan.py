"""Looks at several stacks: one that cannot be looked at, a stop in between, and what nobody can say is there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from deploy_driver.drift.resource_state import ResourceState, StackStates
from deploy_driver.drift.scan import DriftScan, StackDrift, classify_missing, has_missing, without_missing
from deploy_driver.errors import NotReadyError
from deploy_driver.plan.plan import make_plan
from deploy_driver.ports import Emit
from deploy_driver.record.catalogue import CheckPassed, DriftFact, Moved, Reason, StepFinished
from deploy_driver.run.deployer import Deployer
from deploy_driver.run.preflight import Preflight
from deploy_driver.values import EngineReport, EngineRequest, EngineStatus, Operation
from deploy_project.remedy import Remedy
from tests.fakes.alarms import FakeAlarms
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine, failed
from tests.fakes.events import Recorder
from tests.fakes.identity import FakeIdentity
from tests.fakes.leases import leasing
from tests.fakes.prober import FakeProber
from tests.fakes.state import FakeState
from tests.samples import chain, facts
from tests.unit.driver.drift.samples import finding, looked, resource, urn

PLAN = make_plan(Operation.PREVIEW, chain(), known=chain())


@dataclass
class Eyes(FakeEngine):
    """An engine that sees one thing in every stack; `stop_at` is where somebody asks to stop."""

    stop_at: str = ""
    stop: Callable[[], None] = lambda: None
    asked: list[str] = field(default_factory=list)

    def look(self, request: EngineRequest, emit: Emit) -> StackStates:
        del emit
        self.asked.append(request.stack)
        if request.stack == self.stop_at:
            self.stop()
            return StackStates(EngineReport(EngineStatus.INTERRUPTED))
        return StackStates(EngineReport(EngineStatus.SUCCEEDED), (replace(resource(), urn=urn(request.stack)),))


def scanned(
    eyes: Eyes, said: Recorder, identity: FakeIdentity | None = None, *, workers: int
) -> tuple[StackDrift, ...]:
    preflight = Preflight(identity or FakeIdentity(), FakeState(), said, FakeClock())
    deployer = Deployer(eyes, preflight, leasing(), (), FakeProber(), FakeClock(), said, FakeAlarms())
    eyes.stop = deployer.interrupt
    return DriftScan(deployer, eyes, lambda _step, drift: drift).run(PLAN, facts(), workers=workers)


def test_one_that_cannot_be_entered_keeps_no_other_from_it() -> None:
    said = Recorder()
    refused = NotReadyError("entering items-staging-preview: AccessDenied", remedy=Remedy("look at its trust"))
    found = scanned(Eyes(), said, FakeIdentity(refusals={"items-staging-preview": [refused]}), workers=4)
    assert [(one.stack, one.resources, one.failure) for one in found] == [
        ("dev", 1, ""),
        ("staging", 0, "entering items-staging-preview: AccessDenied"),
        ("prod", 1, ""),
    ]
    assert found[1].remedy == "look at its trust"
    assert found[1].outcome.reason is Reason.NOT_ENTERED
    assert len([event for event in said.of(CheckPassed) if event.check == "identity"]) == 1


def test_after_a_stop_no_further_stack_is_begun() -> None:
    eyes, said = Eyes(stop_at="dev"), Recorder()
    found = scanned(eyes, said, workers=1)
    assert eyes.asked == ["dev"]
    because = "dev interrupted: stopped on request"
    assert [one.failure for one in found] == ["interrupted", because, because]
    assert [event.result for event in said.of(StepFinished)] == ["interrupted"]


def test_what_the_engine_could_not_do_is_why_nobody_could_look() -> None:
    eyes = Eyes()
    eyes.look = lambda *_: StackStates(failed("no such type", "upgrade"))  # type: ignore[method-assign]
    found = scanned(eyes, Recorder(), workers=2)
    assert {(one.failure, one.remedy, one.resources) for one in found} == {("no such type", "upgrade", 0)}


def not_made() -> StackDrift:
    names = [f"{urn()}-{number}" for number in range(2)]
    new = tuple(replace(finding(path="", moved=Moved.CODE), urn=name, fact=DriftFact.NOT_MADE) for name in names)
    resources = {name: ResourceState(name, "create", known=False, gone=False) for name in names}
    return looked("dev", finding(), *new, resources=3, states=resources)


def test_what_stands_there_is_told_from_what_is_not_made_yet() -> None:
    found = classify_missing(not_made(), lambda _type, seen: seen.urn.endswith("-1"))
    assert [(one.fact, one.moved) for one in found.findings[1:]] == [
        (DriftFact.NOT_MADE, Moved.CODE),
        (DriftFact.APPEARED, Moved.BOTH),
    ]
    assert found.failure == ""


def test_what_nobody_can_say_is_no_finding_and_is_named() -> None:
    def stands(_type: str, seen: ResourceState) -> bool:
        if seen.urn.endswith("-1"):
            raise NotReadyError("whether it is there: AccessDenied", remedy=Remedy("`deploy bootstrap`"))
        return False

    found = classify_missing(not_made(), stands)
    assert [one.fact for one in found.findings] == [DriftFact.CHANGED, DriftFact.NOT_MADE]
    assert (found.failure, found.remedy) == ("whether it is there: AccessDenied", "`deploy bootstrap`")


def test_nobody_asks_where_nobody_gets_in() -> None:
    found = without_missing(not_made(), NotReadyError("no way in"))
    assert ([one.fact for one in found.findings], found.failure) == ([DriftFact.CHANGED], "no way in")
    assert has_missing(not_made())
    assert not has_missing(found)
