"""What drifted: one block for each resource, its properties line by line; or JSON to compute with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from driver.drift.finding import Fact, Finding, Moved, together
from driver.drift.ledger import Standing
from driver.drift.look import Looked
from driver.drift.report import Report
from driver.drift.who import Deed
from driver.events.readable import one_line, readable
from driver.events.redaction import redact
from driver.render.words import duration, table

_LONGEST = 100
"""Characters of a value in text; JSON has all of it."""


def as_json(report: Report, *, exit_code: int) -> Mapping[str, Any]:
    """The look as `--output json` promises it."""
    body = {
        "run": report.run,
        "exitCode": exit_code,
        "stacks": [_stack(report, one) for one in report.looked],
        "ignored": [
            {**_finding(report, one.finding), "urn": one.finding.urn, "stack": one.finding.stack}
            | {"owner": one.rule.owner, "reason": one.rule.reason, "expires": one.rule.expires.isoformat()}
            for one in report.sorted.ignored
        ],
        "closed": [asdict(entry) for entry in report.closed],
        "warnings": list(report.sorted.warnings),
    }
    redacted: Mapping[str, Any] = redact(body)
    return redacted


def _stack(report: Report, looked: Looked) -> Mapping[str, Any]:
    found = by_resource(report.findings(looked.stack))
    return {
        "stack": looked.stack,
        "account": looked.account,
        "looked": not looked.failure,
        "failure": looked.failure,
        "remedy": looked.remedy,
        "resources": looked.resources,
        "drifted": [_resource(report, urn, findings) for urn, findings in found],
        "seconds": looked.seconds,
    }


def _resource(report: Report, urn: str, found: Sequence[Finding]) -> Mapping[str, Any]:
    deed = report.doers.get(urn)
    return {
        "urn": urn,
        "type": found[0].type,
        "name": found[0].name,
        "moved": together(finding.moved for finding in found).value,
        "op": found[0].op,
        "by": {**asdict(deed), "time": moment(deed)} if deed else None,
        "findings": [_finding(report, finding) for finding in found],
    }


def _finding(report: Report, finding: Finding) -> Mapping[str, Any]:
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


def by_resource(findings: Sequence[Finding]) -> list[tuple[str, tuple[Finding, ...]]]:
    """The findings of each resource, which stand together."""
    return [(urn, tuple(found)) for urn, found in groupby(findings, key=lambda finding: finding.urn)]


def as_text(report: Report) -> str:
    """A line for each stack, then each resource that drifted, what is over, and why a stack could not be looked at."""
    rows = [[one.stack, one.account, said(report, one), duration(one.seconds)] for one in report.looked]
    parts = [table(["STACK", "ACCOUNT", "DRIFT", "TIME"], rows)]
    parts += [block(report, one.stack, found) for one in report.looked for _, found in _found(report, one)]
    parts += ["\n".join(_rest(report))] if _rest(report) else []
    parts += [_failure(one) for one in report.looked if one.failure]
    return readable("\n\n".join(parts))


def _found(report: Report, looked: Looked) -> list[tuple[str, tuple[Finding, ...]]]:
    return by_resource(report.findings(looked.stack))


def said(report: Report, looked: Looked) -> str:
    """How much of a stack drifted, in a few words."""
    if looked.failure:
        return "could not look"
    drifted = len(_found(report, looked))
    return f"{drifted} of {looked.resources} resources" if drifted else f"none in {looked.resources} resources"


def block(report: Report, stack: str, found: Sequence[Finding]) -> str:
    """One resource: which side moved, who did it, and each property with what was expected and what was found."""
    moved = together(finding.moved for finding in found)
    lines = [f"{stack}: {found[0].type} {found[0].name}: {moved}"]
    for finding in found:
        own = f", {finding.moved}" if finding.moved is not moved else ""
        lines.append(f"  {sentence(finding)} ({report.standing(finding)}{own})")
    if any(finding.moved is not Moved.CODE for finding in found):
        lines.append(f"  by {doer(report.doers.get(found[0].urn))}")
    return "\n".join(lines)


def sentence(finding: Finding) -> str:
    """What is the matter, in one line."""
    if finding.path:
        return f"{finding.path}: expected {shown(finding.expected)}, found {shown(finding.found)}"
    return _FACTS[finding.fact]


def doer(deed: Deed | None) -> str:
    """Who did it, when, with which call and which software; `unknown` where the trail does not say."""
    return f"{deed.identity} at {moment(deed)}: {deed.event}, {one_line(deed.agent)}" if deed else "unknown"


def moment(deed: Deed) -> str:
    """When it was done, in UTC."""
    return datetime.fromtimestamp(deed.time, UTC).isoformat(timespec="seconds")


_FACTS: Mapping[Fact, str] = {
    Fact.CHANGED: "changed",
    Fact.DELETED: "it was deleted",
    Fact.NOT_MADE: "the code has it, it was not made yet",
    Fact.APPEARED: "something of this name is there already, and it is not ours",
    Fact.NOT_REMOVED: "the code no longer has it, it is still there",
}


def _rest(report: Report) -> list[str]:
    ignored = [
        f"ignored until {one.rule.expires:%Y-%m-%d} ({one.rule.owner}: {one.rule.reason}): "
        f"{one.finding.stack}: {one.finding.type} {one.finding.name}: {sentence(one.finding)}"
        for one in report.sorted.ignored
    ]
    closed = [f"{Standing.CLOSED}: {entry.stack}: {entry.urn} {entry.path}".rstrip() for entry in report.closed]
    return [*ignored, *closed, *(f"warning: {warning}" for warning in report.sorted.warnings)]


def _failure(looked: Looked) -> str:
    remedy = f"\n  what to do: {looked.remedy}" if looked.remedy else ""
    return f"{looked.stack}: could not look: {looked.failure}{remedy}"


def shown(value: object) -> str:
    """A value in one line, cut where it gets long."""
    if value is None:
        return "nothing"
    text = one_line(value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
