"""Who holds what: roles with their policies, and every request that they need to make, from what the program says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from deploy_driver.errors import UsageError
from deploy_driver.iam_policy import IamPolicy, Layers, PolicyRequest, read, requests_of
from deploy_project.seam import RoleNeed

Documents = Mapping[str, Mapping[str, Any]]
_LOOKING = {"preview", "drift", "audit", "soak"}


@dataclass(frozen=True)
class CallNeed:
    """One call that a role makes and the requests that AWS authorises for it. `session` says whether it is narrowed."""

    type: str
    phase: str
    operation: str
    action: str
    requests: tuple[PolicyRequest, ...]
    narrowed: bool = False


@dataclass(frozen=True)
class RoleDefinition:
    """One role of one stack: the policies that decide for it, and what it needs. `env` is in the names of its things."""

    stack: str
    env: str
    name: str
    arn: str
    layers: Layers
    needs: tuple[CallNeed, ...] = ()

    @property
    def account(self) -> str:
        """The account it is in."""
        return self.arn.split(":")[4]

    @property
    def only_reads(self) -> bool:
        """Whether all that it does is looking."""
        return all(need.phase in _LOOKING for need in self.needs)

    @cached_property
    def requests(self) -> tuple[PolicyRequest, ...]:
        """Every request that it makes, each once."""
        return tuple({request.key: request for need in self.needs for request in need.requests}.values())

    def layers_for(self, need: CallNeed) -> Layers:
        """The policies that decide for one need: the session policy only where the session is narrowed by it."""
        return self.layers if need.narrowed else Layers(self.layers.identity, self.layers.boundary)


def roles(stack: str, env: str, documents: Documents, needs: Iterable[RoleNeed]) -> tuple[RoleDefinition, ...]:
    """The roles of a stack. Raises UsageError where a document is not there, PolicyError for a policy."""
    rows: dict[str, list[RoleNeed]] = {}
    for row in needs:
        rows.setdefault(row.role, []).append(row)
    return tuple(_role(stack, env, name, documents, said) for name, said in rows.items())


def _role(stack: str, env: str, name: str, documents: Documents, rows: Sequence[RoleNeed]) -> RoleDefinition:
    session = next((row.session for row in rows if row.session), "")
    layers = Layers(
        _policy(stack, documents, rows[0].policy),
        _policy(stack, documents, rows[0].boundary) if rows[0].boundary else None,
        _policy(stack, documents, session) if session else None,
    )
    return RoleDefinition(stack, env, name, rows[0].arn, layers, tuple(_need(row) for row in rows))


def _policy(stack: str, documents: Documents, name: str) -> IamPolicy:
    if name not in documents:
        raise UsageError(f"the needs name the document {name}, which the program does not show", where=stack)
    return read(name, documents[name])


def _need(row: RoleNeed) -> CallNeed:
    return CallNeed(row.type, row.phase, row.operation, row.action, requests_of(row), bool(row.session))
