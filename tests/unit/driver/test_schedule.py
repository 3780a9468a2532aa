"""Windows and freezes as deploy.toml says them, and what is said of a stack that is closed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from deploy_driver.config.load import load
from deploy_driver.errors import UsageError
from deploy_driver.plan.schedule import closed, opens, said, shown
from deploy_driver.values import Schedule
from tests.samples import DEPLOY_TOML, project

WINDOW = 'window = [{ days = "Mon-Thu", from = "09:00", to = "16:00" }]\n'
BERLIN = 'time-zone = "Europe/Berlin"\n'
FREEZE = '[[freeze]]\nfrom = 2026-12-19T00:00:00\nuntil = 2027-01-07T09:00:00\nwhy = "Christmas"\n'


def schedules(tmp_path: Path, first: str = "", last: str = "") -> dict[str, Schedule]:
    config = load(project(tmp_path, {"deploy.toml": f"{first}{DEPLOY_TOML}{last}"}), {})
    return {stack.name: stack.schedule for stack in config.stacks}


def problems(tmp_path: Path, first: str = "", last: str = "") -> str:
    with pytest.raises(UsageError) as caught:
        schedules(tmp_path, first, last)
    return "\n".join(caught.value.detail)


def at(local: str, zone: str = "Europe/Berlin", fold: int = 0) -> float:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def test_without_a_window_or_a_freeze_every_stack_is_open_always(tmp_path: Path) -> None:
    assert all(schedule.always_open for schedule in schedules(tmp_path).values())


def test_a_window_holds_for_the_services_and_a_stack_s_own_takes_its_place(tmp_path: Path) -> None:
    found = schedules(tmp_path, BERLIN + WINDOW, "window = []\n")
    assert found["dev"].windows[0].words == "Mon-Thu 09:00-16:00"
    assert found["prod"].always_open
    assert found["prod-access"].always_open
    assert found["tools"].always_open


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-11-26 08:59", False),  # a Thursday
        ("2026-11-26 09:00", True),
        ("2026-11-26 15:59", True),
        ("2026-11-26 16:00", False),
        ("2026-11-27 12:00", False),
        ("2026-12-21 12:00", False),  # a Monday in the freeze
        ("2027-01-07 08:59", False),
        ("2027-01-07 09:00", True),
    ],
)
def test_a_stack_is_open_in_its_window_and_in_no_freeze(tmp_path: Path, moment: str, open_: bool) -> None:
    prod = schedules(tmp_path, BERLIN + WINDOW, FREEZE)["prod"]
    assert (closed(prod, at(moment)) == ()) is open_


def test_a_freeze_of_some_stacks_leaves_the_others_open(tmp_path: Path) -> None:
    found = schedules(tmp_path, BERLIN, FREEZE + 'stacks = ["prod"]\n')
    moment = at("2026-12-24 12:00")
    assert {name for name, schedule in found.items() if closed(schedule, moment)} == {"prod"}


def test_a_moment_with_an_offset_is_that_moment(tmp_path: Path) -> None:
    last = '[[freeze]]\nfrom = 2026-12-19T00:00:00Z\nuntil = 2026-12-20T00:00:00+09:00\nwhy = "why"\n'
    (freeze,) = schedules(tmp_path, BERLIN, last)["dev"].freezes
    assert (freeze.start, freeze.until) == (at("2026-12-19 00:00", "UTC"), at("2026-12-19 15:00", "UTC"))


def test_what_is_closed_says_the_time_there_when_it_opens_and_why(tmp_path: Path) -> None:
    prod = schedules(tmp_path, BERLIN + WINDOW, FREEZE)["prod"]
    now = at("2026-12-24 12:00")
    text = said(prod, closed(prod, now), now)
    assert "frozen until Thu 2027-01-07 09:00: Christmas" in text
    assert "it is Thu 2026-12-24 12:00 in Europe/Berlin, and it opens Thu 2027-01-07 09:00" in text
    friday = at("2026-11-27 12:00")
    assert "outside its window, Mon-Thu 09:00-16:00 in Europe/Berlin" in said(prod, closed(prod, friday), friday)


def over_night(tmp_path: Path) -> Schedule:
    return schedules(tmp_path, BERLIN + 'window = [{ days = "Sat", from = "22:00", to = "04:00" }]\n')["prod"]


def test_a_window_over_midnight_is_of_the_day_on_which_it_begins(tmp_path: Path) -> None:
    schedule = over_night(tmp_path)
    open_ = [day for day in ("2026-11-28 23:00", "2026-11-29 03:59") if not closed(schedule, at(day))]
    shut = [day for day in ("2026-11-28 03:00", "2026-11-29 04:00", "2026-11-29 23:00") if closed(schedule, at(day))]
    assert (len(open_), len(shut)) == (2, 3)


def test_on_the_day_on_which_the_clock_jumps_a_window_has_the_times_that_it_shows(tmp_path: Path) -> None:
    """In Berlin 02:00 is followed by 03:00 on 2027-03-28, and 03:00 by 02:00 on 2026-10-25."""
    first = BERLIN + 'window = [{ days = "Sun", from = "02:15", to = "02:45" }]\n'
    schedule = schedules(tmp_path, first)["prod"]
    saturday = at("2027-03-27 12:00")
    then = opens(schedule, saturday)
    assert then is not None
    assert shown(then, schedule) == "Sun 2027-04-04 02:15", "on the 28th no clock shows 02:15"
    twice = [closed(schedule, at("2026-10-25 02:30", fold=fold)) for fold in (0, 1)]
    assert twice == [(), ()]
    assert closed(schedule, at("2026-10-25 02:50"))
    assert opens(schedule, at("2026-10-25 02:50")) == at("2026-10-25 02:15", fold=1)


def test_a_window_that_begins_in_a_gap_begins_where_the_clock_goes_on(tmp_path: Path) -> None:
    first = BERLIN + 'window = [{ days = "Sun", from = "02:30", to = "05:00" }]\n'
    schedule = schedules(tmp_path, first)["prod"]
    assert opens(schedule, at("2027-03-27 12:00")) == at("2027-03-28 03:00")


def test_a_freeze_to_the_end_of_the_calendar_never_opens(tmp_path: Path) -> None:
    last = '[[freeze]]\nfrom = 2026-12-19T00:00:00\nuntil = 9999-12-31T23:00:00\nwhy = "why"\n'
    prod = schedules(tmp_path, BERLIN + WINDOW, last)["prod"]
    now = at("2026-12-24 12:00")
    assert opens(prod, now) is None
    assert "it does not open again" in said(prod, closed(prod, now), now)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (WINDOW, "", "time-zone: missing, expected a time zone's name, such as Europe/Berlin"),
        ("", FREEZE, "time-zone: missing"),
        ('time-zone = "Europe/Berln"\n', "", "time-zone: got 'Europe/Berln', expected a time zone's name"),
        ('time-zone = "Europe"\n', "", "time-zone: got 'Europe', expected a time zone's name"),
        ('time-zone = "../../etc/passwd"\n', "", "expected a time zone's name"),
        (BERLIN + WINDOW.replace("Mon-Thu", "Mon-Thr"), "", "window.0.days: got 'Mon-Thr', expected days"),
        (BERLIN + WINDOW.replace("Mon-Thu", ""), "", "window.0.days: got '', expected days"),
        (BERLIN + WINDOW.replace("09:00", "9:00"), "", "window.0.from: got '9:00', expected a time, such as \"09:00\""),
        (BERLIN + WINDOW.replace("16:00", "24:01"), "", "window.0.to: got '24:01', expected a time"),
        (BERLIN + WINDOW.replace("16:00", "09:00"), "", "expected two different times"),
        (BERLIN + WINDOW.replace("from =", "form ="), "", "window.0.form: unknown key; did you mean from?"),
        (BERLIN + WINDOW.replace(', to = "16:00"', ""), "", 'window.0.to: missing, expected a time, such as "16:00"'),
        (BERLIN, FREEZE.replace("2027-01-07T09:00:00", "2026-12-18T09:00:00"), "freeze.0.until: got 2026-12-18"),
        (BERLIN, FREEZE.replace("2026-12-19T00:00:00", "2026-12-19"), "freeze.0.from: got datetime.date(2026, 12, 19)"),
        (BERLIN, FREEZE + 'stacks = ["pord"]\n', "freeze.0.stacks: got 'pord', expected one of dev, staging, prod"),
        (BERLIN, FREEZE.replace('"Christmas"', '" "'), "freeze.0.why: got ' ', expected why nothing is changed"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(tmp_path: Path, first: str, last: str, expected: str) -> None:
    assert expected in problems(tmp_path, first, last)


def test_an_unknown_key_of_the_access_table_is_named(tmp_path: Path) -> None:
    assert "access.servces: unknown key; did you mean services?" in problems(
        tmp_path, "", '[access]\nservces = ["sqs"]\n'
    )
