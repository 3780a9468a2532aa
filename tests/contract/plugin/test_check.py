"""What a program may give: exactly what the plugin acts on, with the defaults that the real provider fills in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy_sandbox.plugin.autonaming import DEFAULTS
from deploy_sandbox.plugin.check import checked
from deploy_sandbox.plugin.registry import resource_type
from deploy_sandbox.plugin.wire import UNKNOWN, CodeArchive
from tests.contract.plugin.all_types import all_types

ROLE = resource_type("aws:iam/role:Role")
STAGE = resource_type("aws:apigatewayv2/stage:Stage")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
GOOD = {"name": "r", "assumeRolePolicy": TRUST}


def reasons(given: dict[str, Any]) -> dict[str, str]:
    return {one.property: one.reason for one in checked(ROLE, given, {})[1]}


def test_good_inputs_pass_with_defaults_and_all_tags() -> None:
    inputs, failures = checked(ROLE, {**GOOD, "tags": {"a": "1", "b": "own"}}, {"b": "default", "c": "3"})
    assert failures == ()
    assert inputs["maxSessionDuration"] == 3600
    assert inputs["path"] == "/"
    assert inputs[DEFAULTS] == ["maxSessionDuration", "path"]
    assert inputs["tagsAll"] == {"a": "1", "b": "own", "c": "3"}


@pytest.mark.parametrize("kind", all_types(), ids=lambda kind: kind.token)
def test_an_input_that_is_not_acted_upon_is_refused_with_its_type(kind: Any) -> None:
    _, failures = checked(kind, {"brandNew": 1}, {})
    (said,) = (one.reason for one in failures if one.property == "brandNew")
    assert all(word in said for word in ("brandNew", kind.token, "DEPLOY_PLUGIN=real"))


@pytest.mark.parametrize("kind", all_types(), ids=lambda kind: kind.token)
def test_all_that_is_required_is_missed_when_nothing_is_given(kind: Any) -> None:
    _, failures = checked(kind, {}, {})
    assert {one.property for one in failures} == {one.name for one in kind.inputs if one.required}


def test_a_missing_name_says_that_none_is_made_up() -> None:
    assert "auto-naming is off" in reasons({"assumeRolePolicy": TRUST})["name"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("maxSessionDuration", "3600", "must be a whole number"),
        ("maxSessionDuration", True, "must be a whole number"),
        ("description", 1, "must be a string"),
        ("tags", ["a"], "must be an object of strings"),
        ("assumeRolePolicy", "{", "it is not JSON"),
        ("assumeRolePolicy", "[]", "it is not an object"),
        ("tagsAll", {}, "does not act on tagsAll"),
    ],
)
def test_the_wrong_shape_is_refused(key: str, value: Any, said: str) -> None:
    assert said in reasons({**GOOD, key: value})[key]


def test_code_that_cannot_be_packed_is_refused_before_anything_is_made() -> None:
    function = resource_type("aws:lambda/function:Function")
    given = {"name": "f", "role": "r", "runtime": "python3.13", "handler": "a.b"}
    remote = CodeArchive(hash="h", uri="https://example.com/a.zip")
    (failure,) = checked(function, {**given, "code": remote}, {})[1]
    assert (failure.property, "fetches nothing from elsewhere" in failure.reason) == ("code", True)
    assert checked(function, {**given, "code": CodeArchive(hash="h")}, {})[1] == ()


def test_shapes_within_are_looked_at() -> None:
    given = {"apiId": "a", "name": "n", "defaultRouteSettings": {"throttlingBurstLimit": "many", "detail": 1}}
    _, failures = checked(STAGE, given, {})
    assert {one.property for one in failures} == {
        "defaultRouteSettings.throttlingBurstLimit",
        "defaultRouteSettings.detail",
    }
    good = {**given, "defaultRouteSettings": {"throttlingBurstLimit": 1}}
    assert checked(STAGE, good, {})[1] == ()


@pytest.mark.parametrize("kind", all_types(), ids=lambda kind: kind.token)
def test_what_is_unknown_passes(kind: Any) -> None:
    given = {one.name: UNKNOWN for one in kind.inputs if one.given}
    inputs, failures = checked(kind, given, {"a": "1"})
    assert failures == ()
    assert {**given, **inputs} == inputs


def test_a_document_may_be_an_object() -> None:
    assert json.loads(checked(ROLE, {**GOOD, "assumeRolePolicy": {"Statement": []}}, {})[0]["assumeRolePolicy"]) == {
        "Statement": []
    }
    assert checked(ROLE, {**GOOD, "assumeRolePolicy": {"Statement": [UNKNOWN]}}, {})[0]["assumeRolePolicy"] is UNKNOWN


def test_what_is_checked_may_be_checked_again() -> None:
    inputs, _ = checked(ROLE, GOOD, {})
    given = {key: value for key, value in inputs.items() if key != "tagsAll"}
    assert checked(ROLE, given, {})[1] == ()
