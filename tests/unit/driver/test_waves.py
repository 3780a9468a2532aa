"""Which stacks can go at the same time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.errors import UsageError
from deploy_driver.plan.selection import waves
from deploy_driver.values import Stack
from tests.samples import chain, stack


def names(*stacks: Stack, known: tuple[Stack, ...] = ()) -> list[str]:
    return [" ".join(one.name for one in wave) for wave in waves(stacks, known)]


def test_a_chain_goes_one_by_one_and_what_needs_nothing_goes_at_once() -> None:
    assert names(*chain()) == ["dev", "staging", "prod"]
    assert names(stack("b"), stack("a")) == ["b a"]
    assert names() == []


def test_a_stack_goes_as_soon_as_it_can() -> None:
    dev, staging, prod = chain()
    assert names(prod, stack("other"), staging, dev) == ["other dev", "staging", "prod"]


def test_a_need_through_a_stack_that_was_not_chosen_still_counts() -> None:
    dev, staging, prod = chain()
    assert names(prod, dev, known=(dev, staging, prod)) == ["dev", "prod"]


def test_a_circle_is_said() -> None:
    with pytest.raises(UsageError, match="in a circle"):
        waves((stack("a", needs=("b",)), stack("b", needs=("a",))))


@given(st.lists(st.lists(st.integers(0, 20), max_size=4), max_size=12))
def test_each_stack_is_in_one_wave_after_all_that_it_needs(edges: list[list[int]]) -> None:
    stacks = tuple(
        stack(f"s{n}", needs=tuple(f"s{need}" for need in needs if need < n)) for n, needs in enumerate(edges)
    )
    place = {one.name: number for number, wave in enumerate(waves(stacks)) for one in wave}
    assert sorted(place) == sorted(one.name for one in stacks)
    for one in stacks:
        assert place[one.name] == max((place[need] + 1 for need in one.needs), default=0)
