"""An event stream that only remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from deploy_driver.record.catalogue import Event

E = TypeVar("E", bound=Event)


@dataclass
class Recorder:
    """Is an `Emit`."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]
