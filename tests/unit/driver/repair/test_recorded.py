"""What earlier runs say of what they made: the id that it got last, nothing of what was deleted, and what nobody saw end."""

from __future__ import annotations

from deploy_driver.record.catalogue import Event, Progress, ResourceDone, ResourceStarted
from deploy_driver.record.stream import Envelope
from deploy_driver.repair import recorded
from deploy_driver.repair.recorded import IN_FLIGHT, OnRecord
from deploy_driver.values import ResourceChange

API = "urn:pulumi:dev::items::aws:apigatewayv2/api:Api::web"


def began(op: str = "create", stack: str = "dev") -> Event:
    return ResourceStarted(stack, ResourceChange(API, op))


def ended(op: str, id_: str, *, failed: bool = False, preview: bool = False) -> Event:
    return ResourceDone("dev", ResourceChange(API, op), preview, failed, 1.0, id_)


def on_record(records: list[list[Event]], stack: str, *, at: float = 100.0) -> OnRecord:
    """What records say, a second between the lines of each, without when that was."""
    found = said(records, stack, at)
    return OnRecord(found.ids, found.begun)


def said(records: list[list[Event]], stack: str, at: float) -> OnRecord:
    lines = [[Envelope("run", place, at + place, event) for place, event in enumerate(one)] for one in records]
    return recorded.on_record(lines, stack)


def test_the_newest_record_says_the_id() -> None:
    assert on_record([[began(), ended("create", "a1")]], "dev") == OnRecord({API: "a1"})
    assert on_record([[ended("create", "a1")], [ended("create-replacement", "b2")]], "dev") == OnRecord({API: "b2"})
    assert on_record([[began(), ended("create", "a1")]], "staging") == OnRecord()


def test_what_was_deleted_has_none() -> None:
    assert on_record([[ended("create", "a1"), ended("delete", "a1")]], "dev") == OnRecord()
    replaced = [ended("create", "a1"), ended("create-replacement", "b2"), ended("delete-replaced", "a1")]
    assert on_record([replaced], "dev") == OnRecord({API: "b2"})


def test_what_nobody_saw_end_was_begun() -> None:
    assert on_record([[began()]], "dev") == OnRecord(begun=frozenset({API}))
    assert on_record([[began("update")]], "dev") == OnRecord()
    assert on_record([[began(), ended("create", "", failed=True)]], "dev") == OnRecord()
    assert on_record([[ended("create", "a1", preview=True)]], "dev") == OnRecord()


def test_when_runs_were_at_making_it() -> None:
    made = [Progress("before"), began(), ended("create", "a1"), Progress("after")]
    assert said([made], "dev", 100.0).making == {API: [(101.0, 102.0)]}
    assert said([[began("update"), ended("update", "a1")]], "dev", 100.0).making == {}
    assert said([made], "staging", 100.0).making == {}
    died = [began(), Progress("the last word")]
    assert said([died, made], "dev", 100.0).making == {API: [(100.0, 101.0 + IN_FLIGHT), (101.0, 102.0)]}
