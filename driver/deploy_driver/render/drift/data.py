"""What drifted, as JSON to compute with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from deploy_driver.drift.finding import DriftFinding, together
from deploy_driver.drift.fix import Fixed
from deploy_driver.drift.report import DriftReport
from deploy_driver.drift.scan import StackDrift
from deploy_driver.record.redaction import redact
from deploy_driver.render import result
from deploy_driver.render.drift.words import by_resource


def as_json(report: DriftReport, *, exit_code: int) -> Mapping[str, Any]:
    """The look as `--output json` promises it."""
    body = {
        "run": report.run,
        "exitCode": exit_code,
        "first": report.first,
        "stacks": [_stack(report, one) for one in report.stacks],
        "ignored": [
            {**_finding(report, one.finding), "urn": one.finding.urn, "stack": one.finding.stack}
            | {"owner": one.rule.owner, "reason": one.rule.reason, "expires": one.rule.expires.isoformat()}
            for one in report.sorted.ignored
        ],
        "leftOver": [asdict(one) for one in report.left],
        "closed": [asdict(entry) for entry in report.closed],
        "warnings": list(report.sorted.warnings),
        **({"fix": _fixed(report.fixed, exit_code)} if report.fixed else {}),
    }
    redacted: Mapping[str, Any] = redact(body)
    return redacted


def _fixed(fixed: Fixed, exit_code: int) -> Mapping[str, Any]:
    """The run that put back, where there was one, and what became of each resource."""
    return {
        **(result.as_json(fixed.outcome, exit_code=exit_code) if fixed.outcome else {}),
        "restored": [{"stack": stack, "urn": urn} for stack, urns in fixed.restored.items() for urn in urns],
        "left": [asdict(left) for left in fixed.left],
    }


def _stack(report: DriftReport, drift: StackDrift) -> Mapping[str, Any]:
    found = by_resource(report.findings(drift.stack))
    return {
        "stack": drift.stack,
        "account": drift.account,
        "looked": not drift.failure,
        "failure": drift.failure,
        "remedy": drift.remedy,
        "resources": drift.resources,
        "drifted": [_resource(report, urn, findings) for urn, findings in found],
        "seconds": drift.outcome.seconds,
    }


def _resource(report: DriftReport, urn: str, found: Sequence[DriftFinding]) -> Mapping[str, Any]:
    write = report.writes.get(urn)
    return {
        "urn": urn,
        "type": found[0].type,
        "name": found[0].name,
        "moved": together(finding.moved for finding in found).value,
        "op": found[0].op,
        "by": {**asdict(write), "time": write.moment} if write else None,
        "findings": [_finding(report, finding) for finding in found],
    }


def _finding(report: DriftReport, finding: DriftFinding) -> Mapping[str, Any]:
    return {
        "key": finding.key,
        "property": finding.path,
        "fact": finding.fact.value,
        "moved": finding.moved.value,
        "standing": str(report.standing(finding)),
        "expected": finding.expected,
        "found": finding.found,
        "deployed": finding.deployed,
    }
