"""What a stack was busy with, and when: its time in the run as a row of segments."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from deploy_driver.record.catalogue import PASSED, Result
from deploy_driver.record.reading import Recorded
from deploy_driver.values import Operation


class Phase(StrEnum):
    """What a segment is about."""

    CHECKS = "checks"
    LOOK = "look"
    PREVIEW = "preview"
    GATE = "wait"
    OPERATION = "operation"
    SMOKE_TEST = "smoke test"


class End(StrEnum):
    """How a segment ended."""

    WELL = "well"
    BADLY = "badly"
    NOT = "not on record"


@dataclass(frozen=True)
class Segment:
    """One phase of one stack. Moments are in seconds since the epoch; `word` is what to call it, `up` or `destroy` say."""

    phase: Phase
    word: str
    began: float
    ended: float
    end: End = End.NOT

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(self.ended - self.began, 0.0)


@dataclass
class Segments:
    """Takes one stack's events in their order. `looking`: the run only looks for drift, and previews to see it."""

    looking: bool = False
    done: list[Segment] = field(default_factory=list)
    _now: Segment | None = None

    def take(self, event: Recorded, time: float) -> None:
        """One more event."""
        now = self._now
        if event.kind == "step-started":
            self._close(time, End.NOT)
            self._begin(self._first(event.text("operation")), time)
        elif event.kind == "step-finished":
            self._close(time, End.WELL if event.text("result") == Result.SUCCEEDED else End.BADLY)
        elif now:
            self._goes_on(now, event, time)

    def _goes_on(self, now: Segment, event: Recorded, time: float) -> None:
        match event.kind:
            case "resource-started" | "resource-done":
                self._now = _at_work(now, event)
            case "previewed" if now.phase in {Phase.OPERATION, Phase.PREVIEW}:
                self._now = replace(now, phase=Phase.PREVIEW)
                if now.word != Phase.PREVIEW:
                    self._then(Phase.GATE, now, time)
            case "gated" if event.text("answer") == PASSED:
                self._then(Phase.OPERATION, now, time)
            case "gated":
                self._close(time, End.BADLY)
            case "smoke-test-started":
                self._then(Phase.SMOKE_TEST, now, time)

    def until(self, time: float) -> tuple[Segment, ...]:
        """All of it; what has not ended goes on until the record's last moment, and says so."""
        self._close(time, End.NOT)
        return tuple(_named(segment) for segment in self.done)

    def _first(self, operation: str) -> Segment:
        if operation != Operation.PREVIEW:
            return Segment(Phase.OPERATION, operation, 0, 0)
        phase = Phase.LOOK if self.looking else Phase.PREVIEW
        return Segment(phase, phase.value, 0, 0)

    def _begin(self, segment: Segment, time: float) -> None:
        self._now = replace(segment, began=time, ended=time)

    def _then(self, phase: Phase, now: Segment, time: float) -> None:
        self._close(time, End.WELL)
        self._begin(replace(now, phase=phase), time)

    def _close(self, time: float, end: End) -> None:
        if self._now:
            self.done.append(replace(self._now, ended=max(time, self._now.began), end=end))
        self._now = None


def _named(segment: Segment) -> Segment:
    return segment if segment.phase is Phase.OPERATION else replace(segment, word=segment.phase.value)


def _at_work(now: Segment, event: Recorded) -> Segment:
    """What is done to a resource says whether the engine only looks yet, and that no gate was waited for that nobody spoke of."""
    if event.flag("preview") and now.phase is Phase.OPERATION:
        return replace(now, phase=Phase.PREVIEW)
    if not event.flag("preview") and now.phase is Phase.GATE:
        return replace(now, phase=Phase.OPERATION)
    return now
