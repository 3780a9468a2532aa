"""Laws of a reviewed plan's bytes, whatever is in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.bundle.compare import differences, steps_of
from deploy_driver.bundle.model import BoundStack
from deploy_driver.bundle.seal import canonical, parse
from deploy_driver.values import PropertyDiff, ResourceChange
from tests.reviews import BINDING, BUNDLE

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
DIFFS = st.builds(PropertyDiff, st.text(), st.sampled_from(["add", "update", "delete-replace"]), VALUES, VALUES)
CHANGES = st.builds(
    ResourceChange,
    st.sampled_from([f"urn:pulumi:dev::items::aws:s3/bucket:Bucket::{name}" for name in "abc"]),
    st.sampled_from(["create", "update", "replace", "delete"]),
    st.lists(st.text(), max_size=2).map(tuple),
    st.lists(DIFFS, max_size=3).map(tuple),
)
PLANS = st.lists(CHANGES, max_size=3, unique_by=lambda change: change.urn)


def bundle_of(changes: list[ResourceChange]) -> Any:
    stack = BoundStack("dev", "222222222222", "r", "s", "t", steps_of(changes))
    return replace(BUNDLE, binding=replace(BINDING, stacks=(stack,)))


def reversed_keys(value: Any) -> Any:
    """The same JSON, written in another order."""
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


@given(PLANS)
def test_a_plan_survives_being_written_and_read(changes: list[ResourceChange]) -> None:
    content = canonical(bundle_of(changes))
    read = parse(content)
    assert canonical(read) == content
    assert list(differences("dev", read.stack("dev").steps, steps_of(changes))) == []


@given(PLANS)
def test_the_order_of_keys_and_of_reports_is_no_part_of_it(changes: list[ResourceChange]) -> None:
    turned = [
        replace(
            change,
            keys=tuple(reversed(change.keys)),
            diffs=tuple(
                replace(diff, old=reversed_keys(diff.old), new=reversed_keys(diff.new)) for diff in change.diffs
            ),
        )
        for change in reversed(changes)
    ]
    assert canonical(bundle_of(changes)) == canonical(bundle_of(turned))


@given(PLANS, PLANS)
def test_no_difference_is_found_between_equal_plans_only(
    one: list[ResourceChange], other: list[ResourceChange]
) -> None:
    found = list(differences("dev", steps_of(one), steps_of(other)))
    assert (not found) == (canonical(bundle_of(one)) == canonical(bundle_of(other)))
