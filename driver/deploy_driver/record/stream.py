"""Stamps every event once and hands it to all who listen. Whoever shows a run cannot stop it, nor hold it up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from queue import Full, Queue
from typing import Any

from deploy_driver.errors import DeployError
from deploy_driver.record.catalogue import Event
from deploy_driver.record.redaction import redact


def moment(time: float) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Envelope:
    """One event with its place in the run: `sequence` counts from 1, `time` is seconds since the epoch."""

    run: str
    sequence: int
    time: float
    event: Event

    def as_json(self) -> Mapping[str, Any]:
        """The event as the record and `--output json` show it, without anything secret."""
        body = {
            "run": self.run,
            "sequence": self.sequence,
            "time": moment(self.time),
            "kind": self.event.kind,
            **{name: value for name, value in asdict(self.event).items() if name != "run"},
        }
        redacted: Mapping[str, Any] = redact(body)
        return redacted


Listener = Callable[[Envelope], None]

BACKLOG = 10_000
"""Events that may wait for a listener. One that is that far behind stands still, and hears no more."""

PATIENCE = 3.0
"""Seconds to wait for listeners when everything must have been shown: before a question, and at the end."""


class EventStream:
    """The `Emit` of a run. Thread-safe: events come from checks, the engine and the runner alike.

    `keepers` are the record: with the first that fails it is `broken`, and hears no more. `listeners` hear the events each in a
    thread of its own, so that one that waits for a reader holds up nobody; one that fails is dropped.
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
        self._listeners = tuple(_Listening(listener) for listener in listeners)
        self._sequence = 0
        self._lock = threading.RLock()
        self.broken: DeployError | None = None

    def __call__(self, event: Event) -> None:
        """Stamp and fan out."""
        with self._lock:
            self._sequence += 1
            envelope = Envelope(self._run, self._sequence, self._now(), event)
            self._keep(envelope)
            for listening in self._listeners:
                listening.put(envelope)

    def _keep(self, envelope: Envelope) -> None:
        if self.broken:
            return
        try:
            for keep in self._keepers:
                keep(envelope)
        except DeployError as error:
            self.broken = error

    def settle(self, patience: float = PATIENCE) -> None:
        """Wait until the listeners have heard everything that was said so far; `patience` is in seconds."""
        deadline = time.monotonic() + patience
        for listening in self._listeners:
            listening.settle(deadline - time.monotonic())


class _Listening:
    """One listener, its queue and its thread."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._waiting: Queue[Envelope | threading.Event] = Queue(BACKLOG)
        self._deaf = False
        threading.Thread(target=self._hear, name="listener", daemon=True).start()

    def put(self, envelope: Envelope | threading.Event) -> None:
        if self._deaf:
            return
        try:
            self._waiting.put_nowait(envelope)
        except Full:
            self._deaf = True

    def settle(self, patience: float) -> None:
        heard = threading.Event()
        self.put(heard)
        if not self._deaf:
            heard.wait(max(0.0, patience))

    def _hear(self) -> None:
        while True:
            envelope = self._waiting.get()
            if isinstance(envelope, threading.Event):
                envelope.set()
            elif not self._deaf:
                try:
                    self._listener(envelope)
                except Exception:  # noqa: BLE001 -- whoever shows events must not be able to stop a deployment
                    self._deaf = True
