"""One line per event, without control characters: for Jenkins' console and for files."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatch
from typing import TextIO

from deploy_driver.record import catalogue
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.record.story import RunFold, StackFold
from deploy_driver.record.stream import Envelope
from deploy_driver.render.text import changed, did, doing, duration, overridden
from deploy_driver.values import SmokeKind, Urn

SILENCE = 15.0
"""Seconds without a line after which one is due."""


def resources_done(stack: StackFold, noun: str = "") -> str:
    """`7 of 15` where a preview has said how many are planned, else `7 of 9 so far`; empty before the first is done.

    With a noun: `7 of 15 resources`, `7 of 9 resources so far`.
    """
    planned = stack.planned.total if stack.planned else 0
    if not stack.done:
        return ""
    return (
        f"{stack.done} of {planned}{noun}"
        if planned >= stack.done
        else f"{stack.done} of {max(stack.done, stack.begun)}{noun} so far"
    )


@dataclass
class Heartbeat:
    """Says what is going on when nothing else was said for long. Times are seconds since the epoch, as the envelopes have them."""

    run: RunFold
    _silent_since: float = 0.0

    def line_was_written(self, now: float) -> None:
        """Something was said."""
        self._silent_since = now

    def due(self, now: float) -> tuple[str, str] | None:
        """The stack and what still goes on there, when a line is due; asked for once, it is due again after as long."""
        if not self.run.going_on or now - self._silent_since < SILENCE:
            return None
        self._silent_since = now
        going = [
            (one.since, stack.stack, one.change) for stack in self.run.stacks.values() for one in stack.carrying_out
        ]
        if not going:
            return self._step(now)
        since, name, change = min(going, key=lambda one: one[0])
        more = f", and {len(going) - 1} more" if len(going) > 1 else ""
        return name, f"still {doing(change.op)} {change.type} {change.name} ({duration(now - since)}){more}"

    def _step(self, now: float) -> tuple[str, str]:
        running = [stack for stack in self.run.stacks.values() if stack.running]
        step = running[0] if running else self.run.latest_step
        if step and step.step_began is not None:
            more = f", and {len(running) - 1} more" if len(running) > 1 else ""
            what, since = step.under_way
            return step.stack, f"{what} still goes on ({duration(now - since)}){more}"
        what = self.run.started.operation if self.run.started else ""
        return "", f"{what} still goes on: checking everything first ({duration(now - self.run.began)})"


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
        self._run = RunFold()
        self._heartbeat = Heartbeat(self._run)
        self._ended = False
        self._lock = threading.Lock()

    def __call__(self, envelope: Envelope) -> None:
        """Show one event; some say nothing here."""
        event = envelope.event
        with self._lock:
            self._run.take(envelope)
            self._ended = isinstance(event, catalogue.RunFinished)
            if text := words(event):
                self._heartbeat.line_was_written(envelope.time)
                self._write(envelope.time, getattr(event, "stack", ""), f"{text}{self._progress(event)}")

    def beat(self, now: float) -> bool:
        """Say that the run goes on when a line is due at `now`, seconds since the epoch; False when the run is over."""
        with self._lock:
            due = self._heartbeat.due(now)
            if due:
                self._write(now, *due)
            return not self._ended

    def _progress(self, event: catalogue.Event) -> str:
        if isinstance(event, catalogue.StepStarted):
            names = self._run.started.stacks if self._run.started else ()
            several = event.stack in names and len(names) > 1
            return f" (stack {names.index(event.stack) + 1} of {len(names)})" if several else ""
        if isinstance(event, catalogue.ResourceDone) and not event.failed:
            done = resources_done(self._run.of(event.stack))
            return f", {done}" if done else ""
        return ""

    def _write(self, time: float, stack: str, text: str) -> None:
        clock = datetime.fromtimestamp(time).astimezone().strftime("%H:%M:%S")
        place = f"{one_line(stack):<9} " if stack else ""
        for line in readable(text).splitlines():
            self._stream.write(f"{clock} {place}{line}\n")
        self._stream.flush()


@singledispatch
def words(event: catalogue.Event) -> str:
    """What an event says in one line; empty when it is only for machines."""
    del event
    return ""


@words.register
def _(event: catalogue.RunStarted) -> str:
    where = f"sandbox at {event.endpoint}" if event.endpoint else "AWS"
    return (
        f"{event.operation} of {', '.join(event.stacks) or 'nothing'} on {where}\n"
        f"run {event.run}; engine {event.engine}; AWS plugin {event.plugin}"
        f"{'; set for this run only: ' + ', '.join(event.config) if event.config else ''}"
    )


@words.register
def _(event: catalogue.StackSelected) -> str:
    return f"affected since {event.base}: {'; '.join(event.reasons)}"


@words.register
def _(event: catalogue.StackLeftOut) -> str:
    return f"affected since {event.base}: {'; '.join(event.reasons)}\n{event.why}"


@words.register
def _(event: catalogue.CheckPassed) -> str:
    return f"{event.check} ok: {event.fact}"


@words.register
def _(event: catalogue.CheckFailed) -> str:
    return f"{event.check} FAILED: {event.what}"


@words.register
def _(event: catalogue.LockRemoved) -> str:
    return f"removed the lock of {event.by}: {event.why}"


@words.register
def _(event: catalogue.SessionNegotiated) -> str:
    asked = "" if event.got == event.asked else f" instead of {event.asked} s ({event.why})"
    return f"session of {event.got} s{asked}, renewed for as long as the run lasts"


@words.register
def _(event: catalogue.StepStarted) -> str:
    return f"{event.operation} in account {event.account}" + (f" as {event.role}" if event.role else "")


@words.register
def _(event: catalogue.ResourceStarted) -> str:
    if event.preview or event.change.op == "same":
        return ""
    return f"{doing(event.change.op)} {event.change.type} {event.change.name}"


@words.register
def _(event: catalogue.ResourceDone) -> str:
    if event.failed:
        return f"FAILED {doing(event.change.op)} {event.change.type} {event.change.name}"
    if event.preview or event.change.op == "same":
        return ""
    return f"{did(event.change.op)} {event.change.type} {event.change.name} ({duration(event.seconds)})"


@words.register
def _(event: catalogue.Diagnostic) -> str:
    return f"{event.severity}: {event.message.strip()}"


@words.register
def _(event: catalogue.Progress) -> str:
    return event.message


@words.register
def _(event: catalogue.PlanApproved) -> str:
    return f"approved by {event.by} ({event.user}) as {event.role} at {event.at}"


@words.register
def _(event: catalogue.GateOverridden) -> str:
    return overridden(event)


@words.register
def _(event: catalogue.Previewed) -> str:
    steps = [f"  would {change.op} {change.type} {change.name}" for change in event.resources if change.op != "same"]
    return "\n".join([f"preview: {event.changes.planned()}", *steps])


@words.register
def _(event: catalogue.Packaged) -> str:
    same = f", as in {', '.join(event.same_in)}" if event.same_in else ""
    return f"code: {', '.join(event.packages)}{same}"


@words.register
def _(event: catalogue.Settled) -> str:
    urn, id_ = Urn(event.urn), f" {event.id}" if event.id else ""
    return f"{event.fate}: {urn.type} {urn.name}{id_}{f': {event.why}' if event.why else ''}"


@words.register
def _(event: catalogue.SmokeTestStarted) -> str:
    return f"smoke test: {event.asks}" if event.check == SmokeKind.COMMAND else ""


@words.register
def _(event: catalogue.SmokeTested) -> str:
    return f"smoke test: {event.asks} {event.says}"


@words.register
def _(event: catalogue.NotSmokeTested) -> str:
    return f"no smoke test: {event.why}"


@words.register
def _(event: catalogue.SoakStarted) -> str:
    alarms = f", alarms {', '.join(event.alarms)}" if event.alarms else ""
    return f"soak: watched for {duration(event.seconds)} from now: smoke test{alarms}"


@words.register
def _(event: catalogue.Soaked) -> str:
    return f"soak: nothing was wrong for {duration(event.seconds)}"


@words.register
def _(event: catalogue.StepFinished) -> str:
    cause = f": {event.cause}" if event.cause else ""
    return (
        f"{event.result} ({event.reason}; {changed(event.changes, event.reason)}) in {duration(event.seconds)}{cause}"
    )


@words.register
def _(event: catalogue.RunFinished) -> str:
    return f"run {event.run} finished in {duration(event.seconds)}, exit code {event.exit_code}"
