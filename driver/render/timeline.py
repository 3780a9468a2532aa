"""Where on a picture of a run each moment is: lanes of bars and the ticks of their axis, in percent of the width."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from driver.render.report_words import clock, times
from driver.render.words import duration
from driver.run.segments import Phase, Segment
from driver.run.story import StackStory, Story

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_MOST = 6
"""Ticks on an axis, at most: a phone is narrow."""

_IDLE = 0.2
"""A stretch in which nobody works is drawn no longer than this part of the time in which somebody does."""

_ROOM = 9.0
"""Percent between two ticks, at least, so that their words do not touch."""

SEEN = 0.2
"""Seconds below which a wait is no wait."""


@dataclass(frozen=True)
class Bar:
    """One segment as it is drawn."""

    left: float
    width: float
    phase: str
    end: str
    said: str


@dataclass(frozen=True)
class Tick:
    """A mark on the axis; `cut` where time was left out."""

    left: float
    said: str
    cut: bool = False


@dataclass(frozen=True)
class Lane:
    """One stack's row; `said` is the same in words."""

    stack: str
    bars: tuple[Bar, ...]
    said: str


@dataclass(frozen=True)
class Account:
    """One account and its lanes."""

    account: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True)
class Picture:
    """The whole run."""

    checks: Bar
    accounts: tuple[Account, ...]
    ticks: tuple[Tick, ...]
    phases: tuple[str, ...]


@dataclass(frozen=True)
class Scale:
    """From moments to percent, along straight lines between `knots`: pairs of a moment and a place, both growing."""

    knots: tuple[tuple[float, float], ...]

    def at(self, time: float) -> float:
        """Where a moment is; before the first and after the last, at the edge."""
        number = bisect_right(self.knots, time, key=lambda knot: knot[0])
        if number in {0, len(self.knots)}:
            return 0.0 if number == 0 else 100.0
        (began, left), (ended, right) = self.knots[number - 1 : number + 1]
        return left + (right - left) * (time - began) / (ended - began)


def picture(story: Story) -> Picture:
    """The run, to be drawn."""
    shown = [one for stack in story.stacks for one in _shown(stack)]
    stretches = list(_stretches(story.began, story.last, [story.checks, *shown]))
    scale, cuts = _scale(stretches)
    accounts: dict[str, list[Lane]] = {}
    for stack in story.stacks:
        bars = tuple(_bar(scale, one) for one in _shown(stack))
        accounts.setdefault(stack.step.account, []).append(Lane(stack.step.stack, bars, times(stack)))
    phases = {one.phase for one in [story.checks, *shown]}
    return Picture(
        _bar(scale, story.checks),
        tuple(Account(account, tuple(lanes)) for account, lanes in accounts.items()),
        tuple(_ticks(story, scale, stretches, cuts)),
        tuple(phase.value for phase in Phase if phase in phases),
    )


def _shown(stack: StackStory) -> list[Segment]:
    return [one for one in stack.segments if one.phase is not Phase.GATE or one.seconds >= SEEN]


def _bar(scale: Scale, one: Segment) -> Bar:
    left = scale.at(one.began)
    said = f"{one.word}: {clock(one.began)} to {clock(one.ended)}, {duration(one.seconds)}"
    return Bar(round(left, 2), round(scale.at(one.ended) - left, 2), one.phase.value, one.end.value, said)


@dataclass(frozen=True)
class Stretch:
    """Time in which somebody works, or in which nobody does."""

    began: float
    ended: float
    work: bool

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.ended - self.began


def _stretches(began: float, ended: float, segments: Sequence[Segment]) -> Iterator[Stretch]:
    """The run from its first moment to its last, in stretches of work and of waiting."""
    now = began
    for one in sorted((one for one in segments if one.phase is not Phase.GATE), key=lambda one: one.began):
        begin, end = max(one.began, began), min(one.ended, ended)
        if end <= now:
            continue
        if begin > now:
            yield Stretch(now, begin, work=False)
        yield Stretch(max(begin, now), end, work=True)
        now = end
    if ended > now:
        yield Stretch(now, ended, work=False)


def _scale(stretches: Sequence[Stretch]) -> tuple[Scale, list[Stretch]]:
    """The scale, and the stretches of waiting that it shortens."""
    work = sum(stretch.seconds for stretch in stretches if stretch.work)
    longest = work * _IDLE if work else float("inf")
    cuts = [stretch for stretch in stretches if not stretch.work and stretch.seconds > max(longest, 10.0)]
    lengths = [longest if stretch in cuts else stretch.seconds for stretch in stretches]
    total = sum(lengths) or 1.0
    knots, place = [], 0.0
    for stretch, length in zip(stretches, lengths, strict=True):
        knots.append((stretch.began, place))
        place += 100.0 * length / total
    return Scale((*knots, *([(stretches[-1].ended, 100.0)] if stretches else []))), cuts


def _ticks(story: Story, scale: Scale, stretches: Sequence[Stretch], cuts: Sequence[Stretch]) -> Iterator[Tick]:
    """Seconds and minutes since the beginning; none where time was left out, but how much that was."""
    drawn = sum(stretch.seconds for stretch in stretches if stretch not in cuts)
    step = next((step for step in _STEPS if drawn / step <= _MOST), _STEPS[-1])
    found = [Tick(scale.at((cut.began + cut.ended) / 2), duration(cut.seconds), cut=True) for cut in cuts]
    whole = int(min((story.last - story.began) // step, 10_000))
    for number in range(whole + 1):
        time = story.began + number * step
        left = scale.at(time)
        inside = any(cut.began < time < cut.ended for cut in cuts)
        fresh = all(tick.said != _elapsed(number * step) for tick in found)
        if fresh and not inside and all(abs(left - tick.left) >= (2 * _ROOM if tick.cut else _ROOM) for tick in found):
            found.append(Tick(left, _elapsed(number * step)))
    yield from sorted((Tick(round(tick.left, 2), tick.said, tick.cut) for tick in found), key=lambda tick: tick.left)


def _elapsed(seconds: int) -> str:
    """`0`, `30 s`, `5 min`, `2 h`."""
    for unit, word in ((3600, "h"), (60, "min")):
        if seconds and seconds % unit == 0:
            return f"{seconds // unit} {word}"
    return duration(seconds) if seconds >= 60 else f"{seconds} s" if seconds else "0"  # noqa: PLR2004 -- a minute
