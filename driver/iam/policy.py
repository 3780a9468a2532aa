"""A policy as it is decided by: statements, and the error for what cannot be decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from driver.errors import UsageError

Conditions = Mapping[str, Mapping[str, tuple[str, ...]]]


class PolicyError(UsageError):
    """A policy says something that cannot be decided here. `where` names the document, the statement and the element."""


@dataclass(frozen=True)
class Statement:
    """One statement of an identity policy, a boundary or a session policy. `name` is its Sid, or its place from 1."""

    name: str
    allows: bool
    actions: tuple[str, ...] = ()
    but_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    but_resources: tuple[str, ...] = ()
    conditions: Conditions = field(default_factory=dict)


@dataclass(frozen=True)
class Policy:
    """A document under the name it goes by, for example `deployment.policy`."""

    name: str
    statements: tuple[Statement, ...]
