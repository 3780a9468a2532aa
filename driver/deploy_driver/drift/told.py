"""What a look found, as events: so that the run's record says it."""

from __future__ import annotations

from collections.abc import Iterator

from deploy_driver.drift.finding import Finding
from deploy_driver.drift.ignore import Ignored
from deploy_driver.drift.report import Report
from deploy_driver.record.catalogue import Drifted, Moved
from deploy_driver.values import PropertyDiff, ResourceChange


def told(report: Report) -> Iterator[Drifted]:
    """An event for each finding: those that count, then those that somebody answers for."""
    yield from (_told(report, finding) for finding in report.sorted.counted)
    yield from (_told(report, one.finding, _answer(one)) for one in report.sorted.ignored)


def _told(report: Report, finding: Finding, ignored: str = "") -> Drifted:
    deed = report.doers.get(finding.urn) if finding.moved is not Moved.CODE else None
    diffs = (PropertyDiff(finding.path, "update", finding.expected, finding.found),) if finding.path else ()
    return Drifted(
        finding.stack,
        ResourceChange(finding.urn, finding.op, (finding.path,) if finding.path else (), diffs),
        finding.moved.value,
        finding.fact.value,
        str(report.standing(finding)),
        by=deed.identity if deed else "",
        at=deed.moment if deed else "",
        call=deed.event if deed else "",
        agent=deed.agent if deed else "",
        ignored=ignored,
    )


def _answer(one: Ignored) -> str:
    return f"{one.rule.owner}: {one.rule.reason}, until {one.rule.expires:%Y-%m-%d}"
