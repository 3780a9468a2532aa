"""One line per event, without control characters: for Jenkins' console and for files."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatch
from typing import TextIO

from deploy_driver.record import catalogue as said
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.record.stream import Envelope
from deploy_driver.render.text import changed, did, doing, duration

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


class LineRenderer:
    """Writes `HH:MM:SS stack  words` to a stream. `beat` writes one when nothing has been said for long."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._tally = Tally()
        self._heart = Heartbeat()
        self._ended = False
        self._lock = threading.Lock()

    def __call__(self, envelope: Envelope) -> None:
        """Show one event; some say nothing here."""
        event = envelope.event
        with self._lock:
            self._tally.take(event)
            text = words(event)
            self._heart.take(envelope, shown=bool(text))
            self._ended = isinstance(event, said.RunFinished)
            if text:
                self._write(envelope.time, getattr(event, "stack", ""), f"{text}{self._progress(event)}")

    def beat(self, now: float) -> bool:
        """Say that the run goes on when a line is due at `now`, seconds since the epoch; False when the run is over."""
        with self._lock:
            due = self._heart.due(now)
            if due:
                self._write(now, *due)
            return not self._ended

    def _progress(self, event: said.Event) -> str:
        if isinstance(event, said.StepStarted) and (place := self._tally.place(event.stack)):
            return f" ({place})"
        if isinstance(event, said.ResourceDone) and not event.failed and (done := self._tally.resources(event.stack)):
            return f", {done}"
        return ""

    def _write(self, time: float, stack: str, text: str) -> None:
        clock = datetime.fromtimestamp(time).astimezone().strftime("%H:%M:%S")
        place = f"{one_line(stack):<9} " if stack else ""
        for line in readable(text).splitlines():
            self._stream.write(f"{clock} {place}{line}\n")
        self._stream.flush()


@singledispatch
def words(event: said.Event) -> str:
    """What an event says in one line; empty when it is only for machines."""
    del event
    return ""


@words.register
def _(event: said.RunStarted) -> str:
    where = f"sandbox at {event.endpoint}" if event.endpoint else "AWS"
    return (
        f"{event.operation} of {', '.join(event.stacks) or 'nothing'} on {where}\n"
        f"run {event.run}; engine {event.engine}; AWS plugin {event.plugin}"
    )


@words.register
def _(event: said.StackSelected) -> str:
    return f"affected since {event.base}: {'; '.join(event.reasons)}"


@words.register
def _(event: said.StackLeftOut) -> str:
    return f"affected since {event.base}: {'; '.join(event.reasons)}\n{event.why}"


@words.register
def _(event: said.CheckPassed) -> str:
    return f"{event.check} ok: {event.fact}"


@words.register
def _(event: said.CheckFailed) -> str:
    return f"{event.check} FAILED: {event.what}"


@words.register
def _(event: said.SessionNegotiated) -> str:
    asked = "" if event.got == event.asked else f" instead of {event.asked} s ({event.why})"
    return f"session of {event.got} s{asked}, renewed for as long as the run lasts"


@words.register
def _(event: said.StepStarted) -> str:
    return f"{event.operation} in account {event.account}" + (f" as {event.role}" if event.role else "")


@words.register
def _(event: said.ResourceStarted) -> str:
    if event.preview or event.change.op == "same":
        return ""
    return f"{doing(event.change.op)} {event.change.type} {event.change.name}"


@words.register
def _(event: said.ResourceDone) -> str:
    if event.failed:
        return f"FAILED {doing(event.change.op)} {event.change.type} {event.change.name}"
    if event.preview or event.change.op == "same":
        return ""
    return f"{did(event.change.op)} {event.change.type} {event.change.name} ({duration(event.seconds)})"


@words.register
def _(event: said.Diagnostic) -> str:
    return f"{event.severity}: {event.message.strip()}"


@words.register
def _(event: said.Progress) -> str:
    return event.message


@words.register
def _(event: said.Previewed) -> str:
    steps = [f"  would {change.op} {change.type} {change.name}" for change in event.resources if change.op != "same"]
    return "\n".join([f"preview: {event.changes.planned()}", *steps])


@words.register
def _(event: said.SmokeTested) -> str:
    return f"{event.url}/health answers from account {event.account}, version {event.version}"


@words.register
def _(event: said.StepFinished) -> str:
    cause = f": {event.cause}" if event.cause else ""
    return (
        f"{event.result} ({event.reason}; {changed(event.changes, event.reason)}) in {duration(event.seconds)}{cause}"
    )


@words.register
def _(event: said.RunFinished) -> str:
    return f"run {event.run} finished in {duration(event.seconds)}, exit code {event.exit_code}"
