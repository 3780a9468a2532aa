"""Looks at several stacks: one that cannot be looked at, a stop in between, and what nobody can say is there already."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from deploy_driver.drift.appeared import asks, told_apart, untold
from deploy_driver.drift.look import Looked, Watch
from deploy_driver.drift.sight import Seen, Sight
from deploy_driver.errors import NotReadyError
from deploy_driver.plan.plan import make_plan
from deploy_driver.ports import Emit
from deploy_driver.record.catalogue import CheckPassed, Fact, Moved, StepFinished
from deploy_driver.run.preflight import Preflight
from deploy_driver.values import EngineReport, EngineRequest, EngineStatus, Operation
from tests.fakes.clock import FakeClock
from tests.fakes.events import Recorder
from tests.fakes.identity import FakeIdentity
from tests.fakes.state import FakeState
from tests.samples import chain, facts
from tests.unit.driver.drift.samples import finding, sight, urn

STEPS = make_plan(Operation.PREVIEW, chain(), known=chain()).steps


@dataclass
class Eyes:
    """An engine that sees one thing in every stack; `stop_at` is where somebody asks to stop."""

    stop_at: str = ""
    stopped: bool = False
    asked: list[str] = field(default_factory=list)

    def look(self, request: EngineRequest, emit: Emit) -> Seen:
        del emit
        self.asked.append(request.stack)
        if request.stack == self.stop_at:
            self.stopped = True
            return Seen(EngineReport(EngineStatus.INTERRUPTED))
        return Seen(EngineReport(EngineStatus.SUCCEEDED), (replace(sight(), urn=urn(request.stack)),))


def watch(eyes: Eyes, said: Recorder, identity: FakeIdentity | None = None) -> Watch:
    preflight = Preflight(identity or FakeIdentity(), FakeState(), said)
    return Watch(eyes, preflight, FakeClock(), said, stopped=lambda: eyes.stopped)


def test_one_that_cannot_be_entered_keeps_no_other_from_it() -> None:
    said = Recorder()
    refused = NotReadyError("entering items-staging-preview: AccessDenied", remedy="look at its trust")
    looked = watch(Eyes(), said, FakeIdentity(refusals={"items-staging-preview": [refused]})).look(STEPS, facts(), 4)
    assert [(one.stack, one.resources, one.failure) for one in looked] == [
        ("dev", 1, ""),
        ("staging", 0, "entering items-staging-preview: AccessDenied"),
        ("prod", 1, ""),
    ]
    assert looked[1].remedy == "look at its trust"
    assert len([event for event in said.of(CheckPassed) if event.check == "identity"]) == 1


def test_after_a_stop_no_further_stack_is_begun() -> None:
    eyes, said = Eyes(stop_at="dev"), Recorder()
    looked = watch(eyes, said).look(STEPS, facts(), 1)
    assert eyes.asked == ["dev"]
    assert [one.failure for one in looked] == ["interrupted", "stopped on request", "stopped on request"]
    assert [event.result for event in said.of(StepFinished)] == ["interrupted"]


def not_made() -> Looked:
    names = [f"{urn()}-{number}" for number in range(2)]
    new = tuple(replace(finding(path="", moved=Moved.CODE), urn=name, fact=Fact.NOT_MADE) for name in names)
    sights = {name: Sight(name, "create", known=False, gone=False) for name in names}
    return Looked("dev", "222222222222", (finding(), *new), 3, sights=sights)


def test_what_stands_there_is_told_from_what_is_not_made_yet() -> None:
    looked = told_apart(not_made(), lambda _type, seen: seen.urn.endswith("-1"))
    assert [(one.fact, one.moved) for one in looked.findings[1:]] == [
        (Fact.NOT_MADE, Moved.CODE),
        (Fact.APPEARED, Moved.BOTH),
    ]
    assert looked.failure == ""


def test_what_nobody_can_say_is_no_finding_and_is_named() -> None:
    def stands(_type: str, seen: Sight) -> bool:
        if seen.urn.endswith("-1"):
            raise NotReadyError("whether it is there: AccessDenied", remedy="`deploy bootstrap`")
        return False

    looked = told_apart(not_made(), stands)
    assert [one.fact for one in looked.findings] == [Fact.CHANGED, Fact.NOT_MADE]
    assert (looked.failure, looked.remedy) == ("whether it is there: AccessDenied", "`deploy bootstrap`")


def test_nobody_asks_where_nobody_gets_in() -> None:
    looked = untold(not_made(), NotReadyError("no way in"))
    assert ([one.fact for one in looked.findings], looked.failure) == ([Fact.CHANGED], "no way in")
    assert asks(not_made())
    assert not asks(looked)
