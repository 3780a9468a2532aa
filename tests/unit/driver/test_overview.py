"""What runs in every account, by the records of all runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from deploy_driver.record.overview import (
    AccountOverview,
    MayEnter,
    Overview,
    RecordedRun,
    Seen,
    StackRecord,
    records_of_stacks,
)
from deploy_driver.record.reading import event_of
from deploy_driver.record.standing import left_by
from deploy_driver.record.story import story_of
from deploy_driver.render.overview import as_html, as_json, as_text, proof
from deploy_driver.render.width import WIDTH
from tests import records, samples
from tests.schemas import problems
from tests.unit.driver.test_render import golden
from tests.unit.driver.test_report_page import Elements


def run(name: str, record: Sequence[Any], *, day: int, operation: str = "") -> RecordedRun:
    """A run of that day in November 2026."""
    lines = [event_of(line) for line in record]
    summary = replace(story_of(lines).summary, run=name, began=f"2026-11-{day:02}T01:02:00.000+00:00")
    return RecordedRun(replace(summary, operation=operation or summary.operation), left_by(lines))


def of(stack: str, *runs: RecordedRun) -> StackRecord:
    (found,) = records_of_stacks([stack], runs)
    return found


WELL = run("well", records.WELL, day=1)
UNCHANGED = run("unchanged", records.UNCHANGED, day=2)
FAILED = run("failed", records.FAILED, day=3)
DRIFT = run("drift", records.DRIFT, day=4)
PROVED = run("proved", records.PROVED, day=5)


def test_what_runs_there_is_of_the_newest_run_that_ended_well_and_of_the_one_that_changed_it() -> None:
    found = of("dev", UNCHANGED, WELL)
    assert [each and each.run.run for each in (found.deployed, found.changed)] == ["unchanged", "well"]
    assert (found.seen, found.left, found.looked) == (Seen.DEPLOYED, None, None)


def test_the_order_in_which_records_are_read_does_not_matter() -> None:
    runs = [WELL, UNCHANGED, DRIFT, FAILED]
    assert [of(stack, *runs) for stack in samples.ACCOUNTS] == [of(stack, *runs[::-1]) for stack in samples.ACCOUNTS]


def test_a_stack_of_which_nothing_is_on_record_is_not_deployed() -> None:
    assert of("elsewhere", WELL, DRIFT).seen is Seen.NEVER


def test_a_preview_brings_nothing_there() -> None:
    assert of("dev", run("preview", records.WELL, day=1, operation="preview")).seen is Seen.NEVER


def test_a_later_run_that_failed_or_was_cut_off_is_to_be_known_and_one_that_ends_well_ends_that() -> None:
    assert of("staging", WELL, FAILED).seen is Seen.FAILED
    cut_off = run("cut", records.CUT_OFF, day=4)
    begun = replace(cut_off, left=replace(cut_off.left, stacks=(replace(cut_off.left.stack("staging"), begun=True),)))
    assert of("staging", WELL, begun).seen is Seen.LEFT
    assert of("staging", begun, run("later", records.WELL, day=5)).seen is Seen.DEPLOYED


def test_what_a_run_refused_or_did_not_reach_is_as_it_was() -> None:
    assert of("prod", WELL, FAILED).seen is Seen.DEPLOYED


def test_drift_is_what_the_newest_look_found_until_something_is_deployed_over_it() -> None:
    assert (of("dev", WELL, DRIFT).seen, of("dev", WELL, DRIFT).drifted) == (Seen.DRIFTED, 1)
    assert of("prod", WELL, DRIFT).seen is Seen.DEPLOYED
    after = of("dev", DRIFT, run("after", records.WELL, day=5))
    assert (after.seen, after.drifted) == (Seen.DEPLOYED, None)
    assert after.looked == of("dev", DRIFT).looked


def test_what_was_destroyed_is_not_taken_to_stand() -> None:
    assert of("dev", WELL, run("gone", records.WELL, day=6, operation="destroy")).seen is Seen.DESTROYED


def test_older_records_are_asked_for_until_they_have_nothing_to_add() -> None:
    assert not of("dev", UNCHANGED, DRIFT, WELL).whole
    assert of("dev", UNCHANGED, DRIFT, WELL, PROVED).whole


def test_a_proof_says_how_many_cases_went_wrong_and_leaves_the_stack_as_it_was() -> None:
    found = of("dev", WELL, PROVED, run("earlier", records.PROVED, day=2))
    assert (found.seen, found.proved and found.proved.run.run) == (Seen.DEPLOYED, "proved")
    assert proof(found.proved) == "2 of 212 cases went wrong"
    assert (of("prod", WELL, PROVED).proved, proof(None)) == (None, "none on record")


def overview(*runs: RecordedRun) -> Overview:
    stacks = samples.chain()
    found = zip(stacks, records_of_stacks([stack.name for stack in stacks], runs), strict=True)
    accounts = tuple(
        AccountOverview(
            stack.account,
            (MayEnter(f"items-{stack.name}-deployment", "jenkins-deploy of 111111111111, to deploy"),),
            ((stack, record),),
        )
        for stack, record in found
    )
    since = min((one.summary.began for one in runs), default="")
    return Overview("items", "aws", 1795395720.0, accounts, len(runs), since)


ALL = overview(WELL, UNCHANGED, DRIFT, FAILED, PROVED)


def test_all_accounts_as_a_table() -> None:
    said = as_text(ALL) + "\n"
    assert all(len(line) <= WIDTH for line in said.splitlines())
    golden("overview.txt", said)


def test_all_accounts_as_json() -> None:
    for each in (ALL, overview()):
        assert problems("overview", json.loads(json.dumps(as_json(each)))) == []
    dev, staging, _ = (stack for account in as_json(ALL)["accounts"] for stack in account["stacks"])
    assert (dev["is"], dev["drifted"], dev["deployed"]["run"], dev["changed"]["run"]) == (
        "drifted",
        1,
        "failed",
        "failed",
    )
    assert (staging["left"]["run"], staging["left"]["result"]) == ("failed", "failed")


def test_the_page_says_what_the_table_says() -> None:
    said = " ".join(Elements(as_html(ALL)).text.split())
    for fact in (
        "staging: last run failed; dev: drifted.",
        "0123456789ab",
        "by alice",
        "approved by eve",
        "deploy report drift",
        "Last proof of who may enter: 2026-11-05 01:02, 2 of 212 cases went wrong",
        "Last proof of who may enter: none on record",
    ):
        assert fact in said
    assert "All 3 stacks are as they were deployed" in as_html(overview(WELL))


@pytest.mark.parametrize("name", records.EVERY)
def test_what_a_record_says_stays_text(name: str) -> None:
    here = [stack.stack for stack in run(name, records.EVERY[name], day=1).summary.stacks]
    renamed = tuple(samples.stack(stack) for stack in here)
    found = records_of_stacks(here, [run(name, records.EVERY[name], day=1, operation="up")])
    account = AccountOverview("555555555555", (), tuple(zip(renamed, found, strict=True)))
    page = as_html(Overview("items", "aws", 1795395720.0, (account,), 1))
    elements = Elements(page)
    assert not {tag for tag, _ in elements.found} & {
        "script",
        "img",
        "iframe",
        "object",
        "link",
        "form",
        "svg",
        "base",
        "a",
    }
    assert not any(secret in page for secret in ("planted-hunter2", "AKIAIOSFODNN7EXAMPLE"))
