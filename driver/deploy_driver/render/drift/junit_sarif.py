"""A drift report for others to show: JUnit for Jenkins, SARIF 2.1.0 for code hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from deploy_driver.drift.finding import DriftFinding
from deploy_driver.drift.ledger import EntryStatus
from deploy_driver.drift.report import DriftReport, LeftOver
from deploy_driver.record.catalogue import Moved
from deploy_driver.record.redaction import one_line, readable, redact
from deploy_driver.render.drift.words import named, sentence, written_by
from deploy_driver.render.sarif import sarif_log

_RULES: Mapping[Moved, tuple[str, str]] = {
    Moved.CLOUD: ("cloud-changed", "The cloud was changed behind the code's back."),
    Moved.CODE: ("code-not-applied", "The code says something that was not applied."),
    Moved.BOTH: ("both-moved", "The cloud was changed, and so was the code."),
}
_LEFT = ("left-over", "Something of a stack is in no state, or nobody knows what came of it.")
_BASELINE: Mapping[str, str] = {
    EntryStatus.OPENED: "new",
    EntryStatus.REOPENED: "new",
    EntryStatus.UNCHANGED: "unchanged",
}


def as_junit(report: DriftReport) -> str:
    """One suite for each stack; each finding, and what is left over, a failed case; a stack in order one case that passed."""
    suites = ET.Element("testsuites", name="drift")
    for one in report.stacks:
        found = report.findings(one.stack)
        left = [each for each in report.left if each.stack == one.stack]
        suite = ET.SubElement(suites, "testsuite", name=one.stack, time=str(one.outcome.seconds))
        suite.set("tests", str(len(found) + len(left) + (one.failure != "" or not (found or left))))
        suite.set("failures", str(len(found) + len(left)))
        suite.set("errors", str(int(one.failure != "")))
        if one.failure:
            case = ET.SubElement(suite, "testcase", classname=one.stack, name="could not look")
            ET.SubElement(case, "error", message=_readable(one.failure))
        elif not (found or left):
            ET.SubElement(suite, "testcase", classname=one.stack, name="no drift")
        for finding in found:
            name = f"{named(finding.urn)} {finding.path}".rstrip()
            case = ET.SubElement(suite, "testcase", classname=one.stack, name=_readable(name))
            message = f"{finding.moved} ({report.standing(finding)}): {sentence(finding)}"
            failure = ET.SubElement(case, "failure", message=_readable(message), type=_RULES[finding.moved][0])
            failure.text = _readable(f"{finding.urn}\nby {written_by(report.writes.get(finding.urn))}")
        for each in left:
            case = ET.SubElement(suite, "testcase", classname=one.stack, name=_readable(each.name))
            failure = ET.SubElement(case, "failure", message=_readable(each.why), type=_LEFT[0])
            failure.text = _readable(each.remedy)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode")


def _readable(text: str) -> str:
    redacted: str = redact(readable(text))
    return redacted


def as_sarif(report: DriftReport) -> Mapping[str, Any]:
    """One run of the tool; what could not be looked at is a notification."""
    known = [*_RULES.values(), _LEFT]
    ids = [rule for rule, _ in known]
    rules = [{"id": rule, "shortDescription": {"text": text}} for rule, text in known]
    unseen = [
        {"level": "error", "message": {"text": f"{one.stack}: could not look: {one_line(one.failure)}"}}
        for one in report.stacks
        if one.failure
    ]
    results = [_result(report, finding, ids) for finding in report.sorted.counted]
    results += [_left_over(one, ids) for one in report.left]
    return sarif_log("drift", rules, results, complete=not unseen, notifications=unseen)


def _left_over(one: LeftOver, ids: list[str]) -> Mapping[str, Any]:
    return {
        "ruleId": _LEFT[0],
        "ruleIndex": ids.index(_LEFT[0]),
        "level": "error",
        "message": {"text": f"{one.name}: {one.why}; {one.remedy}"},
        "partialFingerprints": {"stackName/v1": f"{one.stack} {one.name}"},
        "locations": [
            {
                "logicalLocations": [
                    {"name": one.name, "fullyQualifiedName": f"{one.stack}/{one.name}", "kind": "resource"}
                ]
            }
        ],
    }


def _result(report: DriftReport, finding: DriftFinding, ids: list[str]) -> Mapping[str, Any]:
    rule = _RULES[finding.moved][0]
    by = "" if finding.moved is Moved.CODE else f"; by {written_by(report.writes.get(finding.urn))}"
    name = f"{finding.stack}/{finding.name}"
    return {
        "ruleId": rule,
        "ruleIndex": ids.index(rule),
        "level": "note" if finding.moved is Moved.CODE else "error",
        "baselineState": _BASELINE[report.standing(finding)],
        "message": {"text": f"{finding.moved}: {finding.type} {finding.name}: {sentence(finding)}{by}"},
        "partialFingerprints": {"stackUrnProperty/v1": finding.key},
        "locations": [
            {"logicalLocations": [{"name": finding.name, "fullyQualifiedName": name, "kind": "resource"}]},
        ],
    }
