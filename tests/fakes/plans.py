"""Which reviewed plans have been applied."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class FakePlans:
    """The UsedPlans port: `used` by plan, the run."""

    used: dict[str, str] = field(default_factory=dict)

    def used_by(self, plan: str) -> str:
        return self.used.get(plan, "")

    def use(self, plan: str, run: str) -> str:
        other = self.used.setdefault(plan, run)
        return "" if other == run else other
