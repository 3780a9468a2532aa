"""What differs between two stacks, and what is no difference because it is a stack's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.plan.comparison import ComparedStack, Part, Unlike, comparison
from deploy_driver.record.redaction import readable
from deploy_driver.render.comparison import as_json, as_text
from tests import samples

DEV, PROD = samples.stack("dev"), samples.stack("prod")


def told(stack: str, known: Mapping[Part, Mapping[str, Any]], ids: Mapping[str, str] | None = None) -> ComparedStack:
    return ComparedStack(DEV if stack == "dev" else PROD, known, ids or {})


def resources(dev: Mapping[str, Any], prod: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    found = comparison(told("dev", {Part.RESOURCE: dev}), told("prod", {Part.RESOURCE: prod}))
    assert {one.part for one in found} <= {Part.RESOURCE}
    return [(one.what, one.left, one.right) for one in found]


def test_a_value_that_differs_is_said_where_it_stands() -> None:
    function = {"memorySize": 128, "environment": {"variables": {"LEVEL": "debug", "SAME": "x"}}}
    other = {"memorySize": 512, "environment": {"variables": {"LEVEL": "info", "SAME": "x", "NEW": "y"}}}
    assert resources({"lambda/function items": function}, {"lambda/function items": other}) == [
        ("lambda/function items memorySize", 128, 512),
        ("lambda/function items environment.variables.LEVEL", "debug", "info"),
        ("lambda/function items environment.variables.NEW", None, "y"),
    ]


def test_what_only_one_has_is_one_line() -> None:
    assert resources({"s3/bucket a": {"bucket": "x"}}, {"s3/bucket b": {}}) == [
        ("s3/bucket a", "there", None),
        ("s3/bucket b", None, "there"),
    ]


@pytest.mark.parametrize("shape", ["items-{name}-{account}", "arn:aws:s3:::items-{name}/*", "{account}", "{region}"])
def test_what_is_a_stack_s_own_is_no_difference(shape: str) -> None:
    dev, prod = (shape.format(name=one.name, account=one.account, region=one.region) for one in (DEV, PROD))
    assert resources({f"s3/bucket {dev}": {"bucket": [dev]}}, {f"s3/bucket {prod}": {"bucket": [prod]}}) == []


def test_a_name_inside_of_another_word_is_not_the_stack_s() -> None:
    assert resources({"a": {"tier": "development"}}, {"a": {"tier": "production"}}) == [
        ("a tier", "development", "production")
    ]


def test_an_id_that_aws_gave_is_no_difference_and_one_of_another_thing_is() -> None:
    dev = told("dev", {Part.RESOURCE: {"route a": {"api": "api/1137f935"}}}, {"1137f935": "ID-OF-api items"})
    prod = told("prod", {Part.RESOURCE: {"route a": {"api": "api/b811ce7c"}}}, {"b811ce7c": "ID-OF-api items"})
    assert comparison(dev, prod) == ()
    other = replace(prod, ids={"b811ce7c": "ID-OF-api orders"})
    assert comparison(dev, other) == (Unlike(Part.RESOURCE, "route a api", "api/1137f935", "api/b811ce7c"),)


def test_a_policy_is_compared_by_its_statements_also_as_text() -> None:
    def policy(*actions: str) -> str:
        return json.dumps(
            {"Statement": [{"Sid": "Read", "Action": list(actions)}, {"Sid": "Same", "Action": "s3:List*"}]}
        )

    assert resources(
        {"s3/bucketPolicy a": {"policy": policy("s3:Get*")}}, {"s3/bucketPolicy a": {"policy": policy()}}
    ) == [("s3/bucketPolicy a policy.Statement[Read].Action", ["s3:Get*"], [])]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("{"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KNOWN = st.dictionaries(st.sampled_from(list(Part)), st.dictionaries(st.text(max_size=5), VALUES, max_size=3))


@given(KNOWN)
def test_a_stack_does_not_differ_from_itself(known: Mapping[Part, Mapping[str, Any]]) -> None:
    assert comparison(told("dev", known), told("dev", known)) == ()


@given(KNOWN, KNOWN)
def test_either_side_may_be_the_left_one(
    one: Mapping[Part, Mapping[str, Any]], other: Mapping[Part, Mapping[str, Any]]
) -> None:
    there = comparison(told("dev", one), told("dev", other))
    back = comparison(told("dev", other), told("dev", one))
    key = repr
    assert sorted(((x.part, x.what, x.left, x.right) for x in there), key=key) == sorted(
        ((x.part, x.what, x.right, x.left) for x in back), key=key
    )


@given(KNOWN, KNOWN)
def test_whatever_it_is_it_can_be_shown(
    one: Mapping[Part, Mapping[str, Any]], other: Mapping[Part, Mapping[str, Any]]
) -> None:
    found = comparison(told("dev", one), told("prod", other))
    said = as_text("dev", "prod", found)
    assert said == readable(said)
    assert len(as_json("dev", "prod", found)["differences"]) == len(found)


def test_nothing_that_differs_is_said_to_be_so() -> None:
    assert as_text("dev", "prod", ()) == "nothing differs between dev and prod"
