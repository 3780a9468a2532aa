"""The engine never begins from function code that no run deployed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy_driver.errors import NotReadyError
from deploy_driver.plan.plan import make_plan
from deploy_driver.record.catalogue import Diagnostic, Published, ResourceDone, ResourceStarted
from deploy_driver.run.function_code import DeployedCode
from deploy_driver.values import (
    ChangedCode,
    Changes,
    EngineReport,
    EngineRequest,
    EngineStatus,
    LiveAlias,
    Operation,
    PropertyDiff,
    ResourceChange,
)
from tests.fakes.engine import UNCHANGED, FakeEngine, failed
from tests.fakes.events import Recorder
from tests.fakes.function_code import FakeFunctionCode
from tests.samples import facts, stack

URN = "urn:pulumi:dev::items::aws:lambda/function:Function::items"
ALIAS = "urn:pulumi:dev::items::aws:lambda/alias:Alias::items"
PUBLISHED = ChangedCode(URN, "items-dev", "s9UT", "J10u", version="2", newest="3", source="2")
LATEST = replace(PUBLISHED, newest="2")
REVERTED = replace(PUBLISHED, found="s9UT")


def request() -> EngineRequest:
    (step,) = make_plan(Operation.UP, [stack()]).steps
    return facts().request(step)


def moved(version: str) -> EngineReport:
    """What the engine makes of an alias that follows a function's newest version."""
    diff = PropertyDiff("functionVersion", "update", "2", version)
    change = ResourceChange(ALIAS, "update", ("functionVersion",), (diff,))
    return EngineReport(EngineStatus.SUCCEEDED, Changes(update=1, same=13), (change,))


def test_code_as_it_was_deployed_is_the_engines_own_affair() -> None:
    engine, said = FakeEngine({("up", "dev"): UNCHANGED}), Recorder()
    code = DeployedCode(engine, FakeFunctionCode())
    assert code.up(request(), said) == UNCHANGED
    assert code.preview(request(), said).status is EngineStatus.SUCCEEDED
    assert [one.refresh for one in engine.requests] == [False, False]
    assert said.events == []


def test_it_is_put_back_before_the_engine_begins_and_the_engine_starts_from_the_account() -> None:
    functions, said = FakeFunctionCode({"dev": (PUBLISHED,)}), Recorder()
    when: list[int] = []
    engine = FakeEngine({("up", "dev"): moved("4")}, during=lambda *_: when.append(len(functions.restored)))
    report = DeployedCode(engine, functions).up(request(), said)
    assert when == [1]
    assert [one.refresh for one in engine.requests] == [True]
    assert report.changes == Changes(update=2, same=12)
    assert [change.urn for change in report.resources] == [ALIAS, URN]
    warning, *work = said.events
    assert isinstance(warning, Diagnostic)
    assert "deployed s9UT as version 2, found J10u, newest version 3" in warning.message
    assert [type(event) for event in work] == [ResourceStarted, ResourceDone]


def test_a_preview_puts_nothing_back_and_says_what_would_be() -> None:
    functions = FakeFunctionCode({"dev": (PUBLISHED,)})
    report = DeployedCode(FakeEngine({("preview", "dev"): moved("3")}), functions).preview(request(), Recorder())
    assert functions.restored == []
    alias, function = report.resources
    assert [(diff.old, diff.new) for diff in alias.diffs] == [("2", "[unknown]")]
    assert [(diff.path, diff.old, diff.new) for diff in function.diffs] == [
        ("codeSha256", "J10u", "s9UT"),
        ("version", "3", "[unknown]"),
    ]


@pytest.mark.parametrize(("changed", "paths"), [(LATEST, ("codeSha256",)), (REVERTED, ("version",))])
def test_only_what_was_changed_is_said(changed: ChangedCode, paths: tuple[str, ...]) -> None:
    engine = FakeEngine({("up", "dev"): UNCHANGED})
    report = DeployedCode(engine, FakeFunctionCode({"dev": (changed,)})).up(request(), Recorder())
    assert [change.keys for change in report.resources] == [paths]
    assert report.changes == Changes(update=1, same=2)


def test_a_function_that_the_engine_changes_too_is_counted_once() -> None:
    change = ResourceChange(URN, "update", ("memorySize",), (PropertyDiff("memorySize", "update", 512, 128),))
    engine = FakeEngine({("up", "dev"): EngineReport(EngineStatus.SUCCEEDED, Changes(update=1), (change,))})
    report = DeployedCode(engine, FakeFunctionCode({"dev": (LATEST,)})).up(request(), Recorder())
    assert report.changes == Changes(update=1)
    assert [one.keys for one in report.resources] == [("memorySize", "codeSha256")]


