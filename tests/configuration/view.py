"""What a control sees of a stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.infra.program import Registered, Registrations


@dataclass(frozen=True)
class View:
    """One stack, everything that the program registers for it, and for the access layer that it stands on."""

    stack: str
    run: Registrations
    access: Registrations

    @property
    def is_access(self) -> bool:
        """Whether this is the layer that answers for the account as a whole."""
        return self.stack == "tools" or self.stack.endswith("-access")

    def beside(self, resource: Registered, kind: str) -> list[Registered]:
        """The resources of that kind in the same component."""
        return [found for found in self.run.of(kind) if found.parent == resource.parent]

    def account(self) -> list[Registered]:
        """What stands for the account itself: its provider, in the layer that answers for it."""
        return [self.run.provider] if self.is_access else []


def of(*kinds: str) -> Callable[[View], list[Registered]]:
    """Every resource of these kinds."""
    return lambda view: [found for kind in kinds for found in view.run.of(kind)]


def statements(policy: Any) -> Sequence[Mapping[str, Any]]:
    """The statements of a policy as the program gives it: JSON text."""
    found: Sequence[Mapping[str, Any]] = json.loads(policy)["Statement"]
    return found


def entries(value: Any) -> list[str]:
    """One or several, as a list."""
    return [str(entry) for entry in value] if isinstance(value, list) else [str(value)]


def principals(statement: Mapping[str, Any]) -> list[str]:
    """Everyone whom a statement names."""
    named = statement.get("Principal", [])
    groups = named.values() if isinstance(named, Mapping) else [named]
    return [one for group in groups for one in entries(group)]
