"""Says that a run is still alive when nothing else is said: a console that stands still looks like one that hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from driver.events import catalogue as said
from driver.events.stream import Envelope
from driver.render.words import doing, duration

SILENCE = 15.0
"""Seconds without a line after which one is due."""


@dataclass
class Heartbeat:
    """Knows what is going on. Times are seconds since the epoch, as the envelopes have them."""

    _going: dict[tuple[str, str, str], tuple[float, str]] = field(default_factory=dict)
    _step: tuple[float, str, str] = (0.0, "", "")
    _said: float = 0.0
    _on: bool = False

    def take(self, envelope: Envelope, *, shown: bool) -> None:
        """Take one event; `shown` when it became a line."""
        event, now = envelope.event, envelope.time
        if isinstance(event, said.RunStarted):
            self._on, self._step = True, (now, "", f"{event.operation} still goes on: checking everything first")
        elif isinstance(event, said.RunFinished):
            self._on = False
        elif isinstance(event, said.StepStarted):
            self._step = (now, event.stack, f"{event.operation} still goes on")
        elif isinstance(event, said.StepFinished):
            self._going = {key: what for key, what in self._going.items() if key[0] != event.stack}
        elif isinstance(event, said.ResourceStarted) and event.change.op != "same" and not event.preview:
            key = (event.stack, event.change.urn, event.change.op)
            self._going[key] = (now, f"{doing(event.change.op)} {event.change.type} {event.change.name}")
        elif isinstance(event, said.ResourceDone):
            self._going.pop((event.stack, event.change.urn, event.change.op), None)
        if shown:
            self._said = now

    def due(self, now: float) -> tuple[str, str] | None:
        """The stack and what still goes on there, when a line is due; asked for once, it is due again after as long."""
        if not self._on or now - self._said < SILENCE:
            return None
        self._said = now
        if not self._going:
            began, stack, what = self._step
            return stack, f"{what} ({duration(now - began)})"
        (stack, *_), (began, what) = min(self._going.items(), key=lambda entry: entry[1][0])
        more = f", and {len(self._going) - 1} more" if len(self._going) > 1 else ""
        return stack, f"still {what} ({duration(now - began)}){more}"


def beating(beat: Callable[[float], bool], now: Callable[[], float], every: float = 1.0) -> threading.Thread:
    """Calls `beat` with the time, in a thread of its own, until it returns False."""

    def run() -> None:
        pause = threading.Event()
        with suppress(OSError, ValueError):  # nobody reads any more
            while beat(now()):
                pause.wait(every)

    thread = threading.Thread(target=run, name="heartbeat", daemon=True)
    thread.start()
    return thread
