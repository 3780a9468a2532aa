"""How far a run has come: resources done of those planned, stacks done of those chosen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from driver.events import catalogue as said

_COUNTS = {"create", "update", "delete", "import", "create-replacement", "import-replacement"}
"""What is one change of a plan: a replacement counts when the new one stands, not again when the old one goes."""


@dataclass
class Tally:
    """Takes a run's events. A preview that goes before says how many changes are planned; otherwise only what began so far is known."""

    stacks: tuple[str, ...] = ()
    _planned: dict[str, int] = field(default_factory=dict)
    _begun: Counter[str] = field(default_factory=Counter)
    _done: Counter[str] = field(default_factory=Counter)
    _ended: set[str] = field(default_factory=set)

    def take(self, event: said.Event) -> None:
        """Count one event."""
        if isinstance(event, said.RunStarted):
            self.stacks = event.stacks
        elif isinstance(event, said.Previewed):
            self._planned[event.stack] = event.changes.total
        elif isinstance(event, said.StepFinished):
            self._ended.add(event.stack)
        elif isinstance(event, said.ResourceStarted) and _is_change(event):
            self._begun[event.stack] += 1
        elif isinstance(event, said.ResourceDone) and _is_change(event) and not event.failed:
            self._done[event.stack] += 1

    def resources(self, stack: str) -> str:
        """`7 of 15`, or `7 of 9 so far`; empty before the first is done."""
        done, planned = self._done[stack], self._planned.get(stack, 0)
        if not done:
            return ""
        return f"{done} of {planned}" if planned >= done else f"{done} of {max(done, self._begun[stack])} so far"

    def ended(self) -> str:
        """`1 of 3 stacks`."""
        return f"{len(self._ended)} of {len(self.stacks)} stacks"

    def place(self, stack: str) -> str:
        """`stack 2 of 3`; empty when there is only one."""
        if stack not in self.stacks or len(self.stacks) == 1:
            return ""
        return f"stack {self.stacks.index(stack) + 1} of {len(self.stacks)}"


def _is_change(event: said.ResourceStarted | said.ResourceDone) -> bool:
    return not event.preview and event.change.op in _COUNTS
