"""Live progress for a person: one row per stack, what it is doing now, how far it is and for how long."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from deploy_driver.record import catalogue as said
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.record.stream import Envelope
from deploy_driver.render.lines import Tally, words
from deploy_driver.render.text import changed, did, doing, duration

_STYLES = {"succeeded": "green", "failed": "bold red", "refused": "yellow", "interrupted": "yellow"}
_MARKS = {"succeeded": "✓", "failed": "✗", "refused": "!", "interrupted": "!"}


_Kept = said.StackSelected | said.StackLeftOut | said.CheckFailed | said.Diagnostic | said.Previewed | said.SmokeTested
"""What a person must not miss."""


@dataclass
class _Row:
    account: str
    status: str = "waiting"
    detail: str = ""
    started: float = 0.0
    ended: float = 0.0
    done: str = ""
    going: dict[str, str] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        return bool(self.started and not self.ended)


class LiveRenderer:
    """Draws on stderr with rich while the run goes on; `close` leaves the last picture standing.

    What a person must not miss (failed checks, previews, errors) is printed above the picture and stays.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rows: dict[str, _Row] = {}
        self._checks = 0
        self._tally = Tally()
        self._began = time.monotonic()
        self._spinner = Spinner("dots")
        self._lock = threading.Lock()
        self._live = Live(console=console, refresh_per_second=8, get_renderable=self.picture, transient=False)

    def __call__(self, envelope: Envelope) -> None:
        """Take one event into the picture."""
        event = envelope.event
        with self._lock:
            self._take(event)
        if isinstance(event, said.RunStarted):
            self._console.print(Text(readable(words(event)), style="bold"))
            self._live.start()
        elif isinstance(event, said.RunFinished):
            self.close()
        elif isinstance(event, _Kept) or (isinstance(event, said.SessionNegotiated) and event.got != event.asked):
            self._print(event)

    def close(self) -> None:
        """Stop drawing."""
        self._live.stop()

    def pause(self) -> None:
        """Take the picture away, so that a question stands alone."""
        self._live.transient = True
        self._live.stop()

    def resume(self) -> None:
        """Go on drawing after a question."""
        self._live.transient = False
        self._live.start()

    def picture(self) -> RenderableType:
        """The rows as they are now."""
        with self._lock:
            table = Table.grid(padding=(0, 2))
            for stack, row in self._rows.items():
                name = Text(one_line(stack), style="bold")
                table.add_row(self._mark(row), name, Text(one_line(row.account)), *self._progress(row))
            if not any(row.started for row in self._rows.values()):
                return Group(table, Text(f"checking everything first: {self._checks} passed", style="dim"))
            if len(self._rows) > 1 and any(row.running for row in self._rows.values()):
                elapsed = duration(time.monotonic() - self._began)
                return Group(table, Text(f"{self._tally.ended()} done, {elapsed}", style="dim"))
            return table

    def _print(self, event: _Kept | said.SessionNegotiated) -> None:
        bad = isinstance(event, said.CheckFailed) or (isinstance(event, said.Diagnostic) and event.severity == "error")
        text = Text(f"{one_line(event.stack)}: " if event.stack else "", style="bold")
        text.append(readable(words(event)), style="red" if bad else "")
        self._console.print(text)

    def _take(self, event: said.Event) -> None:
        self._tally.take(event)
        if isinstance(event, said.RunStarted):
            self._rows = {stack: _Row("") for stack in event.stacks}
            self._began = time.monotonic()
        elif isinstance(event, said.CheckPassed):
            self._checks += 1
        elif isinstance(event, said.StepStarted):
            row = self._row(event.stack)
            row.account, row.status = event.account, event.operation
            row.started, row.ended = time.monotonic(), 0.0
        elif isinstance(event, said.ResourceStarted):
            row = self._row(event.stack)
            if event.change.op != "same":
                row.going[event.change.urn] = f"{doing(event.change.op)} {event.change.name}"
        elif isinstance(event, said.ResourceDone):
            row = self._row(event.stack)
            row.going.pop(event.change.urn, None)
            row.done = self._tally.resources(event.stack)
            row.detail = _done(event)
        elif isinstance(event, said.Progress) and event.stack:
            self._row(event.stack).detail = event.message
        elif isinstance(event, said.StepFinished):
            row = self._row(event.stack)
            row.status, row.ended, row.going = event.result, time.monotonic(), {}
            row.detail = f"{event.reason}: {event.cause}" if event.cause else changed(event.changes, event.reason)

    def _row(self, stack: str) -> _Row:
        return self._rows.setdefault(stack, _Row(""))

    def _mark(self, row: _Row) -> RenderableType:
        if row.running:
            return self._spinner
        return Text(_MARKS.get(row.status, "·"), style=_STYLES.get(row.status, "dim"))

    def _progress(self, row: _Row) -> tuple[RenderableType, ...]:
        if not row.started:
            return Text("waiting", style="dim"), "", ""
        elapsed = duration((row.ended or time.monotonic()) - row.started)
        now = one_line(next(reversed(row.going.values())) if row.going else row.detail)
        status = Text(one_line(row.status), style=_STYLES.get(row.status, "cyan"))
        return (
            status,
            elapsed,
            Text(
                f"{row.done} resources, {now}" if row.running and row.done else now, no_wrap=True, overflow="ellipsis"
            ),
        )


def _done(event: said.ResourceDone) -> str:
    op, name = event.change.op, event.change.name
    if event.failed:
        return f"FAILED {doing(op)} {name}"
    return f"would {op} {name}" if event.preview else f"{did(op)} {name}"
