"""Which side moved: values decide, whatever a provider names."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.drift.finding import findings_of
from deploy_driver.drift.resource_state import PropertyState, ResourceState
from deploy_driver.record.catalogue import Moved
from tests.samples import stack

URN = "urn:pulumi:dev::items::aws:lambda/function:Function::items"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2),
    max_leaves=4,
)


def moved(state: Any, cloud: Any, code: Any, *, moved: bool, wanted: bool) -> list[Moved]:
    seen = PropertyState("memorySize", state, cloud, code, moved, wanted)
    return [one.moved for one in findings_of(stack(), ResourceState(URN, "update", True, False, properties=(seen,)))]


@given(VALUES, st.booleans(), st.booleans())
def test_three_equal_values_are_never_drift(value: Any, named: bool, wanted: bool) -> None:
    assert moved(value, value, value, moved=named, wanted=wanted) == []


@given(VALUES, VALUES)
def test_two_that_differ_are_drift_of_the_side_that_differs(value: Any, other: Any) -> None:
    told = [] if value == other else [Moved.CLOUD]
    assert moved(value, other, value, moved=True, wanted=True) == told
    assert moved(value, other, value, moved=False, wanted=True) == told
    assert moved(value, value, other, moved=False, wanted=True) == [Moved.CODE for _ in told]
    assert moved(value, value, other, moved=True, wanted=True) == [Moved.CODE for _ in told]
