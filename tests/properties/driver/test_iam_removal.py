"""Nothing in a role's policy can be less, and nothing wider: not an action, not a resource, not a part of one.

Whatever is taken away or narrowed, something that is named is missing; whatever is widened, it is found where it stands.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.assurance.iam.check import IamRule, missing, surplus
from deploy_driver.assurance.iam.roles import RoleDefinition
from deploy_driver.iam_policy import Statement
from tests.unit.driver.iam.shipped import shipped


def edited(
    role: RoleDefinition,
    place: int,
    *,
    actions: tuple[str, ...] | None = None,
    resources: tuple[str, ...] | None = None,
) -> RoleDefinition:
    """The role, whose policy's statement at that place says something else; without any action or resource it is gone."""
    statements = list(role.layers.identity.statements)
    old = statements[place]
    new = replace(
        old,
        actions=old.actions if actions is None else actions,
        resources=old.resources if resources is None else resources,
    )
    statements[place : place + 1] = [new] if new.actions and new.resources else []
    identity = replace(role.layers.identity, statements=tuple(statements))
    return replace(role, layers=replace(role.layers, identity=identity))


@cache
def granted() -> list[tuple[RoleDefinition, int, str]]:
    """Every action of every statement of every role: role, statement, action."""
    return [
        (role, place, action)
        for role in shipped()
        for place, statement in enumerate(role.layers.identity.statements)
        for action in statement.actions
    ]


@cache
def resources() -> list[tuple[RoleDefinition, int, str]]:
    """Every resource of every statement of every role: role, statement, resource."""
    return [
        (role, place, resource)
        for role in shipped()
        for place, statement in enumerate(role.layers.identity.statements)
        for resource in statement.resources
    ]


def statement_of(role: RoleDefinition, place: int) -> Statement:
    return role.layers.identity.statements[place]


def instead(texts: tuple[str, ...], old: str, *new: str) -> tuple[str, ...]:
    return tuple(each for text in texts for each in (new if text == old else (text,)))


@given(st.sampled_from(granted()))
def test_every_single_action_is_needed_where_it_stands(taken: tuple[RoleDefinition, int, str]) -> None:
    role, place, action = taken
    assert list(missing(role)) == []
    less = edited(role, place, actions=instead(statement_of(role, place).actions, action))
    broken = list(missing(less))
    assert broken
    assert all(action in finding.fact for finding in broken)


@given(st.sampled_from(resources()))
def test_every_single_resource_is_needed_for_each_action_where_it_stands(
    taken: tuple[RoleDefinition, int, str],
) -> None:
    role, place, resource = taken
    statement = statement_of(role, place)
    for action in statement.actions:
        less = edited(role, place, actions=instead(statement.actions, action))
        kept = replace(statement, actions=(action,), resources=instead(statement.resources, resource))
        statements = (*less.layers.identity.statements, *([kept] if kept.resources else []))
        less = replace(less, layers=replace(less.layers, identity=replace(less.layers.identity, statements=statements)))
        broken = list(missing(less))
        assert broken, (action, resource)
        assert all(action in finding.fact for finding in broken)


@given(st.sampled_from([each for each in resources() if "*" in each[2]]), st.sampled_from(["x", "items/x", "?"]))
def test_no_wildcard_can_be_narrower(taken: tuple[RoleDefinition, int, str], instead_of_any: str) -> None:
    role, place, resource = taken
    narrower = resource.removesuffix("*") + (instead_of_any + "*" if instead_of_any != "?" else "?")
    assert list(
        missing(edited(role, place, resources=instead(statement_of(role, place).resources, resource, narrower)))
    )


@given(st.sampled_from([each for each in resources() if each[2] != "*"]), st.data())
def test_nothing_can_be_wider(taken: tuple[RoleDefinition, int, str], data: st.DataObject) -> None:
    role, place, resource = taken
    statement = statement_of(role, place)
    cut = data.draw(st.integers(0, len(resource.removesuffix("*")) - 1))
    wider = f"{resource[:cut]}*"
    found = list(surplus(edited(role, place, resources=instead(statement.resources, resource, wider))))
    assert (IamRule.SURPLUS_RESOURCE, f"{role.layers.identity.name}: {statement.name}") in {
        (finding.rule, finding.where) for finding in found
    }
    assert any(wider in finding.fact for finding in found)
    assert list(surplus(role)) == []
