"""What a program registers for one stack, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy_infra.policies.place import Place


@dataclass(frozen=True)
class Recorded:
    """One resource as the program asked for it. `inputs` are plain data; what is not known yet is left out of them.

    `provider` is the name of the provider that makes it; empty where the program does not say.
    """

    type: str
    name: str
    custom: bool
    inputs: Mapping[str, Any]
    provider: str = ""

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


@dataclass(frozen=True)
class Recording:
    """Everything that a program registers for one stack, sorted by type and name."""

    place: Place
    resources: tuple[Recorded, ...]

    def of(self, kind: str) -> tuple[Recorded, ...]:
        """The resources of one type."""
        return tuple(resource for resource in self.resources if resource.type == kind)
