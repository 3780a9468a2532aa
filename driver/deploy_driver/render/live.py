"""Live progress for a person: one row per stack, what it is doing now, how far it is and for how long.

Where the terminal has fewer lines than there are stacks, what failed and what is running has its row, and the others are counted.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Column, Table
from rich.text import Text

from deploy_driver.record import catalogue
from deploy_driver.record.catalogue import Result
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.record.story import RunFold, StackFold
from deploy_driver.record.stream import Envelope
from deploy_driver.render.lines import resources_done, words
from deploy_driver.render.text import changed, did, doing, duration

_STYLES: Mapping[str, str] = {
    Result.SUCCEEDED: "green",
    Result.FAILED: "bold red",
    Result.REFUSED: "yellow",
    Result.INTERRUPTED: "yellow",
}
_MARKS: Mapping[str, str] = {Result.SUCCEEDED: "✓", Result.FAILED: "✗", Result.REFUSED: "!", Result.INTERRUPTED: "!"}


_Kept = (
    catalogue.StackSelected
    | catalogue.StackLeftOut
    | catalogue.CheckFailed
    | catalogue.Diagnostic
    | catalogue.Previewed
    | catalogue.SmokeTested
    | catalogue.NotSmokeTested
    | catalogue.Soaked
)
"""What a person must not miss."""


_BELOW = 3
"""Lines of the terminal that no stack has: the others counted, how far the run is, and where the cursor stands."""


class LiveRenderer:
    """Draws on stderr with rich while the run goes on; `close` leaves the last picture standing.

    What a person must not miss (failed checks, previews, errors) is printed above the picture and stays.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._run = RunFold()
        self._details: dict[str, str] = {}
        self._told: dict[str, int] = {}
        self._heard = (0.0, time.monotonic())
        self._spinner = Spinner("dots")
        self._lock = threading.Lock()
        self._live = Live(console=console, refresh_per_second=8, get_renderable=self.picture, transient=False)

    def __call__(self, envelope: Envelope) -> None:
        """Take one event into the picture."""
        event = envelope.event
        with self._lock:
            self._run.take(envelope)
            self._heard = (envelope.time, time.monotonic())
            self._told[getattr(event, "stack", "")] = envelope.sequence
            if detail := _detail(event):
                self._details[getattr(event, "stack", "")] = detail
        if isinstance(event, catalogue.RunStarted):
            self._console.print(Text(readable(words(event)), style="bold"))
            self._live.start()
        elif isinstance(event, catalogue.RunFinished):
            self.close()
        elif isinstance(event, _Kept) or (isinstance(event, catalogue.SessionNegotiated) and event.got != event.asked):
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
            stacks = list(self._run.stacks.values())
            rows = self._rows(stacks, max(self._console.height - _BELOW, 1))
            # Where not all of it has room, what a stack does is cut, and not its name.
            table = Table.grid(*(Column(no_wrap=True) for _ in range(5)), Column(), padding=(0, 2))
            for stack in (self._run.stacks[name] for name in rows):
                name, account = Text(one_line(stack.stack), style="bold"), Text(one_line(stack.summary.account))
                table.add_row(self._mark(stack), name, account if stack.operation else "", *self._progress(stack))
            said = (
                _counted(stack for name, stack in self._run.stacks.items() if name not in rows),
                self._whole(stacks),
            )
            return Group(
                *[table][: len(rows)], *(Text(line, "dim", no_wrap=True, overflow="ellipsis") for line in said if line)
            )

    def _whole(self, stacks: Sequence[StackFold]) -> str:
        """How far the run is; empty where the rows say it."""
        if all(stack.step_began is None for stack in stacks):
            return f"checking everything first: {self._run.checks_passed} passed"
        if len(stacks) > 1 and any(stack.running for stack in stacks):
            ended = sum(stack.step_ended is not None for stack in stacks)
            return f"{ended} of {len(stacks)} stacks done, {duration(self._now() - self._run.began)}"
        return ""

    def _rows(self, stacks: Sequence[StackFold], room: int) -> list[str]:
        """The stacks that have a row: all where there is room; else what is running and what failed, of many those last heard of."""
        if len(stacks) <= room:
            return [stack.stack for stack in stacks]
        latest = sorted(stacks, key=lambda stack: self._told.get(stack.stack, 0), reverse=True)
        running = [stack for stack in latest if stack.running]
        failed = [
            stack for stack in latest if stack.step_ended is not None and stack.summary.result != Result.SUCCEEDED
        ]
        failed = failed[: max(room // 2, room - len(running))]
        shown = {stack.stack for stack in (*failed, *running[: room - len(failed)])}
        return [stack.stack for stack in stacks if stack.stack in shown]

    def _print(self, event: _Kept | catalogue.SessionNegotiated) -> None:
        bad = isinstance(event, catalogue.CheckFailed) or (
            isinstance(event, catalogue.Diagnostic) and event.severity == catalogue.ERROR
        )
        text = Text(f"{one_line(event.stack)}: " if event.stack else "", style="bold")
        text.append(readable(words(event)), style="red" if bad else "")
        self._console.print(text)

    def _now(self) -> float:
        """The moment, by the clock of the events: nobody counts the time between two of them but this machine."""
        at, heard = self._heard
        return at + time.monotonic() - heard

    def _mark(self, stack: StackFold) -> RenderableType:
        if stack.running:
            return self._spinner
        return Text(_MARKS.get(stack.summary.result, "·"), style=_STYLES.get(stack.summary.result, "dim"))

    def _progress(self, stack: StackFold) -> tuple[RenderableType, ...]:
        if stack.step_began is None:
            return Text("waiting", style="dim"), "", ""
        elapsed = duration((self._now() if stack.step_ended is None else stack.step_ended) - stack.step_began)
        result, done = stack.summary.result, resources_done(stack, " resources")
        status = Text(one_line(result or stack.operation), style=_STYLES.get(result, "cyan"))
        now = one_line(self._details.get(stack.stack, ""))
        if stack.going:
            *_, latest = stack.going.values()
            now = one_line(f"{doing(latest.change.op)} {latest.change.name}")
        shown = f"{done}, {now}" if stack.running and done else now
        return status, elapsed, Text(shown, no_wrap=True, overflow="ellipsis")


def _counted(stacks: Iterable[StackFold]) -> str:
    """`57 succeeded, 31 waiting`."""
    words = Counter(stack.operation if stack.running else stack.summary.result or "waiting" for stack in stacks)
    return one_line(", ".join(f"{number} {word}" for word, number in words.most_common()))


def _detail(event: catalogue.Event) -> str:
    """What an event leaves to be read beside its stack until the next one does; empty when it leaves nothing."""
    match event:
        case catalogue.Progress():
            return event.message
        case catalogue.SoakStarted():
            return words(event)
        case catalogue.StepFinished():
            return f"{event.reason}: {event.cause}" if event.cause else changed(event.changes, event.reason)
        case catalogue.ResourceDone():
            op, name = event.change.op, event.change.name
            if event.failed:
                return f"FAILED {doing(op)} {name}"
            return f"would {op} {name}" if event.preview else f"{did(op)} {name}"
    return ""
