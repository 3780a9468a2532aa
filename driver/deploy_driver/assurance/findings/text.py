"""The findings of `deploy doctor`: a table and remedies to read, or JSON to compute with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from deploy_driver.assurance.findings.rule import RuleResult, RuleStatus
from deploy_driver.record.redaction import one_line, readable, redact
from deploy_driver.render.text import table
from deploy_driver.render.width import folded, line_width

_SESSION = re.compile(r"arn:[^ ]*:assumed-role/([^/ ]+)/([^/ ,]+)")
"""A session as its ARN, which JSON has; it is longer than a line."""


def as_json(results: Sequence[RuleResult]) -> Sequence[Mapping[str, Any]]:
    """Every result, also those that are as they should be; a rule that was not asked says why in `fact`."""
    said: Sequence[Mapping[str, Any]] = redact([_one(result) for result in results])
    return said


def _one(result: RuleResult) -> Mapping[str, Any]:
    return {
        "rule": result.rule,
        "result": result.status.value,
        "severity": result.severity.value,
        "stack": result.stack,
        "subject": result.subject,
        "fact": result.fact,
        "risk": result.risk,
        "remedy": result.remedy,
        "file": result.file,
        "line": result.line,
        "column": result.column,
    }


def as_text(results: Sequence[RuleResult]) -> str:
    """A line for each rule and stack, then every finding with its risk and remedy, then what nobody looked at."""
    found = [result for result in results if result.status is RuleStatus.FINDING]
    rows = [_row(result) for result in results if result.status is RuleStatus.FINDING or not result.subject]
    looked = [row for row in rows if row] + _in_order(results)
    parts = [table(["", "RULE", "STACK", "FACT"], looked)]
    parts += [_finding(result) for result in found]
    parts += _not_looked_at(results)
    return readable("\n\n".join(parts))


def _row(result: RuleResult) -> list[str]:
    if result.status is RuleStatus.NOT_LOOKED_AT:
        return []
    word = "ok" if result.status is RuleStatus.OK else result.severity.upper()
    return [word, result.rule, result.stack, _SESSION.sub(r"role \1, session \2", one_line(result.fact))]


def _in_order(results: Sequence[RuleResult]) -> list[list[str]]:
    """Things in an account that are as they should be: one line for each stack, not one for each rule and thing."""
    fine: dict[str, list[RuleResult]] = {}
    for result in results:
        if result.status is RuleStatus.OK and result.subject:
            fine.setdefault(result.stack, []).append(result)
    return [
        [
            "ok",
            _count({one.rule for one in these}),
            stack,
            ", ".join(dict.fromkeys(one.subject for one in these)),
        ]
        for stack, these in fine.items()
    ]


def _count(rules: set[str]) -> str:
    return f"{len(rules)} rules" if len(rules) > 1 else next(iter(rules))


def _finding(result: RuleResult) -> str:
    place = f"{result.file}:{result.line}:{result.column}: " if result.line else ""
    lines = [f"{place}{result.rule}: {one_line(result.fact)}", f"  risk: {result.risk}"]
    return folded("\n".join([*lines, f"  what to do: {result.remedy}"]))


def _not_looked_at(results: Sequence[RuleResult]) -> list[str]:
    why: dict[str, list[str]] = {}
    for result in results:
        if result.status is RuleStatus.NOT_LOOKED_AT:
            what = " ".join(part for part in (result.stack, result.subject, result.rule) if part)
            why.setdefault(one_line(result.fact), []).append(what)
    return [
        f"not looked at, because {reason}:\n"
        + fill(", ".join(what), line_width(), initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
        for reason, what in why.items()
    ]
