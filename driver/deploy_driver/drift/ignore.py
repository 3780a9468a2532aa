"""Drift that somebody answers for, for a while: rules with an owner, a reason and a last day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from deploy_driver.config.model import IgnoreRule
from deploy_driver.drift.finding import DriftFinding


@dataclass(frozen=True)
class Ignored:
    """A finding that a rule says to ignore."""

    finding: DriftFinding
    rule: IgnoreRule


@dataclass(frozen=True)
class SortedFindings:
    """What counts, what is ignored, and what is the matter with the rules themselves."""

    counted: tuple[DriftFinding, ...]
    ignored: tuple[Ignored, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ScanScope:
    """Which stacks there are, and which of them were scanned: a rule is judged only where it could have matched."""

    stacks: frozenset[str]
    layer: frozenset[str]
    scanned: frozenset[str]


def sort(
    findings: Iterable[DriftFinding], rules: Sequence[IgnoreRule], scope: ScanScope, today: date
) -> SortedFindings:
    """Each finding goes to the first rule that matches it and has not expired; what is left counts."""
    valid = [rule for rule in rules if today <= rule.expires]
    found = tuple(findings)
    first = {finding: next((rule for rule in valid if _matches(rule, finding)), None) for finding in found}
    ignored = tuple(Ignored(finding, rule) for finding, rule in first.items() if rule)
    counted = tuple(finding for finding, rule in first.items() if not rule)
    warnings = [
        *(_expired(rule, found) for rule in rules if rule not in valid),
        *(_idle(rule, found, scope) for rule in valid),
    ]
    return SortedFindings(counted, ignored, tuple(warning for warning in warnings if warning))


def _matches(rule: IgnoreRule, finding: DriftFinding) -> bool:
    return like(rule.urn, finding.urn) and like(rule.property, finding.path)


def like(pattern: str, text: str) -> bool:
    """Whether the text is of that pattern, in which `*` stands for anything and everything else for itself."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text, flags=re.DOTALL) is not None


def _said(rule: IgnoreRule) -> str:
    return f"the rule for {rule.urn} {rule.property} ({rule.owner}: {rule.reason})"


def _expired(rule: IgnoreRule, found: Iterable[DriftFinding]) -> str:
    count = sum(_matches(rule, finding) for finding in found)
    again = f"{count} {'finding counts' if count == 1 else 'findings count'} again" if count else "remove it"
    return f"{_said(rule)} expired on {rule.expires:%Y-%m-%d}: {again}"


def _of(stack: str, head: str) -> bool:
    return head.startswith(f"urn:pulumi:{stack}::")


def _idle(rule: IgnoreRule, found: Iterable[DriftFinding], scope: ScanScope) -> str:
    if any(_matches(rule, finding) for finding in found):
        return ""
    head = rule.urn.partition("*")[0]
    known = {stack for stack in scope.stacks if f"urn:pulumi:{stack}::".startswith(head) or _of(stack, head)}
    here = known & scope.layer
    if known and not (here and here <= scope.scanned):
        return ""
    return f"{_said(rule)} matches nothing: remove it, or correct it"
