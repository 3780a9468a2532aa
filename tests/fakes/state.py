"""A backend that is there, or is not, and whose stacks may be locked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from driver.errors import DeployError


@dataclass
class FakeState:
    """Implements the StateStore port. `locks` maps stacks to their holders."""

    broken: DeployError | None = None
    locks: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def check(self) -> None:
        if self.broken:
            raise self.broken

    def lock_of(self, stack: str) -> str:
        self.asked.append(stack)
        return self.locks.get(stack, "")
