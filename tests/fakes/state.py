"""A backend that is there, or is not, and whose stacks may be locked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from driver.errors import DeployError


@dataclass
class FakeState:
    """Implements the StateStore port. `locks` maps stacks to their holders, `stacks` are those that stand, `digests` their states'.

    `listed` is what is in these, `checked` are the stacks whose backends were to be usable, `asked` those whose locks were looked at.
    """

    broken: DeployError | None = None
    locks: Mapping[str, str] = field(default_factory=dict)
    stacks: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

    def check(self, stacks: Iterable[str]) -> None:
        self.checked += stacks
        if self.broken:
            raise self.broken

    def exists(self, stack: str) -> bool:
        return stack in self.stacks

    def resources(self, stack: str) -> tuple[Mapping[str, Any], ...]:
        return self.listed.get(stack, ())

    def lock_of(self, stack: str) -> str:
        self.asked.append(stack)
        return self.locks.get(stack, "")

    def digest(self, stack: str) -> str:
        return self.digests.get(stack, "")
