"""What a role's own policy grants without need: actions, resources, wildcards, and everything at once."""

from __future__ import annotations

from collections.abc import Iterator

from driver.iam import levels
from driver.iam.finding import Finding, Rule
from driver.iam.holders import Role
from driver.iam.policy import Statement
from driver.iam.wildcards import is_pattern, matches, matches_action


def surplus(role: Role) -> Iterator[Finding]:
    """Every action and every resource of the policy's Allow statements that no need of the role asks for."""
    for statement in role.layers.identity.statements:
        if statement.allows:
            for rule, fact in (*_actions(role, statement), *_resources(role, statement)):
                where = f"{role.layers.identity.name}: {statement.name}"
                yield Finding(rule, role.stack, role.name, where, fact)


def _actions(role: Role, statement: Statement) -> Iterator[tuple[Rule, str]]:
    if statement.but_actions:
        yield Rule.WILDCARD_ACTION, f"allows everything but {', '.join(statement.but_actions)}"
    for action in statement.actions:
        needed = {
            request.action
            for request in role.requests
            if matches_action(action, request.action) and _covers(statement, request.resource)
        }
        if is_pattern(action):
            known = len(levels.meant_by(action))
            yield Rule.WILDCARD_ACTION, f"{action} allows {known} known actions where {len(needed)} are needed"
        elif not needed:
            yield Rule.SURPLUS, f"{action} is allowed on {', '.join(statement.resources)}, and nothing needs it there"


def _resources(role: Role, statement: Statement) -> Iterator[tuple[Rule, str]]:
    if statement.but_resources:
        yield Rule.ANY_RESOURCE, f"allows every resource but {', '.join(statement.but_resources)}"
    for resource in statement.resources:
        narrow = [action for action in statement.actions if levels.takes_resource(action)]
        if resource == "*" and narrow:
            yield Rule.ANY_RESOURCE, f"allows {', '.join(narrow)} on *"
        asked = (request for request in role.requests if matches(resource, request.resource))
        if not any(matches_action(action, request.action) for request in asked for action in statement.actions):
            yield Rule.SURPLUS_RESOURCE, f"{resource} is allowed, and nothing is needed there"


def _covers(statement: Statement, resource: str) -> bool:
    return not statement.resources or any(matches(pattern, resource) for pattern in statement.resources)
