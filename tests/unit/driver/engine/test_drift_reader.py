"""What a look makes of the real provider's events: recorded, cut to what is looked at."""

from __future__ import annotations

from typing import Any

from pulumi.automation.events import EngineEvent

from deploy_driver.adapters.engine.drift_reader import DriftReader
from deploy_driver.adapters.engine.events import EventReader
from deploy_driver.drift.finding import DriftFinding, findings_of, without_followers
from deploy_driver.record.catalogue import Event, Moved
from tests.samples import stack

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
ARN = "arn:aws:lambda:eu-central-1:222222222222:function:items-dev"
FUNCTION, ALIAS = "aws:lambda/function:Function", "aws:lambda/alias:Alias"


def step(op: str, type_: str, old: dict[str, Any], new: dict[str, Any], *paths: str) -> EngineEvent:
    """`old` and `new` hold inputs and outputs; `paths` is what the provider calls changed."""

    def side(state: dict[str, Any]) -> dict[str, Any]:
        return {"type": type_, "urn": "u", "custom": True, **state}

    metadata = {
        "op": op,
        "urn": f"urn:pulumi:dev::items::{type_}::items",
        "type": type_,
        "logical": True,
        "old": side(old),
        "new": side(new),
        "detailedDiff": {path: {"diffKind": "update", "inputDiff": False} for path in paths},
    }
    return EngineEvent.from_json({"resOutputsEvent": {"metadata": metadata}})


def function(memory: int, version: str = "1", code: str = "s9UT", **inputs: Any) -> dict[str, Any]:
    outputs = {"memorySize": memory, "version": version, "qualifiedArn": f"{ARN}:{version}", "codeSha256": code}
    return {"inputs": {"name": "items-dev", "memorySize": memory, **inputs}, "outputs": {**outputs, **inputs}}


def alias(version: str) -> dict[str, Any]:
    return {side: {"name": "live", "functionVersion": version} for side in ("inputs", "outputs")}


def found(*events: EngineEvent) -> list[tuple[str, str, Moved, Any, Any]]:
    reader = DriftReader("dev", emit=lambda _: None, preview=True, tidy=lambda text: text)
    for event in events:
        reader.take(event)
    findings: list[DriftFinding] = [
        finding for resource in without_followers(reader.states) for finding in findings_of(stack(), resource)
    ]
    return [(one.type, one.path, one.moved, one.expected, one.found) for one in findings]


AFTER = {"inputs": {"name": "items-dev", "memorySize": 128}, "outputs": {"memorySize": 128, "version": UNKNOWN}}
NAMED = ("memorySize", "qualifiedArn", "version")


def test_what_a_provider_will_know_only_after_an_update_has_not_drifted() -> None:
    planned = {**AFTER, "outputs": {**AFTER["outputs"], "qualifiedArn": UNKNOWN}}
    assert found(
        step("refresh", FUNCTION, function(128), function(512), *NAMED),
        step("update", FUNCTION, function(512), planned, *NAMED),
    ) == [(FUNCTION, "memorySize", Moved.CLOUD, 128, 512)]


def test_code_that_was_published_by_hand_is_found_where_the_provider_plans_nothing() -> None:
    foreign = function(128, "2", "J10u")
    assert found(
        step("refresh", FUNCTION, function(128), foreign),
        step("same", FUNCTION, foreign, foreign),
    ) == [
        (FUNCTION, "codeSha256", Moved.CLOUD, "s9UT", "J10u"),
        (FUNCTION, "version", Moved.CLOUD, "1", "2"),
    ]


def test_a_provider_that_takes_the_digest_as_an_input_says_so_itself() -> None:
    ours, foreign = function(128, codeSha256="s9UT"), function(128, codeSha256="J10u")
    assert found(
        step("refresh", FUNCTION, ours, foreign, "codeSha256"),
        step("update", FUNCTION, foreign, ours, "codeSha256"),
    ) == [(FUNCTION, "codeSha256", Moved.CLOUD, "s9UT", "J10u")]


def test_an_alias_that_would_follow_a_version_published_by_hand_is_no_change_of_the_code() -> None:
    foreign = function(128, "2")
    published = step("refresh", FUNCTION, function(128), foreign), step("same", FUNCTION, foreign, foreign)
    version = (FUNCTION, "version", Moved.CLOUD, "1", "2")
    left_alone = (
        step("refresh", ALIAS, alias("1"), alias("1")),
        step("update", ALIAS, alias("1"), alias("2"), "functionVersion"),
    )
    assert found(*published, *left_alone) == [version]
    moved = (
        step("refresh", ALIAS, alias("1"), alias("2"), "functionVersion"),
        step("same", ALIAS, alias("2"), alias("2")),
    )
    assert found(*published, *moved) == [version, (ALIAS, "functionVersion", Moved.CLOUD, "1", "2")]


def test_an_alias_that_the_code_moves_is_a_change_of_the_code() -> None:
    assert found(step("update", ALIAS, alias("2"), alias("1"), "functionVersion")) == [
        (ALIAS, "functionVersion", Moved.CODE, "1", "2")
    ]


def test_of_secrets_the_providers_word_counts() -> None:
    hidden = function(128, kmsKeyArn=SECRET)
    assert found(step("refresh", FUNCTION, hidden, hidden, "kmsKeyArn"), step("same", FUNCTION, hidden, hidden)) == [
        (FUNCTION, "kmsKeyArn", Moved.CLOUD, "[secret]", "[secret]")
    ]


def previewed(event: EngineEvent) -> list[tuple[str, Any, Any]]:
    said: list[Event] = []
    reader = EventReader("dev", emit=said.append, preview=True, tidy=lambda text: text)
    reader.take(event)
    (change,) = reader.resources
    assert change.keys == tuple(diff.path for diff in change.diffs)
    return [(diff.path, diff.old, diff.new) for diff in change.diffs]


def test_a_preview_shows_what_differs_and_what_is_wanted_but_not_known_yet() -> None:
    planned = {**AFTER, "outputs": {**AFTER["outputs"], "qualifiedArn": UNKNOWN}}
    assert previewed(step("update", FUNCTION, function(512), planned, *NAMED)) == [("memorySize", 512, 128)]
    assert previewed(step("update", ALIAS, alias("1"), alias(UNKNOWN), "functionVersion")) == [
        ("functionVersion", "1", "[unknown]")
    ]
    hidden = function(128, kmsKeyArn=SECRET)
    assert previewed(step("update", FUNCTION, hidden, hidden, "kmsKeyArn", "memorySize")) == [
        ("kmsKeyArn", "[secret]", "[secret]")
    ]


def test_a_document_with_its_keys_in_another_order_is_the_same_one() -> None:
    def policy(text: str) -> dict[str, Any]:
        return {side: {"policy": text, "name": "p"} for side in ("inputs", "outputs")}

    reordered = policy('{"Version": "2012-10-17", "Id": "a"}'), policy('{"Id":"a","Version":"2012-10-17"}')
    assert previewed(step("update", "aws:iam/policy:Policy", *reordered, "policy")) == []
    assert found(step("update", "aws:iam/policy:Policy", *reordered, "policy")) == []
