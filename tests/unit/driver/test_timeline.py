"""Where each moment is on the picture of a run."""

from __future__ import annotations

import pytest

from deploy_driver.render.report.html import Scale, timeline
from tests import records


@pytest.mark.parametrize("name", records.EVERY)
def test_every_bar_is_on_the_picture(name: str) -> None:
    drawn = timeline(records.story(records.EVERY[name]))
    bars = [bar for account in drawn.accounts for lane in account.lanes for bar in lane.bars]
    for bar in (*drawn.checks, *bars):
        assert bar.left >= 0
        assert bar.width >= 0
        assert bar.left + bar.width <= 100.1
    assert len(drawn.ticks) <= 8
    assert [tick.left for tick in drawn.ticks] == sorted(tick.left for tick in drawn.ticks)


def test_accounts_are_lanes_in_the_order_of_the_run() -> None:
    drawn = timeline(records.story(records.WELL))
    assert [(account.account, [lane.stack for lane in account.lanes]) for account in drawn.accounts] == [
        ("222222222222", ["dev"]),
        ("333333333333", ["staging"]),
        ("444444444444", ["prod"]),
    ]


def test_stacks_of_one_account_stand_together() -> None:
    (account,) = timeline(records.story(records.TWELVE)).accounts
    assert len(account.lanes) == 12


def test_two_hours_of_waiting_do_not_hide_the_work() -> None:
    drawn = timeline(records.story(records.WELL))
    widths = {bar.phase: bar.width for bar in drawn.accounts[2].lanes[0].bars}
    assert widths["wait"] < widths["operation"] + 1
    assert [tick.text for tick in drawn.ticks if tick.cut] == ["2 h 03 min"]


def test_work_is_drawn_to_scale() -> None:
    (bar, smoke) = timeline(records.story(records.UNCHANGED)).accounts[0].lanes[0].bars
    assert bar.width == pytest.approx(10 * smoke.width, rel=0.01)


def test_beyond_its_ends_a_scale_stays_at_the_edge() -> None:
    scale = Scale(((10.0, 0.0), (20.0, 100.0)))
    assert [scale.at(time) for time in (0.0, 10.0, 15.0, 20.0, 99.0)] == [0.0, 0.0, 50.0, 100.0, 100.0]
    assert Scale(()).at(5.0) == 0.0
