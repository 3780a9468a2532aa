"""The reports of a look: text, JSON, Markdown, JUnit and SARIF."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from driver.drift.finding import Moved
from driver.errors import ExitCode
from driver.render.drift import as_json, as_text
from driver.render.drift_reports import as_junit, as_markdown, as_sarif
from tests.unit.driver.drift.samples import finding, report

REPORT = report(finding(), finding(path="tags.a", moved=Moved.CODE))


def test_text_says_which_side_moved_and_who_did_it() -> None:
    text = as_text(REPORT)
    assert "dev: aws:s3/bucketVersioning:BucketVersioning items: both" in text
    assert "versioningConfiguration.status: expected Enabled, found Suspended (opened, the cloud was changed)" in text
    assert "by arn:aws:iam::222222222222:user/eve at 2026-11-23T01:02:00+00:00: PutBucketVersioning, aws-cli/2" in text
    assert "prod: could not look: AccessDenied: no\n  what to do: look at the trust policy" in text


def test_json_has_every_value() -> None:
    dev, prod = as_json(REPORT, exit_code=1)["stacks"]
    assert (dev["looked"], prod["looked"], prod["failure"]) == (True, False, "AccessDenied: no")
    assert dev["drifted"][0]["by"]["event"] == "PutBucketVersioning"
    assert [found["standing"] for found in dev["drifted"][0]["findings"]] == ["opened", "opened"]


def test_markdown_shows_what_is_new() -> None:
    text = as_markdown(REPORT)
    assert text.index("## New") < text.index("versioningConfiguration.status") < text.index("## Could not look")
    assert "## Known" not in text


def test_junit_has_a_failure_for_each_finding_and_an_error_where_nobody_looked() -> None:
    suites = ET.fromstring(as_junit(REPORT))  # noqa: S314 -- our own
    assert [(suite.get("name"), suite.get("failures"), suite.get("errors")) for suite in suites] == [
        ("dev", "2", "0"),
        ("prod", "0", "1"),
    ]


def test_sarif_says_what_is_new_and_what_was_not_looked_at() -> None:
    (run,) = as_sarif(REPORT)["runs"]
    assert [(result["ruleId"], result["baselineState"]) for result in run["results"]] == [
        ("cloud-changed", "new"),
        ("code-not-applied", "new"),
    ]
    assert not run["invocations"][0]["executionSuccessful"]


def test_the_exit_code() -> None:
    assert REPORT.exit_code(differs=True) is ExitCode.FAILED
