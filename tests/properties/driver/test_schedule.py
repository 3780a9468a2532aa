"""The laws of windows and freezes: what the clock on the wall shows, in every time zone, on the days on which it jumps too."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.choices import Overridable
from deploy_driver.config.load import _freeze
from deploy_driver.config.model import FreezeTable, days_of
from deploy_driver.plan.schedule import closed, opens
from deploy_driver.values import DAYS, Freeze, Schedule, Window

BEGIN, DAY = datetime(2026, 1, 1, tzinfo=UTC).timestamp(), 86_400.0
zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"]
)
"""Of Lord Howe the clock jumps by half an hour, in Casablanca it is put back for a month; St John's is no whole hour from UTC."""

moments = st.floats(BEGIN, BEGIN + 400 * DAY)
clocks = st.integers(0, 24 * 60 - 1)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start, end = draw(clocks), draw(clocks)
    return Window(draw(st.frozensets(st.integers(0, 6), min_size=1)), start, end + (end == start), "words")


@st.composite
def freezes(draw: st.DrawFn) -> Freeze:
    start = draw(moments)
    return Freeze(start, start + draw(st.floats(1, 40 * DAY)), "why")


schedules = st.builds(
    Schedule, zones, st.lists(windows(), max_size=3).map(tuple), st.lists(freezes(), max_size=3).map(tuple)
)


def on_the_wall(schedule: Schedule, moment: float) -> bool:
    """Whether it is open, counted in minutes since the window began on an earlier or this day, as the wall's clock counts."""
    wall = datetime.fromtimestamp(moment, ZoneInfo(schedule.zone)).replace(tzinfo=None)
    minute = wall.weekday() * 1440 + wall.hour * 60 + wall.minute
    inside = not schedule.windows or any(
        (minute - day * 1440 - window.start) % (7 * 1440) < ((window.end - window.start) % 1440 or 1440)
        for window in schedule.windows
        for day in window.days
    )
    return inside and not any(freeze.start <= moment < freeze.until for freeze in schedule.freezes)


@given(schedules, moments)
def test_a_stack_is_open_when_the_clock_on_the_wall_says_so(schedule: Schedule, now: float) -> None:
    assert (not closed(schedule, now)) is on_the_wall(schedule, now)


@given(schedules, moments, st.floats(0, 1))
def test_it_opens_at_the_first_moment_at_which_it_is_open(schedule: Schedule, now: float, part: float) -> None:
    then = opens(schedule, now)
    assert then is not None
    assert then >= now
    assert closed(schedule, then) == ()
    before = now + (then - now) * part
    assert before == then or closed(schedule, before)


@given(st.builds(Schedule, zones, st.lists(windows(), min_size=1, max_size=2).map(tuple)), moments)
def test_no_minute_is_open_before_it_opens(schedule: Schedule, now: float) -> None:
    """Every quarter of an hour until then, or of the first three days; and each minute of the last two hours."""
    then = opens(schedule, now)
    assert then is not None
    minutes = [now + 900 * number for number in range(288)] + [then - 60 * number for number in range(1, 120)]
    assert [moment for moment in minutes if now <= moment < then and not closed(schedule, moment)] == []


@given(schedules, moments)
def test_what_keeps_it_is_named_by_what_may_be_overridden(schedule: Schedule, now: float) -> None:
    gates = {one.gate for one in closed(schedule, now)}
    frozen = any(freeze.start <= now < freeze.until for freeze in schedule.freezes)
    assert (Overridable.FREEZE in gates) is frozen
    without = Schedule(schedule.zone, schedule.windows)
    assert (Overridable.WINDOW in gates) is bool(closed(without, now))


@given(zones, st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(1, 500_000))  # noqa: DTZ001 -- times on the wall
def test_a_freeze_holds_whenever_the_clock_shows_a_time_in_it(zone: str, start: datetime, minutes: int) -> None:
    until = datetime.fromtimestamp(start.replace(tzinfo=UTC).timestamp() + 60 * minutes, UTC).replace(tzinfo=None)
    table = FreezeTable.model_validate({"from": start, "until": until, "why": "why"})
    freeze = _freeze(table, zone)
    moments = [freeze.start + (freeze.until - freeze.start) * part / 50 for part in range(-10, 61)]
    for moment in moments:
        wall = datetime.fromtimestamp(moment, ZoneInfo(zone)).replace(tzinfo=None)
        if start <= wall < until:
            assert freeze.start <= moment < freeze.until


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4))
def test_days_are_read_as_they_are_said(days: list[int]) -> None:
    assert days_of(",".join(DAYS[day] for day in days)) == frozenset(days)
    first, last = days[0], days[-1]
    spanned = days_of(f"{DAYS[first]}-{DAYS[last]}")
    assert {first, last} <= spanned
    assert len(spanned) == (last - first) % 7 + 1
