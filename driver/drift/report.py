"""What a look at several stacks came to: what counts, what is ignored, who did it, and what is new since last time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from driver.drift.finding import Finding
from driver.drift.ignore import Sorted
from driver.drift.ledger import Entries, Entry, Standing, closed_now
from driver.drift.look import Looked
from driver.drift.who import Deed
from driver.errors import ExitCode


@dataclass(frozen=True)
class Report:
    """One look. `time` is its moment as the ledger has it; `doers` says by URN who wrote last, where the trail says so."""

    run: str
    time: str
    looked: tuple[Looked, ...]
    sorted: Sorted
    doers: Mapping[str, Deed] = field(default_factory=dict)
    entries: Entries = field(default_factory=dict)

    def findings(self, stack: str) -> tuple[Finding, ...]:
        """What counts in one stack."""
        return tuple(finding for finding in self.sorted.counted if finding.stack == stack)

    def standing(self, finding: Finding) -> str:
        """What the look did to the finding's entry."""
        entry = self.entries.get(finding.key)
        return entry.standing if entry else Standing.OPENED

    @property
    def closed(self) -> tuple[Entry, ...]:
        """What was open the last time and is no more."""
        return closed_now(self.entries, self.time)

    def exit_code(self, *, differs: bool) -> ExitCode:
        """1 where somebody could not look; `differs` asks for 5 when something drifted."""
        if any(one.failure for one in self.looked):
            return ExitCode.FAILED
        return ExitCode.DIFFERS if differs and self.sorted.counted else ExitCode.DONE
