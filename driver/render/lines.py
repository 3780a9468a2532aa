"""One line per event, without control characters: for Jenkins' console and for files."""

from __future__ import annotations

import threading
from datetime import datetime
from functools import singledispatch
from typing import TextIO

from driver.events import catalogue as said
from driver.events.readable import one_line, readable
from driver.events.stream import Envelope
from driver.render.heartbeat import Heartbeat
from driver.render.tally import Tally
from driver.render.words import changed, did, doing, duration


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
