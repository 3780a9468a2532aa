"""What a rule is, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from deploy_driver.assurance.findings.observed import Inspected, Unseen
from deploy_project.remedy import NO_REMEDY, Remedy


class Severity(StrEnum):
    """How bad it is. The words are SARIF's levels."""

    ERROR = "error"
    WARNING = "warning"


class RuleStatus(StrEnum):
    """How a thing stands under a rule."""

    OK = "ok"
    FINDING = "finding"
    NOT_LOOKED_AT = "not looked at"


Judge = Callable[[Any, Any], Iterator[str | Unseen]]
"""Takes the subject and what was seen of it; yields a fact for each thing that is wrong, or why it cannot tell."""


@dataclass(frozen=True)
class DoctorRule:
    """One thing that must hold of every subject of one kind; `id` never changes once it is published.

    `absent` rules judge a subject that is not there, all others one that is. A rule without `kind` is a check of a run
    (driver/deploy_driver/run/preflight.py and its like), which finds its facts and remedies itself.
    """

    id: str
    severity: Severity
    looks_for: str
    risk: str
    remedy: Remedy
    kind: type[Inspected] | None = None
    judge: Judge | None = None
    absent: bool = False


@dataclass(frozen=True)
class RuleResult:
    """One rule on one thing: how it stands, and as a finding the fact, the risk and the remedy.

    `refused` marks what should have been looked at and was not, so that nobody can say that all is well.
    """

    rule: str
    status: RuleStatus
    severity: Severity
    fact: str
    stack: str = ""
    subject: str = ""
    risk: str = ""
    remedy: Remedy = NO_REMEDY
    file: str = ""
    line: int = 0
    column: int = 0
    refused: bool = False

    @property
    def wrong(self) -> bool:
        """Whether this keeps all from being well."""
        return self.status is RuleStatus.FINDING or (self.status is RuleStatus.NOT_LOOKED_AT and self.refused)
