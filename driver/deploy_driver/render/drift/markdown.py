"""A drift report as Markdown for people: new drift first, then what was known, what is over, what nobody could look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deploy_driver.drift.attribution import Write
from deploy_driver.drift.finding import DriftFinding, together
from deploy_driver.drift.report import DriftReport
from deploy_driver.record.catalogue import Moved
from deploy_driver.record.redaction import readable
from deploy_driver.render.diff import property_lines
from deploy_driver.render.drift.words import (
    FACTS,
    by_resource,
    ledger_note,
    moment_of,
    named,
    sentence,
    shown,
    stack_summary,
    total,
)
from deploy_driver.render.markdown import block, literal, prose
from deploy_driver.values import PropertyDiff

_SHORT = 60
"""Characters of a value that still reads well inside a sentence."""

_VALUE = 160


def as_markdown(report: DriftReport) -> str:
    """The whole report; a value of others cannot break out of its place."""
    rows = [f"| {one.stack} | {one.account} | {stack_summary(report, one)} |" for one in report.stacks]
    head = ["# Drift", f"**{total(report)}**", "\n".join(["| stack | account | drift |", "| --- | --- | --- |", *rows])]
    counted = report.sorted.counted
    sections = {
        "New": _items(report, [finding for finding in counted if report.is_new(finding)]),
        "Known": _items(report, [finding for finding in counted if not report.is_new(finding)]),
        "Could not look": [
            f"- **{one.stack}**: {literal(one.failure, 600)}" + (f"; {prose(one.remedy)}" if one.remedy else "")
            for one in report.stacks
            if one.failure
        ],
        "Left over": [
            f"- **{one.stack}** {literal(one.name, 300)}: {one.why}; {prose(one.remedy)}" for one in report.left
        ],
        **_fixed(report),
        "Closed": [
            f"- **{entry.stack}** {literal(named(entry.urn))} {literal(entry.path or 'as a whole')}"
            for entry in report.closed
        ],
        "Ignored": [
            f"- **{one.finding.stack}** {literal(named(one.finding.urn))}: {literal(sentence(one.finding), 300)} until "
            f"{one.rule.expires:%Y-%m-%d}, {prose(one.rule.owner)}: {prose(one.rule.reason)}"
            for one in report.sorted.ignored
        ],
        "Warnings": [f"- {prose(warning)}" for warning in report.sorted.warnings],
    }
    return readable(
        "\n\n".join([*head, *(f"## {title}\n\n" + "\n".join(lines) for title, lines in sections.items() if lines)])
    )


def _items(report: DriftReport, findings: Sequence[DriftFinding]) -> list[str]:
    return [line for _, found in by_resource(findings) for line in _item(report, found)]


def _item(report: DriftReport, found: Sequence[DriftFinding]) -> Iterator[str]:
    first, moved = found[0], together(finding.moved for finding in found)
    yield f"- **{first.stack}** {literal(named(first.urn))}: {moved}"
    for finding in found:
        own = f", {finding.moved}" if finding.moved is not moved else ""
        yield from _property(finding, f"({ledger_note(report, finding)}{own})")
    if any(finding.moved is not Moved.CODE for finding in found):
        yield f"  - by {_written_by(report.writes.get(first.urn))}"


def _property(finding: DriftFinding, how: str) -> Iterator[str]:
    expected, seen = shown(finding.expected), shown(finding.found)
    if not finding.path:
        yield f"  - {FACTS[finding.fact]} {how}"
    elif max(len(expected), len(seen)) <= _SHORT:
        yield f"  - {literal(finding.path)}: expected {literal(expected)}, found {literal(seen)} {how}"
    else:
        kind = "add" if finding.expected is None else "delete" if finding.found is None else "update"
        diff = PropertyDiff(finding.path, kind, finding.expected, finding.found)
        lines = property_lines([diff], value=_VALUE, context=1)
        yield f"  - {literal(finding.path)} {how}, expected (-) and found (+):\n"
        yield from (f"    {line}" for line in block("\n".join(lines), "diff").split("\n"))
        yield ""


def _written_by(write: Write | None) -> str:
    if write is None:
        return "unknown: the trail does not say"
    return (
        f"{literal(write.identity, 300)}, {literal(write.event)} at {moment_of(write)} with {literal(write.agent, 80)}"
    )


def _fixed(report: DriftReport) -> dict[str, list[str]]:
    fixed = report.fixed
    if fixed is None:
        return {}
    return {
        "Put back": [f"- **{stack}** {literal(named(urn))}" for stack, urns in fixed.restored.items() for urn in urns],
        "Left": [f"- **{left.stack}** {literal(named(left.urn))}: {prose(left.why)}" for left in fixed.left],
    }
