"""What may be put back, and what is left or refused."""

from __future__ import annotations

from dataclasses import replace

from driver.drift.finding import Finding, Moved
from driver.drift.fix import Fix, fix_of
from driver.drift.look import Looked
from driver.drift.sight import Sight
from tests.unit.driver.drift.samples import finding, sight, urn


def fix(*findings: Finding, sights: tuple[Sight, ...] = (), named: tuple[str, ...] = ()) -> Fix:
    seen = {one.urn: one for one in (sight(), *sights)}
    return fix_of([Looked("dev", "222222222222", findings, sights=seen)], findings, named)


def test_what_was_changed_in_the_cloud_is_put_back() -> None:
    assert fix(finding()) == Fix({"dev": (urn(),)}, (), ())


def test_what_the_code_changed_too_is_left() -> None:
    assert fix(finding(), finding(path="tags.a", moved=Moved.CODE)) == Fix({}, (), (f"dev: {urn()}",))


def test_what_follows_goes_with_it_and_what_stays_the_same_does_not() -> None:
    follower = replace(sight(), urn=f"{urn()}-alias")
    other = replace(sight(), urn=f"{urn()}-other", op="same")
    assert fix(finding(), sights=(follower, other)).targets == {"dev": (urn(), follower.urn)}


def test_nothing_is_replaced_unless_it_is_named() -> None:
    replaced = replace(sight(), op="replace")
    assert fix(finding(), sights=(replaced,)).refused == (f"dev: replace {urn()}",)
    assert fix(finding(), sights=(replaced,), named=(urn(),)).refused == ()
