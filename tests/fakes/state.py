"""A backend that is there, or is not, and whose stacks may be locked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy_driver.errors import DeployError
from deploy_driver.lease import EngineLock
from deploy_driver.values import Copy, StateMark


@dataclass
class FakeState:
    """Implements the StateStore port. `held` are the stacks' locks, `stacks` those that stand.

    `lasted` says for how many seconds they were deployed last. `digests` are their states', `moments` when those were written.

    `contents` are the stacks' states, `kept` the other copies of them; a copy with a version is an earlier version.
    `listed` is what is in these, `checked` are the stacks whose backends were to be usable, `asked` those whose locks were looked at.
    """

    broken: DeployError | None = None
    held: dict[str, tuple[EngineLock, ...]] = field(default_factory=dict)
    moments: Mapping[str, float] = field(default_factory=dict)
    stacks: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    contents: Mapping[str, bytes] = field(default_factory=dict)
    kept: Mapping[str, Mapping[Copy, bytes]] = field(default_factory=dict)
    lasted: Mapping[str, float] = field(default_factory=dict)
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

    def locks(self, stack: str) -> tuple[EngineLock, ...]:
        self.asked.append(stack)
        return self.held.get(stack, ())

    def remove_lock(self, stack: str, lock: EngineLock) -> None:
        self.held[stack] = tuple(one for one in self.held[stack] if one != lock)

    def written(self, stack: str) -> float:
        return self.moments.get(stack, 0.0)

    def took(self, stack: str) -> float:
        return self.lasted.get(stack, 0.0)

    def read(self, stack: str) -> bytes | None:
        return self.contents.get(stack)

    def copies(self, stack: str) -> list[Copy]:
        return [copy for copy in self._newest_first(stack) if not copy.version]

    def versions(self, stack: str) -> list[Copy]:
        return [copy for copy in self._newest_first(stack) if copy.version]

    def read_copy(self, stack: str, copy: Copy) -> bytes:
        return self.kept[stack][copy]

    def _newest_first(self, stack: str) -> list[Copy]:
        return sorted(self.kept.get(stack, ()), key=lambda copy: copy.moment, reverse=True)

    def mark(self, stack: str) -> StateMark:
        return StateMark(self.digest(stack))

    def digest(self, stack: str) -> str:
        return self.digests.get(stack, "")
