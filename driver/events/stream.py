"""Stamps every event once and hands it to all who listen. A listener that fails is dropped; the run goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from driver.events.catalogue import Event
from driver.events.redaction import redact


@dataclass(frozen=True)
class Envelope:
    """One event with its place in the run: `sequence` counts from 1, `time` is seconds since the epoch."""

    run: str
    sequence: int
    time: float
    event: Event

    def as_json(self) -> Mapping[str, Any]:
        """The event as the ledger and `--output json` show it, without anything secret."""
        body = {
            "run": self.run,
            "sequence": self.sequence,
            "time": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds"),
            "kind": self.event.kind,
            **{name: value for name, value in asdict(self.event).items() if name != "run"},
        }
        redacted: Mapping[str, Any] = redact(body)
        return redacted


Listener = Callable[[Envelope], None]


class EventStream:
    """The `Emit` of a run. Thread-safe: events come from checks, the engine and the runner alike.

    `keepers` must not fail (the ledger): their exception ends the run. `listeners` may: they are dropped.
    """

    def __init__(
        self,
        run: str,
        now: Callable[[], float],
        *,
        keepers: Sequence[Listener] = (),
        listeners: Sequence[Listener] = (),
    ) -> None:
        self._run = run
        self._now = now
        self._keepers = tuple(keepers)
        self._listeners = list(listeners)
        self._sequence = 0
        self._lock = threading.RLock()

    def __call__(self, event: Event) -> None:
        """Stamp and fan out."""
        with self._lock:
            self._sequence += 1
            envelope = Envelope(self._run, self._sequence, self._now(), event)
            for keep in self._keepers:
                keep(envelope)
            for listener in tuple(self._listeners):
                try:
                    listener(envelope)
                except Exception:  # noqa: BLE001 -- whoever shows events must not be able to stop a deployment
                    self._listeners.remove(listener)
