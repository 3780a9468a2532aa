"""CloudWatch alarms that are as they are told to be, and change while somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from deploy_driver.values import Alarm, Stack


@dataclass
class FakeAlarms:
    """Implements the Alarms port: `found` by stack and name; `during` is called before each look."""

    found: dict[tuple[str, str], Alarm] = field(default_factory=dict)
    during: Callable[[], None] = lambda: None
    read_so_far: list[tuple[str, str]] = field(default_factory=list)

    def read(self, stack: Stack, name: str) -> Alarm | None:
        self.read_so_far.append((stack.name, name))
        self.during()
        return self.found.get((stack.name, name))
