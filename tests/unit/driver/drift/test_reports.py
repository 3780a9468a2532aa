"""The reports of a look: text, JSON, Markdown, JUnit and SARIF."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from deploy_driver.drift.fix import Fixed, NotFixed
from deploy_driver.drift.ignore import Ignored
from deploy_driver.drift.report import LeftOver
from deploy_driver.errors import ExitCode
from deploy_driver.record.catalogue import Moved, Reason, Result
from deploy_driver.render.drift.data import as_json
from deploy_driver.render.drift.junit_sarif import as_junit, as_sarif
from deploy_driver.render.drift.markdown import as_markdown
from deploy_driver.render.drift.text import as_text
from deploy_driver.render.width import WIDTH
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import Operation
from tests.unit.driver.drift.samples import eventful, finding, looked, report, rule, urn

GOLDEN = Path(__file__).parents[3] / "golden"
REPORT = report(finding(), finding(path="tags.a", moved=Moved.CODE))


def test_a_night_with_everything_in_it_reads_as_agreed() -> None:
    assert as_text(eventful()) + "\n" == (GOLDEN / "drift.txt").read_text("utf-8")
    assert as_markdown(eventful()) + "\n" == (GOLDEN / "drift.md").read_text("utf-8")


@pytest.mark.parametrize("count", [0, 1, 30])
def test_no_line_is_wider_than_a_console(count: int) -> None:
    long = "arn:aws:iam::222222222222:role/" + "x" * 300
    found = [
        replace(finding(path=f"environment.variables.A{number}"), urn=f"{urn()}-{number}", found=long)
        for number in range(count)
    ]
    text = as_text(report(*found))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.splitlines()[-1].startswith(f"{count} new" if count else "no drift")


def test_a_policy_reads_alike_whoever_ordered_its_keys() -> None:
    """The provider sorts them, AWS has an order of its own, the program a third."""
    access = next(one for one in eventful().sorted.counted if one.path == "policy")
    wide = access.found.replace("s3:PutObject", "s3:*")

    def read(document: str, found: str) -> list[str]:
        told = report(replace(access, expected=document, found=found))
        return [as_text(told), as_markdown(told), as_junit(told), str(as_sarif(told))]

    def by_name(document: str) -> str:
        return json.dumps(json.loads(document), sort_keys=True)

    assert read(by_name(access.found), wide) == read(access.found, wide)
    assert read(access.found, by_name(wide)) == read(access.found, wide)


def test_nothing_found_is_said_in_a_line() -> None:
    quiet = replace(report(), stacks=(looked(),))
    assert as_text(quiet).splitlines()[1:] == ["dev    222222222222  none in 14 resources  0.0 s", "", "no drift"]
    assert "**no drift**" in as_markdown(quiet)
    assert quiet.exit_code(differs=True) is ExitCode.DONE


def test_the_first_look_says_that_all_of_it_is_new() -> None:
    assert "1 new; could not look everywhere in prod (the first look: all of it is new)" in as_text(
        replace(report(finding()), first=True)
    )


def test_what_was_known_says_since_when_and_what_came_again_how_often() -> None:
    known = report(finding())
    (key,) = known.entries
    again = replace(known, entries={key: replace(known.entries[key], standing="unchanged")})
    assert "(since 2026-11-23 01:02 UTC)" in " ".join(as_text(again).split())
    assert "## Known" in as_markdown(again)
    reopened = replace(known, entries={key: replace(known.entries[key], standing="reopened", times=3)})
    assert "(reopened, 3 times now)" in " ".join(as_text(reopened).split())
    assert "## New" in as_markdown(reopened)


def test_what_was_seen_is_shown_though_not_all_could_be_seen() -> None:
    partly = replace(report(finding()), stacks=(looked("dev", finding(), failure="whether: AccessDenied"),))
    text = as_text(partly)
    assert "1 of 14 resources, could not look everywhere" in text
    assert "dev: could not look everywhere: whether: AccessDenied" in text
    (suite,) = ET.fromstring(as_junit(partly))  # noqa: S314 -- our own
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "1")
    assert partly.exit_code(differs=True) is ExitCode.FAILED


def test_what_others_wrote_cannot_break_out_of_the_markdown() -> None:
    evil = "`</code><img src=x> @everyone #1 | [a](b)"
    found = replace(finding(), found=evil, path=f"tags.{evil}")
    ignored = Ignored(finding(), replace(rule(), owner=evil, reason=evil))
    text = as_markdown(
        replace(report(found), sorted=replace(report(found).sorted, ignored=(ignored,), warnings=(evil,)))
    )
    assert "<img" not in text
    assert "@everyone" not in text
    assert "[a](b)" not in text
    assert "&#35;1" not in text


def test_a_command_of_a_remedy_is_code() -> None:
    failed = replace(report(), stacks=(looked("dev", failure="no", remedy="run `deploy bootstrap`, then look"),))
    assert "; run <code>deploy bootstrap</code>, then look" in as_markdown(failed)


def test_json_has_every_value() -> None:
    dev, prod = as_json(REPORT, exit_code=1)["stacks"]
    assert (dev["looked"], prod["looked"], prod["failure"]) == (True, False, "AccessDenied: no")
    assert dev["drifted"][0]["by"]["event"] == "PutBucketVersioning"
    assert [found["standing"] for found in dev["drifted"][0]["findings"]] == ["opened", "opened"]


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


def test_the_exit_code_is_that_of_the_looks_and_of_what_drifted_or_is_left() -> None:
    assert REPORT.exit_code(differs=True) is ExitCode.FAILED
    nowhere = replace(REPORT, stacks=(looked("prod", resources=0, failure="AccessDenied"),))
    assert nowhere.exit_code(differs=True) is ExitCode.NOT_READY
    drifted = replace(REPORT, stacks=(looked("dev", finding()),))
    assert (drifted.exit_code(differs=False), drifted.exit_code(differs=True)) == (ExitCode.DONE, ExitCode.DIFFERS)
    put_back = replace(drifted, fixed=Fixed(None, {}, ()))
    assert put_back.exit_code(differs=True) is ExitCode.DONE
    left = replace(drifted, fixed=Fixed(None, {}, (NotFixed("dev", urn(), "the code was changed"),)))
    assert (left.exit_code(differs=False), left.exit_code(differs=True)) == (ExitCode.DONE, ExitCode.DIFFERS)
    step = StepOutcome("dev", "222222222222", Result.FAILED, Reason.ENGINE_FAILED)
    failed = replace(drifted, fixed=Fixed(RunOutcome("run", Operation.UP, (step,)), {}, ()))
    assert failed.exit_code(differs=True) is ExitCode.FAILED


def test_what_is_left_over_is_told_in_every_form_and_counts_as_a_difference() -> None:
    second = "arn:aws:apigateway:eu-central-1::/apis/second"
    clean = replace(report(), stacks=(looked("dev"), looked("staging")))
    left = replace(clean, left=(LeftOver("dev", second, "it is this stack's and in no state"),))
    text = " ".join(as_text(left).split())
    assert f"left over: dev: {second}: it is this stack's and in no state; `deploy repair --stack dev`" in text
    assert "none in 14 resources, 1 left over" in text
    assert text.endswith("1 left over")
    assert "## Left over" in as_markdown(left)
    assert as_json(left, exit_code=0)["leftOver"] == [
        {"stack": "dev", "name": second, "why": "it is this stack's and in no state"}
    ]
    suites = {suite.get("name"): suite for suite in ET.fromstring(as_junit(left))}  # noqa: S314 -- it is ours
    assert (suites["dev"].get("tests"), suites["dev"].get("failures")) == ("1", "1")
    assert (suites["staging"].get("tests"), suites["staging"].get("failures")) == ("1", "0")
    assert [one["ruleId"] for one in as_sarif(left)["runs"][0]["results"]] == ["left-over"]
    assert (left.exit_code(differs=True), clean.exit_code(differs=True)) == (ExitCode.DIFFERS, ExitCode.DONE)
