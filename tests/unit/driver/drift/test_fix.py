"""What may be put back, and what is left or refused."""

from __future__ import annotations

from dataclasses import replace

from deploy_driver.drift.finding import DriftFinding
from deploy_driver.drift.fix import Fix, NotFixed, fix_of, fixed
from deploy_driver.drift.ignore import Ignored, SortedFindings
from deploy_driver.drift.resource_state import ResourceState
from deploy_driver.record.catalogue import DriftFact, Moved, Reason, Result
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import Operation
from tests.unit.driver.drift.samples import finding, looked, resource, rule, urn

BACK = {"dev": (urn(),)}


def fix(
    *findings: DriftFinding,
    resources: tuple[ResourceState, ...] = (),
    named: tuple[str, ...] = (),
    ignored: tuple[Ignored, ...] = (),
) -> Fix:
    seen = {one.urn: one for one in (resource(), *resources)}
    every = (*findings, *(one.finding for one in ignored))
    return fix_of([looked("dev", *every, states=seen)], SortedFindings(findings, ignored, ()), named)


def outcome(result: Result, reason: Reason, cause: str = "") -> RunOutcome:
    return RunOutcome("run", Operation.UP, (StepOutcome("dev", "222222222222", result, reason, cause),))


def test_what_was_changed_in_the_cloud_is_put_back() -> None:
    assert fix(finding()) == Fix(BACK, BACK, (), ())


def test_what_the_code_changed_too_is_left() -> None:
    left = fix(finding(), finding(path="tags.a", moved=Moved.CODE))
    assert (left.targets, [each.why for each in left.left]) == (
        {},
        ["the code was changed too: `deploy up --stacks dev --refresh` applies the code"],
    )


def test_what_is_not_ours_is_left() -> None:
    stranger = replace(finding(path="", moved=Moved.BOTH), fact=DriftFact.APPEARED)
    assert fix(stranger).left == (NotFixed("dev", urn(), "it is not ours: delete it, or import it"),)


def test_what_would_undo_an_ignored_change_is_left() -> None:
    ignored = Ignored(finding(path="tags.a"), rule(property_="tags.*"))
    left = fix(finding(), ignored=(ignored,))
    assert left.targets == {}
    assert left.left[0].why == "it would undo tags.* too, which ada answers for until 2026-12-31"


def test_what_follows_goes_with_it_and_what_stays_the_same_does_not() -> None:
    follower = replace(resource(), urn=f"{urn()}-alias")
    other = replace(resource(), urn=f"{urn()}-other", op="same")
    found = fix(finding(), resources=(follower, other))
    assert (found.drifted, found.targets) == (BACK, {"dev": (urn(), follower.urn)})


def test_nothing_is_replaced_unless_it_is_named() -> None:
    replaced = replace(resource(), op="replace")
    assert fix(finding(), resources=(replaced,)).refused == (f"dev: replace {urn()}",)
    assert fix(finding(), resources=(replaced,), named=(urn(),)).refused == ()


def test_what_was_restored_is_what_its_run_says() -> None:
    done = fixed(fix(finding()), outcome(Result.SUCCEEDED, Reason.CHANGED))
    assert (done.restored, done.left) == (BACK, ())


def test_what_its_run_could_not_put_back_is_left() -> None:
    done = fixed(fix(finding()), outcome(Result.FAILED, Reason.ENGINE_FAILED, "AccessDenied"))
    assert (done.restored, done.left) == ({}, (NotFixed("dev", urn(), "failed: AccessDenied"),))


def test_where_nothing_is_put_back_nothing_is_restored() -> None:
    done = fixed(fix(finding(moved=Moved.CODE)), None)
    assert (done.outcome, done.restored, len(done.left)) == (None, {}, 1)
