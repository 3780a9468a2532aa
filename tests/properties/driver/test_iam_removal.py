"""Whatever single action is taken out of a role's policy, something that is named breaks; nothing else is needed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from driver.iam.check import missing
from driver.iam.holders import Role
from tests.unit.driver.iam.shipped import shipped


@cache
def granted() -> list[tuple[Role, int, str]]:
    """Every action of every statement of every role: role, statement, action."""
    return [
        (role, place, action)
        for role in shipped()
        for place, statement in enumerate(role.layers.identity.statements)
        for action in statement.actions
    ]


@given(st.sampled_from(granted()))
def test_every_single_action_is_needed_where_it_stands(taken: tuple[Role, int, str]) -> None:
    role, place, action = taken
    statements = list(role.layers.identity.statements)
    kept = tuple(each for each in statements[place].actions if each != action)
    statements[place : place + 1] = [replace(statements[place], actions=kept)] if kept else []
    less = replace(
        role, layers=replace(role.layers, identity=replace(role.layers.identity, statements=tuple(statements)))
    )
    assert list(missing(role)) == []
    broken = list(missing(less))
    assert broken
    assert all(action in finding.fact for finding in broken)


@given(st.sampled_from(shipped()), st.data())
def test_every_single_resource_is_needed_where_it_stands(role: Role, data: st.DataObject) -> None:
    statements = list(role.layers.identity.statements)
    place = data.draw(st.integers(0, len(statements) - 1))
    resource = data.draw(st.sampled_from(statements[place].resources))
    kept = tuple(each for each in statements[place].resources if each != resource)
    statements[place : place + 1] = [replace(statements[place], resources=kept)] if kept else []
    less = replace(
        role, layers=replace(role.layers, identity=replace(role.layers.identity, statements=tuple(statements)))
    )
    assert list(missing(less))
