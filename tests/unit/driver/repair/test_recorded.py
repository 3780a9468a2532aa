"""What earlier runs say of what they made: the id that it got last, nothing of what was deleted, and what nobody saw end."""

from __future__ import annotations

from deploy_driver.record.catalogue import Event, ResourceDone, ResourceStarted
from deploy_driver.repair.recorded import OnRecord, on_record
from deploy_driver.values import ResourceChange

API = "urn:pulumi:dev::items::aws:apigatewayv2/api:Api::web"


def began(op: str = "create", stack: str = "dev") -> Event:
    return ResourceStarted(stack, ResourceChange(API, op))


def ended(op: str, id_: str, *, failed: bool = False, preview: bool = False) -> Event:
    return ResourceDone("dev", ResourceChange(API, op), preview, failed, 1.0, id_)


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
