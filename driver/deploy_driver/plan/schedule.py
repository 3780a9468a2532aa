"""When a stack may be changed: its windows and freezes, as a function of the moment.

A window is what the clock on the wall of its time zone shows. Where that clock jumps over a time, the window has no such time that
day; where it shows an hour twice, the window is open both times. Moments are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise
from zoneinfo import ZoneInfo

from deploy_driver.choices import Overridable
from deploy_driver.record.catalogue import Reason
from deploy_driver.values import DAYS, Schedule, Window

_DAY = 86_400
_MINUTES = 60


@dataclass(frozen=True)
class Closed:
    """Why a stack is closed: what keeps it, which may be overridden, the reason of the refusal, and the fact behind it."""

    gate: Overridable
    reason: Reason
    fact: str


def closed(schedule: Schedule, now: float) -> tuple[Closed, ...]:
    """Everything that keeps the stack from being changed at that moment; nothing when it is open."""
    found = [
        Closed(Overridable.FREEZE, Reason.FROZEN, f"frozen until {shown(freeze.until, schedule)}: {freeze.why}")
        for freeze in schedule.freezes
        if freeze.start <= now < freeze.until
    ]
    if schedule.windows and not _in_window(schedule, now):
        words = ", ".join(window.words for window in schedule.windows)
        found.append(
            Closed(Overridable.WINDOW, Reason.OUTSIDE_WINDOW, f"outside its window, {words} in {schedule.zone}")
        )
    return tuple(found)


def opens(schedule: Schedule, now: float) -> float | None:
    """The first moment from `now` on at which nothing keeps the stack; None where that is beyond the calendar."""
    moment = now
    try:
        while True:
            frozen = [freeze.until for freeze in schedule.freezes if freeze.start <= moment < freeze.until]
            later = max(frozen) if frozen else _next_in_window(schedule, moment)
            if later == moment:
                return moment
            moment = later
    except (OverflowError, ValueError):
        return None


def shown(moment: float, schedule: Schedule) -> str:
    """A moment as people read it in the schedule's zone: `Mon 2026-11-30 09:00`."""
    local = datetime.fromtimestamp(moment, ZoneInfo(schedule.zone))
    return f"{DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M}"


def said(schedule: Schedule, found: Collection[Closed], now: float) -> str:
    """What is the matter, what time it is there, and when it opens."""
    next_ = opens(schedule, now)
    then = f"it opens {shown(next_, schedule)}" if next_ is not None else "it does not open again"
    facts = "; ".join(one.fact for one in found)
    return f"{facts}; it is {shown(now, schedule)} in {schedule.zone}, and {then}"


def _in_window(schedule: Schedule, moment: float) -> bool:
    local = datetime.fromtimestamp(moment, ZoneInfo(schedule.zone))
    minute, today = local.hour * _MINUTES + local.minute, local.weekday()
    return any(_holds(window, today, minute) for window in schedule.windows)


def _holds(window: Window, today: int, minute: int) -> bool:
    """One that ends before it begins goes on after midnight; it is of the day on which it began."""
    if window.start < window.end:
        return today in window.days and window.start <= minute < window.end
    yesterday = (today - 1) % len(DAYS)
    return (today in window.days and minute >= window.start) or (yesterday in window.days and minute < window.end)


def _next_in_window(schedule: Schedule, now: float) -> float:
    if not schedule.windows or _in_window(schedule, now):
        return now
    zone = ZoneInfo(schedule.zone)
    today = datetime.fromtimestamp(now, zone).date()
    days = (today + timedelta(days=number) for number in count(-1))
    for pair in pairwise(days):  # where a clock is put back over midnight, times of two days take turns
        found = [
            moment
            for day in pair
            for moment in _beginnings(schedule.windows, day, zone)
            if moment > now and _in_window(schedule, moment)
        ]
        if found:
            return min(found)
    raise AssertionError("a window has a time in every fortnight")


def _beginnings(windows: Collection[Window], day: date, zone: ZoneInfo) -> Iterator[float]:
    """The moments at which a window may begin: where the clock shows its first minute, and where the clock is put forward or back."""
    for window in windows:
        local = datetime(day.year, day.month, day.day, *divmod(window.start, _MINUTES), tzinfo=zone)
        yield local.timestamp()
        yield local.replace(fold=1).timestamp()
    low = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    high = low + _DAY
    before = _offset(low, zone)
    if before == _offset(high, zone):
        return
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    yield float(high)


def _offset(moment: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(moment, zone).utcoffset()
