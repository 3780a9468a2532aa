"""What drifted, for a person at a terminal: one block for each resource, and what it came to in the last line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from deploy_driver.drift.attribution import Write
from deploy_driver.drift.finding import DriftFinding, together
from deploy_driver.drift.fix import Fixed
from deploy_driver.drift.report import DriftReport
from deploy_driver.drift.scan import StackDrift
from deploy_driver.record.catalogue import Moved
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.render import result
from deploy_driver.render.diff import property_lines
from deploy_driver.render.drift.words import (
    by_resource,
    ledger_note,
    moment_of,
    named,
    sentence,
    shown,
    stack_summary,
    total,
)
from deploy_driver.render.text import duration, table
from deploy_driver.render.width import fitting, line_width, wrapped
from deploy_driver.values import PropertyDiff

LINES = 24
"""Lines of one property's difference; JSON has all of it."""


def as_text(report: DriftReport) -> str:
    """A line for each stack, then each resource that drifted, what does not count, why a stack could not be looked at."""
    rows = [
        [one.stack, one.account, stack_summary(report, one), duration(one.outcome.seconds)] for one in report.stacks
    ]
    parts = [table(["STACK", "ACCOUNT", "DRIFT", "TIME"], rows)]
    parts += [
        _block(report, one.stack, found)
        for one in report.stacks
        for _, found in by_resource(report.findings(one.stack))
    ]
    parts += ["\n".join(_rest(report))] if _rest(report) else []
    parts += [_failure(one) for one in report.stacks if one.failure]
    parts += [_fixed(report.fixed)] if report.fixed else []
    return readable("\n\n".join([*parts, total(report)]))


def _block(report: DriftReport, stack: str, found: Sequence[DriftFinding]) -> str:
    """One resource: which side moved, who did it, and each property with what was expected and what was found."""
    moved = together(finding.moved for finding in found)
    lines = [f"{stack}: {named(found[0].urn)}: {moved}"]
    for finding in found:
        own = f", {finding.moved}" if finding.moved is not moved else ""
        lines += _property(finding, f"({ledger_note(report, finding)}{own})")
    if any(finding.moved is not Moved.CODE for finding in found):
        lines += _written_by(report.writes.get(found[0].urn))
    return "\n".join(lines)


def _property(finding: DriftFinding, how: str) -> Iterator[str]:
    whole = f"  {sentence(finding)} {how}"
    if not finding.path or max(len(shown(finding.expected)), len(shown(finding.found))) < line_width() // 2:
        yield from wrapped(whole.strip(), "  ")
        return
    yield from wrapped(f"{finding.path} {how}, expected (-) and found (+):", "  ")
    kind = "add" if finding.expected is None else "delete" if finding.found is None else "update"
    diff = PropertyDiff(finding.path, kind, finding.expected, finding.found)
    lines = [
        line for line in property_lines([diff], value=line_width() - 24, context=0) if line != f"  {finding.path}:"
    ]
    yield from (fitting(f"    {line}".rstrip()) for line in lines[:LINES])
    if len(lines) > LINES:
        yield f"    … {len(lines) - LINES} more lines: --output json has them"


def _written_by(write: Write | None) -> Iterator[str]:
    if write is None:
        yield "  by unknown: the trail does not say"
        return
    yield f"  by {write.identity}"
    how = f"{write.event} at {moment_of(write)}, {one_line(write.agent)}"
    yield f"     {textwrap.shorten(how, line_width() - 5, placeholder=' …')}"


def _rest(report: DriftReport) -> list[str]:
    ignored = [
        "\n".join(
            [
                _paragraph(f"ignored: {one.finding.stack}: {named(one.finding.urn)}: {sentence(one.finding)}"),
                _paragraph(f"until {one.rule.expires:%Y-%m-%d}, {one.rule.owner}: {one.rule.reason}", "  "),
            ]
        )
        for one in report.sorted.ignored
    ]
    closed = [f"closed: {entry.stack}: {named(entry.urn)} {entry.path}".rstrip() for entry in report.closed]
    left = [_paragraph(f"left over: {one.stack}: {one.name}: {one.why}; {one.remedy}") for one in report.left]
    return [*left, *ignored, *closed, *(_paragraph(f"warning: {warning}") for warning in report.sorted.warnings)]


def _failure(drift: StackDrift) -> str:
    how = " everywhere" if drift.resources else ""
    lines = [_paragraph(f"{drift.stack}: could not look{how}: {drift.failure}")]
    return "\n".join([*lines, *([_paragraph(f"what to do: {drift.remedy}", "  ")] if drift.remedy else [])])


def _fixed(fixed: Fixed) -> str:
    lines = [f"put back: {stack}: {named(urn)}" for stack, urns in fixed.restored.items() for urn in urns]
    lines += [_paragraph(f"left: {left.stack}: {named(left.urn)}: {left.why}") for left in fixed.left]
    parts = [result.as_text(fixed.outcome)] if fixed.outcome else []
    return "\n\n".join([*parts, "\n".join(lines or ["nothing was to be put back"])])


def _paragraph(text: str, indent: str = "") -> str:
    return "\n".join(wrapped(text, indent))
