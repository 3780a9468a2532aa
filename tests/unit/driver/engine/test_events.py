"""The engine's events, recorded, and what they become."""

from __future__ import annotations

import os
from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from deploy_driver.adapters.engine.events import EventReader, plain
from deploy_driver.adapters.engine.failures import Said
from deploy_driver.record.catalogue import Diagnostic, EngineStarted, Event, ResourceDone, ResourceStarted
from deploy_driver.values import Changes

BUCKET = "aws:s3/bucket:Bucket"


def step(kind: str, op: str, name: str = "data", type_: str = BUCKET, **more: Any) -> EngineEvent:
    new = {"type": type_, "urn": "u", "custom": type_ != "pulumi:pulumi:Stack", **more.pop("new", {})}
    metadata = {
        "op": op,
        "urn": f"urn:pulumi:dev::items::{type_}::{name}",
        "type": type_,
        "logical": op not in {"create-replacement", "delete-replaced"},
        "new": new,
        **more,
    }
    return EngineEvent.from_json({kind: {"metadata": metadata}})


def said(severity: str, message: str, urn: str = "u") -> EngineEvent:
    return EngineEvent.from_json({"diagnosticEvent": {"severity": severity, "message": message, "urn": urn}})


def read(*events: EngineEvent | str, preview: bool = False) -> tuple[EventReader, list[Event]]:
    emitted: list[Event] = []
    reader = EventReader("dev", emit=emitted.append, preview=preview, tidy=lambda text: text)
    for event in events:
        reader.take(event)
    return reader, emitted


def test_a_resource_that_is_made_is_told_twice_and_counted_once() -> None:
    reader, emitted = read(step("resourcePreEvent", "create"), step("resOutputsEvent", "create"))
    assert [type(event) for event in emitted] == [ResourceStarted, ResourceDone]
    assert reader.changes == Changes(create=1)


def test_what_is_begun_is_on_record_with_what_it_can_be_found_by_and_then_with_its_id() -> None:
    inputs = {
        "bucket": "items-dev",
        "acl": "private",
        "name": "4dabf18193072939515e22adb298388d",
        "key": 7,
        "path": "x" * 501,
    }
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": "hunter2"}
    new = {"inputs": {**inputs, "role": secret}}
    _, emitted = read(
        step("resourcePreEvent", "create", new=new), step("resOutputsEvent", "create", new={**new, "id": "items-dev"})
    )
    begun, done = emitted
    assert isinstance(begun, ResourceStarted)
    assert isinstance(done, ResourceDone)
    assert "bucket=items-dev" in begun.identity
    assert not [one for one in begun.identity if one.startswith(("acl", "key", "path", "role")) or "hunter2" in one]
    assert done.id == "items-dev"


def test_what_a_preview_would_make_has_no_id() -> None:
    _, emitted = read(step("resOutputsEvent", "create", new={"id": "[unknown]"}), preview=True)
    assert [event.id for event in emitted if isinstance(event, ResourceDone)] == [""]


@pytest.mark.parametrize(("preview", "said"), [(False, [os.getpid()]), (True, [])])
def test_an_engine_that_may_change_the_stack_is_on_record(preview: bool, said: list[int]) -> None:
    reader, emitted = read(preview=preview)
    reader.engine_started(os.getpid())
    assert [event.process.pid for event in emitted if isinstance(event, EngineStarted)] == said


def test_a_replacement_is_one_change() -> None:
    ops = ["create-replacement", "replace", "delete-replaced"]
    reader, _ = read(*(step("resOutputsEvent", op, keys=["bucket"]) for op in ops))
    assert reader.changes == Changes(replace=1)
    assert [(change.op, change.keys) for change in reader.resources] == [("replace", ("bucket",))]


def test_what_stays_as_it_is_is_counted_and_not_told() -> None:
    reader, emitted = read(step("resourcePreEvent", "same"), step("resOutputsEvent", "same"))
    assert emitted == []
    assert reader.changes == Changes(same=1)
    assert reader.resources == ()


def test_providers_and_the_stack_never_count() -> None:
    reader, emitted = read(
        step("resOutputsEvent", "update", type_="pulumi:providers:aws"),
        step("resOutputsEvent", "create", type_="pulumi:pulumi:Stack"),
    )
    assert (reader.changes, emitted) == (Changes(), [])


def test_a_deletion_after_the_program_found_it_the_same_is_a_deletion() -> None:
    reader, _ = read(step("resOutputsEvent", "same"), step("resOutputsEvent", "delete"))
    assert reader.changes == Changes(delete=1)


def test_a_failed_step_is_told_as_failed_and_not_counted() -> None:
    reader, emitted = read(step("resourcePreEvent", "create"), step("resOpFailedEvent", "create"))
    done = emitted[-1]
    assert isinstance(done, ResourceDone)
    assert done.failed
    assert reader.changes == Changes()


def test_outputs_are_the_stacks_with_every_secret_masked() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
    outputs = {"url": "https://x", "token": secret, "list": [{"deep": secret}]}
    event = step("resOutputsEvent", "create", type_="pulumi:pulumi:Stack", new={"outputs": outputs})
    assert read(event)[0].outputs == {"url": "https://x", "token": "[secret]", "list": [{"deep": "[secret]"}]}
    assert read(event, preview=True)[0].outputs == {}


def test_an_error_is_told_once_however_often_the_engine_says_it() -> None:
    reader, emitted = read(
        said("error", "<{%fg 1%}>boom<{%reset%}>\n"),
        said("error", "an unhandled error occurred: boom"),
        said("error", "update failed"),
    )
    assert emitted == [Diagnostic(stack="dev", severity="error", message="boom", urn="u")]
    assert [error.message for error in reader.errors] == ["boom"]


@pytest.mark.parametrize(
    ("urn", "resource"),
    [
        ("", False),
        ("urn:pulumi:dev::items::pulumi:pulumi:Stack::items-dev", False),
        ("urn:pulumi:dev::items::pulumi:providers:aws::aws", True),
        (f"urn:pulumi:dev::items::items:service:ItemsService${BUCKET}::items", True),
    ],
)
def test_an_error_is_a_resources_or_the_engines_own(urn: str, resource: bool) -> None:
    assert read(said("error", "boom", urn))[0].errors == [Said("boom", resource)]


def test_debugging_is_not_for_the_screen_and_the_programs_words_are() -> None:
    _, emitted = read(said("debug", "x"), said("info#err", "a warning"), "printed")
    assert [(event.severity, event.message) for event in emitted if isinstance(event, Diagnostic)] == [
        ("info", "a warning"),
        ("info", "printed"),
    ]


def test_colours_go_whichever_way_they_are_written() -> None:
    assert plain("<{%fg 2%}>a\x1b[31mb\x1b[0m<{%reset%}> ") == "ab"
