"""The known ways from some rights to more, and which of them a role's policies leave open, decided by evaluation.

`escalation.json` has one record per way: the actions that it takes, on what kind of thing, and to which service a role is
passed. The ways are those of the public catalogues that each record cites; the words are ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from deploy_driver.assurance.iam.roles import RoleDefinition
from deploy_driver.iam_policy import PolicyRequest, covers, decide, matches, names_action
from deploy_project.accounts import ORGANIZATION_ROLE
from deploy_project.stacks import arn, role_arn

ELSEWHERE = "us-east-1"
"""A region that is asked for beside those that a role works in."""


@dataclass(frozen=True)
class EscalationPath:
    """One way to more rights. `needs` says for each action what kind of thing it is done to."""

    id: str
    name: str
    service: str
    needs: Mapping[str, str]
    passed_to: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class OpenPath:
    """A way that a role's policies leave open, and for each of its actions a request that is allowed."""

    path: EscalationPath
    role: RoleDefinition
    allowed: tuple[PolicyRequest, ...]


@cache
def catalogue() -> tuple[EscalationPath, ...]:
    """Every known way, in the order of their ids."""
    records = json.loads((files("deploy_driver.assurance.iam") / "escalation.json").read_text("utf-8"))
    return tuple(
        EscalationPath(
            record["id"],
            record["name"],
            record["service"],
            record["needs"],
            record.get("passed-to", ""),
            tuple(record["sources"]),
        )
        for record in records
    )


def is_open(path: EscalationPath, role: RoleDefinition, roles: Iterable[RoleDefinition] = ()) -> OpenPath | None:
    """How the role could take the path, or None.

    What a role is there to do is not counted: to deploy code into its own function and to pass it its execution role is
    its work, and the execution role is looked at like any other. Conditions on keys that the caller can choose are taken
    to hold, so that only a refusal that nothing gets around closes a path.
    """
    if not all(_grants(role, action) for action in path.needs):
        return None
    found: list[PolicyRequest] = []
    for action in path.needs:
        asked = _requests(path, action, role, roles)
        allowed = next((request for request in asked if decide(request, role.layers).allowed), None)
        if allowed is None:
            return None
        found.append(allowed)
    return OpenPath(path, role, tuple(found))


def _grants(role: RoleDefinition, action: str) -> bool:
    """Whether the role's policy allows the action on anything at all: most paths end here, without a request."""
    return any(each.allows and names_action(each, action) for each in role.layers.identity.statements)


def _requests(
    path: EscalationPath, action: str, role: RoleDefinition, roles: Iterable[RoleDefinition]
) -> Iterator[PolicyRequest]:
    own = {request.resource for need in role.needs for request in need.requests if request.action == action}
    context = {"iam:PassedToService": path.passed_to} if action == "iam:PassRole" else {}
    for resource in (*_others(path.needs[action], action, role, roles), *_reached(action, role, own)):
        if not any(covers(needed, resource) for needed in own - {"*"}):
            yield PolicyRequest(action, resource, context, chosen=True)


def _others(kind: str, action: str, role: RoleDefinition, roles: Iterable[RoleDefinition]) -> Iterator[str]:
    """Things of the kind that are not the role's own."""
    accounts = sorted({role.account, *(other.account for other in roles)})
    if kind == "role":
        yield role.arn
        yield from (other.arn for other in roles)
        for account in accounts:
            yield from (role_arn(account, name) for name in ("Administrator", ORGANIZATION_ROLE))
    elif kind in {"user", "group", "policy"}:
        yield arn("iam", f"{kind}/administrator", account=role.account)
    else:
        thing = "function:another" if kind == "function" else "another"
        yield "*"
        for region in sorted(_regions(role)):
            yield arn(action.partition(":")[0], thing, region=region, account=role.account)


def _reached(action: str, role: RoleDefinition, own: Iterable[str]) -> Iterator[str]:
    """A thing for each resource pattern of the role's policy that covers nothing of its own."""
    for statement in role.layers.identity.statements:
        if statement.allows and names_action(statement, action):
            for pattern in statement.resources:
                if not any(matches(pattern, resource) for resource in own):
                    yield pattern.replace("*", "x").replace("?", "x")


def _regions(role: RoleDefinition) -> set[str]:
    arns = [request.resource.split(":") for need in role.needs for request in need.requests]
    return {ELSEWHERE, *(arn[3] for arn in arns if arn[3:] and arn[3])}
