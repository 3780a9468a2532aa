"""A world that answers as it was told, and remembers who asked what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy_driver.assurance.prove.case import Actor, ApiRequest, CaseAnswer, TrialOutcome


@dataclass
class FakeWorld:
    """The World port: outcomes by operation; what it was not told is allowed and done."""

    outcomes: Mapping[str, TrialOutcome] = field(default_factory=dict)
    asked: list[tuple[Actor, str]] = field(default_factory=list)

    def ask(self, who: Actor, request: ApiRequest) -> TrialOutcome:
        self.asked.append((who, request.operation))
        return self.outcomes.get(request.operation, TrialOutcome(CaseAnswer.ALLOWED, done=True))
