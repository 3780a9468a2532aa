"""What the deployment role, as it is in its account, may not do of what is planned; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from deploy_driver.iam_policy import IamPolicy, Layers, decide, read, requests_of
from deploy_driver.values import MissingRight, ResourceChange, RoleInAccount
from deploy_project.seam import RoleNeed

_PHASES: Mapping[str, frozenset[str]] = {
    "create": frozenset({"create"}),
    "update": frozenset({"update"}),
    "replace": frozenset({"create", "delete"}),
    "delete": frozenset({"delete"}),
}
"""What Pulumi's operations make the AWS provider do, in the words of the needs."""
_LOOKING = frozenset({"read", "preview"})
"""What the provider does with every resource that it works on."""


def missing_rights(
    planned: Iterable[ResourceChange], needs: Sequence[RoleNeed], role: RoleInAccount
) -> tuple[MissingRight, ...]:
    """Every action on every thing that a planned change takes and the role may not do, each once and in order.

    A change of which no need is known, such as one of a resource whose rights are given by hand, takes nothing here. Raises
    PolicyError where a document of the role cannot be decided.
    """
    layers = _layers(role)
    of_role = [need for need in needs if need.arn == role.arn]
    found = (right for change in planned for right in _missing(change, _of(change, of_role), layers))
    return tuple({(right.change.urn, right.action, right.resource): right for right in found}.values())


def beyond(missing: Iterable[MissingRight], needs: Iterable[RoleNeed]) -> list[MissingRight]:
    """Those rights that no role made from the program as it is would have: of what it no longer has, or calls otherwise."""
    granted = {(need.action, resource) for need in needs for resource in need.resources}
    return [right for right in missing if (right.action, right.resource) not in granted]


def named(missing: Iterable[MissingRight]) -> str:
    """The things that rights are missing for, each once."""
    return ", ".join(dict.fromkeys(right.resource for right in missing))


def _layers(role: RoleInAccount) -> Layers:
    statements = [
        statement for name, document in role.policies.items() for statement in read(name, document).statements
    ]
    boundary = read("boundary", role.boundary) if role.boundary else None
    return Layers(IamPolicy(role.name, tuple(statements)), boundary)


def _of(change: ResourceChange, needs: Iterable[RoleNeed]) -> list[RoleNeed]:
    """What the change takes: what changes something first."""
    phases = _PHASES.get(change.op, frozenset()) | _LOOKING
    of_it = (need for need in needs if (need.type, need.name) == (change.type, change.name) and need.phase in phases)
    return sorted(of_it, key=lambda need: need.phase in _LOOKING)


def _missing(change: ResourceChange, needs: Iterable[RoleNeed], layers: Layers) -> Iterator[MissingRight]:
    for need in needs:
        for request in requests_of(need):
            decision = decide(request, layers)
            if not decision.allowed:
                yield MissingRight(change, request.resource, request.action, decision.reason)


def listed(missing: Iterable[MissingRight]) -> list[str]:
    """A line for each thing of each resource: what is planned with it, and every action that is missing there."""
    actions: dict[tuple[str, str, str, str], list[str]] = {}
    for right in missing:
        change = right.change
        actions.setdefault((change.op, change.type, change.name, right.resource), []).append(right.action)
    return [f"{op} {type_} {name} ({on}): {', '.join(said)}" for (op, type_, name, on), said in actions.items()]
