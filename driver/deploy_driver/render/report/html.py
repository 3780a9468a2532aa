"""A run's report as one page that needs nothing else: for a person at a desk, on a phone, or on paper."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deploy_driver.record.catalogue import Result
from deploy_driver.record.story import End, Phase, Segment, StackStory, Story
from deploy_driver.render.page import page
from deploy_driver.render.report import words
from deploy_driver.render.report.text import facts, following
from deploy_driver.render.report.words import clock, times
from deploy_driver.render.text import duration

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
    text: str


@dataclass(frozen=True)
class Tick:
    """A mark on the axis; `cut` where time was left out."""

    left: float
    text: str
    cut: bool = False


@dataclass(frozen=True)
class Lane:
    """One stack's row; `text` is the same in words."""

    stack: str
    bars: tuple[Bar, ...]
    text: str


@dataclass(frozen=True)
class AccountLanes:
    """One account and its lanes."""

    account: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True)
class Timeline:
    """The whole run."""

    checks: tuple[Bar, ...]
    accounts: tuple[AccountLanes, ...]
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


def timeline(story: Story) -> Timeline:
    """The run, to be drawn."""
    shown = [one for stack in story.stacks for one in _shown(stack)]
    stretches = list(_stretches(story.began, story.last, [*story.all_checking, *shown]))
    scale, cuts = _scale(stretches)
    accounts: dict[str, list[Lane]] = {}
    for stack in story.stacks:
        bars = tuple(_bar(scale, one) for one in _shown(stack))
        accounts.setdefault(stack.summary.account, []).append(Lane(stack.summary.stack, bars, times(stack)))
    phases = {one.phase for one in [*story.all_checking, *shown]}
    return Timeline(
        tuple(_bar(scale, one) for one in story.all_checking),
        tuple(AccountLanes(account, tuple(lanes)) for account, lanes in accounts.items()),
        tuple(_ticks(story, scale, stretches, cuts)),
        tuple(phase.value for phase in Phase if phase in phases),
    )


def _shown(stack: StackStory) -> list[Segment]:
    return [one for one in stack.segments if one.phase is not Phase.GATE or one.seconds >= SEEN]


def _bar(scale: Scale, one: Segment) -> Bar:
    left = scale.at(one.began)
    text = f"{one.word}: {clock(one.began)} to {clock(one.ended)}, {duration(one.seconds)}"
    return Bar(round(left, 2), round(scale.at(one.ended) - left, 2), one.phase.value, one.end.value, text)


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
        fresh = all(tick.text != _elapsed(number * step) for tick in found)
        if fresh and not inside and all(abs(left - tick.left) >= (2 * _ROOM if tick.cut else _ROOM) for tick in found):
            found.append(Tick(left, _elapsed(number * step)))
    yield from sorted((Tick(round(tick.left, 2), tick.text, tick.cut) for tick in found), key=lambda tick: tick.left)


def _elapsed(seconds: int) -> str:
    """`0`, `30 s`, `5 min`, `2 h`."""
    for unit, word in ((3600, "h"), (60, "min")):
        if seconds and seconds % unit == 0:
            return f"{seconds // unit} {word}"
    return duration(seconds) if seconds >= 60 else f"{seconds} s" if seconds else "0"  # noqa: PLR2004 -- a minute


TEMPLATE = "render/report/report.html.j2"

MANY = 4
"""Stacks of a run beyond which one has to look for those that matter."""

LEGEND = {
    Phase.CHECKS.value: "checks",
    Phase.LOOK.value: "looking for drift",
    Phase.PREVIEW.value: "preview",
    Phase.GATE.value: "waiting for an answer",
    Phase.OPERATION.value: "the change itself",
    Phase.SMOKE_TEST.value: "smoke test",
    Phase.SOAK.value: "soak",
}


def as_html(story: Story) -> str:
    """The whole page. Everything in it is escaped: a record carries what users, engines and AWS wrote."""
    return page(
        TEMPLATE,
        story=story,
        words=words,
        headline=words.headline(story),
        names=[stack.stack for stack in story.summary.stacks],
        facts=facts(story),
        approvals=list(words.approvals(story)),
        many=MANY,
        following=following(story),
        timeline=timeline(story),
        legend=LEGEND,
        failed=any(one.end is End.BADLY for one in _segments(story)),
        folded=_folded,
        well=End.WELL,
        tone=_tone,
        duration=duration,
        extra_errors=_errors,
    )


def _tone(stack: StackStory) -> str:
    """The colour of what became of a stack."""
    result = stack.summary.result
    if result == Result.SUCCEEDED:
        return words.Tone.GOOD.value
    return words.Tone.BAD.value if result == Result.FAILED else words.Tone.ATTENTION.value if not result else ""


def _segments(story: Story) -> list[Segment]:
    return [*story.all_checking, *(one for stack in story.stacks for one in stack.segments)]


def _folded(story: Story, stack: StackStory) -> bool:
    """Whether a stack's story waits to be opened: in a run of many, those that went well and changed nothing dangerous."""
    calm = stack.summary.result == Result.SUCCEEDED and not stack.summary.drifted
    return len(story.stacks) > MANY and calm and not any(words.danger(one) for one in stack.changed)


def _errors(story: Story, stack: StackStory) -> list[str]:
    """What the engine said beyond the cause that is shown already."""
    return [error for error in stack.errors if error != words.cause(story, stack.summary)]
