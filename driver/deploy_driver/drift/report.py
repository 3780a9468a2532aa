"""What a look at several stacks came to: what counts, what is ignored, who did it, and what is new since last time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from deploy_driver import remedies
from deploy_driver.drift.attribution import Write
from deploy_driver.drift.finding import DriftFinding
from deploy_driver.drift.fix import Fixed
from deploy_driver.drift.ignore import Ignored, SortedFindings
from deploy_driver.drift.ledger import Entries, EntryStatus, LedgerEntry, closed_now, restored
from deploy_driver.drift.scan import StackDrift
from deploy_driver.errors import ExitCode
from deploy_driver.record.catalogue import Drifted, Moved
from deploy_driver.run.outcome import exit_code_of
from deploy_driver.values import PropertyDiff, ResourceChange
from deploy_project.remedy import Remedy


@dataclass(frozen=True)
class LeftOver:
    """Something of a stack that its state does not list, or of which nobody knows what became: its ARN or URN, and what is the matter."""

    stack: str
    name: str
    why: str

    @property
    def remedy(self) -> Remedy:
        """What to do about it."""
        return remedies.LOOK_UP_LEFT_OVER.of(stack=self.stack)


@dataclass(frozen=True)
class DriftReport:
    """One look. `time` is its moment as the ledger has it; `writes` says by URN who wrote last, where the trail says so.

    `entries` is the ledger after the look, and `first` says that there was none before; `fixed` is what `--fix` came to. `left` is
    what no state lists.
    """

    run: str
    time: str
    stacks: tuple[StackDrift, ...]
    sorted: SortedFindings
    writes: Mapping[str, Write] = field(default_factory=dict)
    entries: Entries = field(default_factory=dict)
    first: bool = False
    fixed: Fixed | None = None
    left: tuple[LeftOver, ...] = ()

    def findings(self, stack: str) -> tuple[DriftFinding, ...]:
        """What counts in one stack."""
        return tuple(finding for finding in self.sorted.counted if finding.stack == stack)

    def standing(self, finding: DriftFinding) -> str:
        """What the look did to the finding's entry."""
        entry = self.entries.get(finding.key)
        return entry.standing if entry else EntryStatus.OPENED

    def is_new(self, finding: DriftFinding) -> bool:
        """Whether the last look did not have it."""
        return self.standing(finding) != EntryStatus.UNCHANGED

    @property
    def ledger(self) -> Entries:
        """The ledger as it stays: what was put back is over."""
        return restored(self.entries, self.fixed.restored, self.fixed.time) if self.fixed else self.entries

    @property
    def closed(self) -> tuple[LedgerEntry, ...]:
        """What was open the last time and is no more."""
        return closed_now(self.entries, self.time)

    def exit_code(self, *, differs: bool) -> ExitCode:
        """That of the looks and of the run which put back; `differs` asks for 5 when something drifted, or is left over."""
        looks = [one.outcome for one in self.stacks]
        fixes = self.fixed.outcome.steps if self.fixed and self.fixed.outcome else ()
        drifted = bool(self.left or (self.fixed.left if self.fixed else self.sorted.counted))
        return exit_code_of([*looks, *fixes], differs=differs and drifted)


def drifted_events(report: DriftReport) -> Iterator[Drifted]:
    """An event for each finding: those that count, then those that somebody answers for."""
    yield from (_drifted(report, finding) for finding in report.sorted.counted)
    yield from (_drifted(report, one.finding, _answer(one)) for one in report.sorted.ignored)


def _drifted(report: DriftReport, finding: DriftFinding, ignored: str = "") -> Drifted:
    write = report.writes.get(finding.urn) if finding.moved is not Moved.CODE else None
    diffs = (PropertyDiff(finding.path, "update", finding.expected, finding.found),) if finding.path else ()
    return Drifted(
        finding.stack,
        ResourceChange(finding.urn, finding.op, (finding.path,) if finding.path else (), diffs),
        finding.moved.value,
        finding.fact.value,
        str(report.standing(finding)),
        by=write.identity if write else "",
        at=write.moment if write else "",
        call=write.event if write else "",
        agent=write.agent if write else "",
        ignored=ignored,
    )


def _answer(one: Ignored) -> str:
    return f"{one.rule.owner}: {one.rule.reason}, until {one.rule.expires:%Y-%m-%d}"
