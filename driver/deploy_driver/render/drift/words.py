"""The words of a drift report that its forms share: how much drifted, what is the matter, who did it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby

from deploy_driver.drift.attribution import Write
from deploy_driver.drift.finding import DriftFinding
from deploy_driver.drift.ledger import EntryStatus
from deploy_driver.drift.report import DriftReport
from deploy_driver.drift.scan import StackDrift
from deploy_driver.record.catalogue import DriftFact
from deploy_driver.record.redaction import one_line
from deploy_driver.render.diff import excerpts, in_order
from deploy_driver.render.text import counted
from deploy_driver.values import Urn

LONGEST = 100
"""Characters of a value in one line; JSON has all of it."""

FACTS: Mapping[DriftFact, str] = {
    DriftFact.CHANGED: "changed",
    DriftFact.DELETED: "it was deleted",
    DriftFact.NOT_MADE: "the code has it, it was not made yet",
    DriftFact.APPEARED: "something of this name is there already, and it is not ours",
    DriftFact.NOT_REMOVED: "the code no longer has it, it is still there",
}


def by_resource(findings: Sequence[DriftFinding]) -> list[tuple[str, tuple[DriftFinding, ...]]]:
    """The findings of each resource, which stand together."""
    return [(urn, tuple(found)) for urn, found in groupby(findings, key=lambda finding: finding.urn)]


def stack_summary(report: DriftReport, drift: StackDrift) -> str:
    """How much of a stack drifted, in a few words."""
    if drift.failure and not drift.resources:
        return "could not look"
    drifted = len(by_resource(report.findings(drift.stack)))
    looked = counted(drift.resources, "resource")
    found = f"{drifted} of {looked}" if drifted else f"none in {looked}"
    left = sum(one.stack == drift.stack for one in report.left)
    found += f", {left} left over" if left else ""
    return f"{found}, could not look everywhere" if drift.failure else found


def total(report: DriftReport) -> str:
    """The whole look in one line: what is new, what was known, and what does not count."""
    findings = report.sorted.counted
    new = sum(report.is_new(finding) for finding in findings)
    counts = {
        "new": new,
        "known": len(findings) - new,
        "ignored": len(report.sorted.ignored),
        "closed": len(report.closed),
        "left over": len(report.left),
    }
    parts = [f"{count} {word}" for word, count in counts.items() if count]
    unseen = [one.stack for one in report.stacks if one.failure]
    parts += [f"could not look everywhere in {', '.join(unseen)}"] if unseen else []
    first = " (the first look: all of it is new)" if report.first and new else ""
    quiet = [] if findings or report.left else ["no drift seen" if unseen else "no drift"]
    return "; ".join([*quiet, *parts]) + first


def sentence(finding: DriftFinding) -> str:
    """What is the matter, in one line; long values from where they differ."""
    if not finding.path:
        return FACTS[finding.fact]
    expected, found = excerpts(shown(finding.expected), shown(finding.found), LONGEST)
    return f"{finding.path}: expected {_cut(expected)}, found {_cut(found)}"


def shown(value: object) -> str:
    """A value in one line."""
    if value is None:
        return "nothing"
    return one_line(in_order(value) if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def ledger_note(report: DriftReport, finding: DriftFinding) -> str:
    """What the look made of it; when it was first seen, where it was known."""
    entry = report.entries.get(finding.key)
    word = report.standing(finding)
    if entry and word == EntryStatus.UNCHANGED:
        return f"since {entry.opened[:16].replace('T', ' ')} UTC"
    return f"{word}, {entry.times} times now" if entry and word == EntryStatus.REOPENED else word


def written_by(write: Write | None) -> str:
    """Who did it, when, with which call and which software; `unknown` where the trail does not say."""
    return f"{write.identity} at {moment_of(write)}: {write.event}, {one_line(write.agent)}" if write else "unknown"


def moment_of(write: Write) -> str:
    """When it was done, as the ledger's moments are written."""
    return write.moment[:16].replace("T", " ") + " UTC"


def named(urn: str) -> str:
    """A resource by the last part of its type, and its name."""
    return f"{Urn(urn).type.rpartition(':')[2]} {Urn(urn).name}"
