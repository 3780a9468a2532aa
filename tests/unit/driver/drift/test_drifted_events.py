"""What a look found is on the run's record, and nothing secret of it."""

from __future__ import annotations

import json
from dataclasses import replace

from deploy_driver.drift.ignore import Ignored
from deploy_driver.drift.report import drifted_events
from deploy_driver.record.catalogue import Moved
from deploy_driver.record.stream import Envelope
from tests.unit.driver.drift.samples import WRITE, finding, report, rule, urn


def test_a_finding_says_which_side_moved_what_was_expected_and_who_did_it() -> None:
    (event,) = drifted_events(report(finding()))
    assert (event.stack, event.change.urn, event.moved, event.fact) == (
        "dev",
        urn(),
        "the cloud was changed",
        "changed",
    )
    (diff,) = event.change.diffs
    assert (diff.path, diff.old, diff.new) == ("versioningConfiguration.status", "Enabled", "Suspended")
    assert (event.by, event.call, event.at) == (WRITE.identity, "PutBucketVersioning", "2026-11-23T01:02:00+00:00")
    assert (event.standing, event.ignored) == ("opened", "")


def test_what_only_the_code_moved_nobody_did() -> None:
    (event,) = drifted_events(report(finding(moved=Moved.CODE)))
    assert (event.by, event.at, event.call) == ("", "", "")


def test_what_is_about_the_whole_resource_has_no_property() -> None:
    (event,) = drifted_events(report(finding(path="")))
    assert event.change.diffs == ()


def test_what_somebody_answers_for_says_who_why_and_until_when() -> None:
    seen = report()
    (event,) = drifted_events(replace(seen, sorted=replace(seen.sorted, ignored=(Ignored(finding(), rule()),))))
    assert event.ignored == "ada: a test, until 2026-12-31"


def test_a_value_under_a_telling_name_is_not_on_record() -> None:
    (event,) = drifted_events(report(finding(path="environment.variables.DB_PASSWORD")))
    kept = json.dumps(Envelope("run", 1, 0.0, event).as_json())
    assert "DB_PASSWORD" in kept
    assert "Suspended" not in kept
