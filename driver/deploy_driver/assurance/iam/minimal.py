"""What a role's own policy grants without need: actions, resources, wildcards, and everything at once.

A resource is needed as wide as it is when some need of each action is as wide: the needs say what nobody knows beforehand
with IAM's own wildcards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from deploy_driver.assurance.iam import levels
from deploy_driver.assurance.iam.evaluate import Request, Statement, covers, is_pattern, matches_action
from deploy_driver.assurance.iam.finding import Finding, Rule
from deploy_driver.assurance.iam.holders import Role

_S3 = re.compile(r"arn:aws:s3:::[^/*?]+/[^*?]*\*")
_OTHER = re.compile(r"(?:[^:*?]*:){5}[^/:*?]+[/:]/?[^/:*?]+[/:][^*?]*\*")
"""ARNs with a name and `*` behind it. In all but S3's a kind of thing stands before the name (`function:NAME`, `role/PATH`)."""


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
        needed = {request.action for request in _needed(role, statement, action)}
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
        if narrow and not names_something(resource) and not (statement.conditions and resource != "*"):
            yield Rule.ANY_RESOURCE, f"allows {', '.join(narrow)} on {resource}"
        for needed, actions in _too_wide(role, statement, resource).items():
            only = f"only {', '.join(needed)} is needed" if needed else "nothing is needed there"
            yield Rule.SURPLUS_RESOURCE, f"{resource} is allowed for {', '.join(actions)}, and {only}"


def _too_wide(role: Role, statement: Statement, resource: str) -> Mapping[tuple[str, ...], list[str]]:
    """The actions of which no need is as wide as the resource, by what they do need within it.

    Not those that are not needed at all in this statement, which is a finding of its own.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for action in statement.actions:
        needs = dict.fromkeys(request.resource for request in _needed(role, statement, action))
        if needs and not any(covers(need, resource) for need in needs):
            within = tuple(need for need in needs if covers(resource, need))
            found.setdefault(within, []).append(action)
    return found


def names_something(resource: str) -> bool:
    """Whether an ARN says by name what it is about, and leaves open at most what is below that name.

    Below a bucket: its objects; below a function, a log group or a path of roles: versions, streams, roles. `key/*` or
    `bucket-*` name nothing, so a condition has to say which of them is meant.
    """
    open_ended = _S3 if resource.startswith("arn:aws:s3:") else _OTHER
    return not is_pattern(resource) or open_ended.fullmatch(resource) is not None


def _needed(role: Role, statement: Statement, action: str) -> Iterator[Request]:
    """What the role needs of the action where the statement allows it."""
    for request in role.requests:
        meant = request.resource
        met = any(covers(resource, meant) or covers(meant, resource) for resource in statement.resources or ("*",))
        if met and matches_action(action, request.action):
            yield request
