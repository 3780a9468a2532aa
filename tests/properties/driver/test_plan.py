"""Laws of selection and order, for any graph of needs."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.errors import UsageError
from deploy_driver.plan.plan import make_plan
from deploy_driver.plan.selection import in_order, select
from deploy_driver.values import Operation, Stack
from tests.samples import stack

NAMES = [f"s{number}" for number in range(7)]


@st.composite
def acyclic(draw: st.DrawFn) -> list[Stack]:
    """Stacks that only need earlier ones, then shuffled."""
    stacks = [
        stack(name, needs=tuple(draw(st.lists(st.sampled_from(NAMES[:place] or [name]), unique=True))) if place else ())
        for place, name in enumerate(NAMES)
    ]
    return list(draw(st.permutations(stacks)))


@st.composite
def any_graph(draw: st.DrawFn) -> list[Stack]:
    return [stack(name, needs=tuple(draw(st.lists(st.sampled_from(NAMES), unique=True)))) for name in NAMES]


def needs_of(name: str, by_name: dict[str, Stack], seen: frozenset[str] = frozenset()) -> set[str]:
    """All that a stack needs, by definition: its needs and theirs."""
    direct = set(by_name[name].needs) - seen
    return direct.union(*(needs_of(need, by_name, seen | direct) for need in direct))


@given(acyclic(), st.data())
def test_whatever_is_chosen_every_need_goes_before_what_needs_it(stacks: list[Stack], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(stacks), unique_by=lambda stack: stack.name))
    ordered = in_order(chosen, stacks)
    assert sorted(stack.name for stack in ordered) == sorted(stack.name for stack in chosen)
    by_name = {stack.name: stack for stack in stacks}
    place = {stack.name: position for position, stack in enumerate(ordered)}
    for one, position in place.items():
        for need in needs_of(one, by_name) & place.keys():
            assert place[need] < position


@given(acyclic())
def test_destroy_is_up_backwards(stacks: list[Stack]) -> None:
    up, destroy = make_plan(Operation.UP, stacks), make_plan(Operation.DESTROY, stacks)
    assert up.stacks == tuple(reversed(destroy.stacks))


@given(any_graph())
def test_any_graph_is_ordered_or_its_circle_is_said(stacks: list[Stack]) -> None:
    by_name = {stack.name: stack for stack in stacks}
    try:
        ordered = in_order(stacks)
    except UsageError as error:
        path = error.what.split(": ")[1].split(" → ")
        assert path[0] == path[-1]
        for before, after in pairwise(path):
            assert before in by_name[after].needs
    else:
        done: set[str] = set()
        for one in ordered:
            assert set(one.needs) <= done
            done.add(one.name)


@given(st.lists(st.sampled_from(NAMES), min_size=1))
def test_a_selection_has_every_name_once(names: list[str]) -> None:
    selected = [stack.name for stack in select([stack(name) for name in NAMES], names)]
    assert selected == list(dict.fromkeys(names))


@given(st.text())
def test_any_text_is_a_selection_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        assert {one.name for one in select([stack("dev")], text.split(","))} <= {"dev"}
