"""All verdicts as one report: how many were tried, how many went as they should, which did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deploy_driver.assurance.prove.case import Answer, Verdict


@dataclass(frozen=True)
class Count:
    """How many cases of one group in one account went how."""

    group: str
    account: str
    tried: int
    allowed: int
    refused: int
    wrong: int


@dataclass(frozen=True)
class Report:
    """One proof. `left_out` says in sentences what was not tried and why; `stopped` that it was ended early."""

    project: str
    cloud: str
    verdicts: tuple[Verdict, ...]
    left_out: tuple[str, ...] = ()
    seconds: float = 0.0
    stopped: bool = False

    @property
    def wrong(self) -> tuple[Verdict, ...]:
        """What did not go as it should."""
        return tuple(verdict for verdict in self.verdicts if not verdict.as_expected)

    @property
    def total(self) -> Count:
        """Everything together."""
        return _count("", "", self.verdicts)

    @property
    def counts(self) -> tuple[Count, ...]:
        """Each group in each account, in the order in which they were tried."""
        places = dict.fromkeys((verdict.case.group, verdict.case.account) for verdict in self.verdicts)
        return tuple(_count(group, account, self.of(group, account)) for group, account in places)

    def of(self, group: str, account: str) -> tuple[Verdict, ...]:
        """The verdicts of one group in one account."""
        return tuple(
            verdict for verdict in self.verdicts if (verdict.case.group, verdict.case.account) == (group, account)
        )


def _count(group: str, account: str, verdicts: Sequence[Verdict]) -> Count:
    right = [verdict for verdict in verdicts if verdict.as_expected]
    allowed = sum(verdict.happened is Answer.ALLOWED for verdict in right)
    return Count(group, account, len(verdicts), allowed, len(right) - allowed, len(verdicts) - len(right))