def test_what_cannot_be_put_back_keeps_the_engine_from_beginning() -> None:
    engine = FakeEngine()
    functions = FakeFunctionCode({"dev": (PUBLISHED,)}, broken=NotReadyError("denied"))
    with pytest.raises(NotReadyError, match="denied"):
        DeployedCode(engine, functions).up(request(), Recorder())
    assert engine.calls == []


def test_a_failed_engine_reports_itself_alone() -> None:
    engine = FakeEngine({("up", "dev"): failed()})
    assert DeployedCode(engine, FakeFunctionCode({"dev": (PUBLISHED,)})).up(request(), Recorder()) == failed()


LIVE = LiveAlias(ALIAS, "items-dev", "live", "2", "s9UT")
THEN = LiveAlias(ALIAS, "items-dev", "live", "1", "a7bC")


@pytest.mark.parametrize(("leads", "refresh"), [("3", True), ("2", False)])
def test_an_alias_that_leads_elsewhere_is_said_and_the_engine_starts_from_the_account(
    leads: str, refresh: bool
) -> None:
    for operation in ("preview", "up"):
        engine, said = FakeEngine({(operation, "dev"): UNCHANGED}), Recorder()
        functions = FakeFunctionCode(aliases={"dev": (LIVE,)}, leads={ALIAS: leads})
        getattr(DeployedCode(engine, functions), operation)(request(), said)
        assert [one.refresh for one in engine.requests] == [refresh]
        warnings = [event.message for event in said.events if isinstance(event, Diagnostic)]
        assert len(warnings) == refresh
        assert all("leads to version 3, and version 2 was deployed" in warning for warning in warnings)
        assert functions.leads == {ALIAS: leads}


def test_where_aliases_lead_afterwards_is_on_record_where_the_engine_succeeded() -> None:
    functions, said = FakeFunctionCode(aliases={"dev": (LIVE,)}), Recorder()
    DeployedCode(FakeEngine({("up", "dev"): UNCHANGED}), functions).up(request(), said)
    assert said.events == [Published("dev", ALIAS, "items-dev", "live", "2", "s9UT")]
    said = Recorder()
    DeployedCode(FakeEngine({("up", "dev"): failed()}), functions).up(request(), said)
    assert said.events == []


def test_who_goes_back_switches_the_alias_before_the_engine_begins() -> None:
    functions, said = FakeFunctionCode(aliases={"dev": (LIVE,)}, leads={ALIAS: "2"}), Recorder()
    when: list[str] = []
    engine = FakeEngine({("up", "dev"): UNCHANGED}, during=lambda *_: when.append(functions.leads[ALIAS]))
    DeployedCode(engine, functions, {"dev": (THEN,), "staging": (LIVE,)}).up(request(), said)
    assert when == ["1"]
    assert [one.refresh for one in engine.requests] == [False]
    started, done, progress, *_ = said.events
    assert isinstance(started, ResourceStarted)
    assert isinstance(done, ResourceDone)
    assert [(diff.path, diff.old, diff.new) for diff in started.change.diffs] == [("functionVersion", "2", "1")]
    assert "leads to version 1 again, and no longer to 2" in str(progress)


def test_a_preview_switches_nothing() -> None:
    functions = FakeFunctionCode(aliases={"dev": (LIVE,)}, leads={ALIAS: "2"})
    DeployedCode(FakeEngine({("preview", "dev"): UNCHANGED}), functions, {"dev": (THEN,)}).preview(
        request(), Recorder()
    )
    assert functions.leads == {ALIAS: "2"}


def test_where_the_version_is_no_more_the_engine_does_it_all() -> None:
    functions = FakeFunctionCode(aliases={"dev": (LIVE,)}, leads={ALIAS: "2"}, gone=frozenset({"1"}))
    engine, said = FakeEngine({("up", "dev"): UNCHANGED}), Recorder()
    report = DeployedCode(engine, functions, {"dev": (THEN,)}).up(request(), said)
    assert report == UNCHANGED
    assert functions.leads == {ALIAS: "2"}
    assert any("no alias is switched beforehand: items-dev has no version 1" in str(event) for event in said.events)


def test_everything_else_is_the_engines() -> None:
    engine = FakeEngine(known_outputs={"dev": {"url": "http://x"}})
    code = DeployedCode(engine, FakeFunctionCode({"dev": (PUBLISHED,)}))
    code.preview_destroy(request(), Recorder())
    code.destroy(request(), Recorder())
    code.interrupt()
    assert code.outputs(request()) == {"url": "http://x"}
    assert (engine.calls, engine.interrupts) == ([("preview_destroy", "dev"), ("destroy", "dev")], 1)
