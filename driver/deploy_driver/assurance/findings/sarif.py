"""The findings as SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), which code hosts and Jenkins show."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from deploy_driver.assurance.findings.catalogue import BY_ID
from deploy_driver.assurance.findings.rule import DoctorRule, RuleResult, RuleStatus
from deploy_driver.record.redaction import one_line
from deploy_driver.render.sarif import sarif_log

_ORDER = tuple(BY_ID)


def as_sarif(results: Sequence[RuleResult]) -> Mapping[str, Any]:
    """One run of the tool. What was not looked at is a notification of the run, since it is no result."""
    found = [_result(result) for result in results if result.status is RuleStatus.FINDING]
    unseen = [_notification(result) for result in results if result.status is RuleStatus.NOT_LOOKED_AT]
    complete = not any(result.refused for result in results)
    rules = [_rule(rule) for rule in BY_ID.values()]
    return sarif_log("doctor", rules, found, complete=complete, notifications=unseen)


def _rule(rule: DoctorRule) -> Mapping[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.looks_for},
        "fullDescription": {"text": f"{rule.looks_for} {rule.risk}"},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _result(result: RuleResult) -> Mapping[str, Any]:
    said = {
        "ruleId": result.rule,
        "ruleIndex": _ORDER.index(result.rule),
        "level": result.severity.value,
        "message": {"text": f"{one_line(result.fact)}. {result.risk} What to do: {result.remedy}"},
        "partialFingerprints": {"ruleStackSubject/v1": _fingerprint(result)},
    }
    location = _location(result)
    return {**said, "locations": [location]} if location else said


def _location(result: RuleResult) -> Mapping[str, Any]:
    location: dict[str, Any] = {}
    if result.file:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": result.file},
            "region": {"startLine": max(result.line, 1), "startColumn": max(result.column, 1)},
        }
    if result.subject:
        name = f"{result.stack}/{result.subject}"
        location["logicalLocations"] = [{"name": result.subject, "fullyQualifiedName": name, "kind": "resource"}]
    return location


def _notification(result: RuleResult) -> Mapping[str, Any]:
    what = " ".join(part for part in (result.stack, result.subject) if part)
    return {
        "level": "error" if result.refused else "note",
        "message": {"text": f"not looked at{f' ({what})' if what else ''}: {one_line(result.fact)}"},
        "associatedRule": {"id": result.rule, "index": _ORDER.index(result.rule)},
    }


def _fingerprint(result: RuleResult) -> str:
    """The same finding keeps it from look to look, also when the line moves or the words change."""
    return hashlib.sha256(f"{result.rule} {result.stack} {result.subject}".encode()).hexdigest()
