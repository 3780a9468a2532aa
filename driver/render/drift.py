"""What drifted: one block for each resource, its properties line by line; or JSON to compute with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from driver.drift.finding import Fact, Finding, together
from driver.drift.look import Looked
from driver.events.readable import one_line, readable
from driver.events.redaction import redact
from driver.render.words import duration, table

_LONGEST = 100
"""Characters of a value in text; JSON has all of it."""


def as_json(looked: Sequence[Looked], *, run: str, exit_code: int) -> Mapping[str, Any]:
    """The look as `--output json` promises it."""
    body = {"run": run, "exitCode": exit_code, "stacks": [_stack(one) for one in looked]}
    redacted: Mapping[str, Any] = redact(body)
    return redacted


def _stack(looked: Looked) -> Mapping[str, Any]:
    return {
        "stack": looked.stack,
        "account": looked.account,
        "looked": not looked.failure,
        "failure": looked.failure,
        "remedy": looked.remedy,
        "resources": looked.resources,
        "drifted": [_resource(urn, found) for urn, found in by_resource(looked.findings)],
        "seconds": looked.seconds,
    }


def _resource(urn: str, found: Sequence[Finding]) -> Mapping[str, Any]:
    return {
        "urn": urn,
        "type": found[0].type,
        "name": found[0].name,
        "moved": together(finding.moved for finding in found).value,
        "op": found[0].op,
        "findings": [_finding(finding) for finding in found],
    }


def _finding(finding: Finding) -> Mapping[str, Any]:
    return {
        "key": finding.key,
        "property": finding.path,
        "fact": finding.fact.value,
        "moved": finding.moved.value,
        "expected": finding.expected,
        "found": finding.found,
        "deployed": finding.deployed,
    }


def by_resource(findings: Sequence[Finding]) -> list[tuple[str, tuple[Finding, ...]]]:
    """The findings of each resource, which stand together."""
    return [(urn, tuple(found)) for urn, found in groupby(findings, key=lambda finding: finding.urn)]


def as_text(looked: Sequence[Looked]) -> str:
    """A line for each stack, then each resource that drifted, then why a stack could not be looked at."""
    rows = [[one.stack, one.account, _said(one), duration(one.seconds)] for one in looked]
    parts = [table(["STACK", "ACCOUNT", "DRIFT", "TIME"], rows)]
    parts += [block(one.stack, urn, found) for one in looked for urn, found in by_resource(one.findings)]
    parts += [_failure(one) for one in looked if one.failure]
    return readable("\n\n".join(parts))


def _said(looked: Looked) -> str:
    if looked.failure:
        return "could not look"
    drifted = len({finding.urn for finding in looked.findings})
    return f"{drifted} of {looked.resources} resources" if drifted else f"none in {looked.resources} resources"


def block(stack: str, _urn: str, found: Sequence[Finding]) -> str:
    """One resource: which side moved, and each property with what was expected and what was found."""
    moved = together(finding.moved for finding in found)
    lines = [f"{stack}: {found[0].type} {found[0].name}: {moved}"]
    for finding in found:
        if finding.path:
            own = f" ({finding.moved})" if finding.moved is not moved else ""
            lines.append(f"  {finding.path}: expected {shown(finding.expected)}, found {shown(finding.found)}{own}")
        else:
            lines.append(f"  {_FACTS[finding.fact]}")
    return "\n".join(lines)


_FACTS: Mapping[Fact, str] = {
    Fact.CHANGED: "changed",
    Fact.DELETED: "it was deleted",
    Fact.NOT_MADE: "the code has it, it was not made yet",
    Fact.APPEARED: "something of this name is there already, and it is not ours",
    Fact.NOT_REMOVED: "the code no longer has it, it is still there",
}


def _failure(looked: Looked) -> str:
    remedy = f"\n  what to do: {looked.remedy}" if looked.remedy else ""
    return f"{looked.stack}: could not look: {looked.failure}{remedy}"


def shown(value: object) -> str:
    """A value in one line, cut where it gets long."""
    if value is None:
        return "nothing"
    text = one_line(value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
