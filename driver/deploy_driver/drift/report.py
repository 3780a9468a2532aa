"""What a look at several stacks came to: what counts, what is ignored, who did it, and what is new since last time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy_driver.drift.finding import Finding
from deploy_driver.drift.fix import Fixed
from deploy_driver.drift.ignore import Sorted
from deploy_driver.drift.ledger import Entries, Entry, Standing, closed_now, restored
from deploy_driver.drift.scan import StackDrift
from deploy_driver.drift.who import Deed
from deploy_driver.errors import ExitCode
from deploy_driver.run.outcome import exit_code_of


@dataclass(frozen=True)
class Report:
    """One look. `time` is its moment as the ledger has it; `doers` says by URN who wrote last, where the trail says so.

    `entries` is the ledger after the look, and `first` says that there was none before; `fixed` is what `--fix` came to.
    """

    run: str
    time: str
    stacks: tuple[StackDrift, ...]
    sorted: Sorted
    doers: Mapping[str, Deed] = field(default_factory=dict)
    entries: Entries = field(default_factory=dict)
    first: bool = False
    fixed: Fixed | None = None

    def findings(self, stack: str) -> tuple[Finding, ...]:
        """What counts in one stack."""
        return tuple(finding for finding in self.sorted.counted if finding.stack == stack)

    def standing(self, finding: Finding) -> str:
        """What the look did to the finding's entry."""
        entry = self.entries.get(finding.key)
        return entry.standing if entry else Standing.OPENED

    def is_new(self, finding: Finding) -> bool:
        """Whether the last look did not have it."""
        return self.standing(finding) != Standing.UNCHANGED

    @property
    def ledger(self) -> Entries:
        """The ledger as it stays: what was put back is over."""
        return restored(self.entries, self.fixed.restored, self.fixed.time) if self.fixed else self.entries

    @property
    def closed(self) -> tuple[Entry, ...]:
        """What was open the last time and is no more."""
        return closed_now(self.entries, self.time)

    def exit_code(self, *, differs: bool) -> ExitCode:
        """That of the looks and of the run which put back; `differs` asks for 5 when something drifted, or is left."""
        looks = [one.outcome for one in self.stacks]
        fixes = self.fixed.outcome.steps if self.fixed and self.fixed.outcome else ()
        drifted = bool(self.fixed.left if self.fixed else self.sorted.counted)
        return exit_code_of([*looks, *fixes], differs=differs and drifted)
