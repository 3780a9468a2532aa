"""The gate of a reviewed plan: a step may do what was reviewed, to the state that was reviewed, once, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from driver.bundle.mismatch import AGAIN, Mismatch
from driver.bundle.model import ABSENT, Bundle
from driver.bundle.steps import differences, steps_of
from driver.plan.plan import Step
from driver.ports import StateStore, UsedPlans
from driver.run.gates import Gate, Refusal
from driver.run.outcome import Reason, RunOutcome
from driver.values import EngineReport


@dataclass(frozen=True)
class Reviewed:
    """Asked right before each stack: what an earlier one has changed shows here. `then` are the gates that hold besides.

    Right before the first stack is touched, and not earlier, the plan is put on record as used by `run`.
    """

    bundle: Bundle
    state: StateStore
    plans: UsedPlans
    run: str
    then: Gate

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """None when the step is what was reviewed, no other gate refuses it, and no other run has used the plan."""
        found = list(self._differing(step.stack.name, preview))
        if found:
            facts = "; ".join(mismatch.fact for mismatch in found)
            return Refusal(Reason.NOT_AS_REVIEWED, facts, f"what is left is another plan now: {AGAIN}")
        return self.then.refusal(step, preview) or self._used(step.stack.name)

    def _used(self, name: str) -> Refusal | None:
        if name != self.bundle.binding.stacks[0].stack:
            return None
        other = self.plans.use(self.bundle.id, self.run)
        return Refusal(Reason.NOT_AS_REVIEWED, used(self.bundle, other).fact, AGAIN) if other else None

    def _differing(self, name: str, preview: EngineReport) -> Iterator[Mismatch]:
        reviewed = self.bundle.stack(name)
        state = self.state.digest(name) or ABSENT
        if state != reviewed.state:
            yield Mismatch("state moved", reviewed.state, state, AGAIN, name)
        yield from differences(name, reviewed.steps, steps_of(preview.resources))


def used(bundle: Bundle, other: str) -> Mismatch:
    """The plan was used by another run, whatever has become of the state since."""
    return Mismatch(f"plan {bundle.id}", "unused", f"used by run {other}", f"a plan works once: {AGAIN}")


def unlike(bundle: Bundle, outcome: RunOutcome) -> Iterator[Mismatch]:
    """Every resource of every stack to which something else would be done than was reviewed."""
    for step in outcome.steps:
        yield from differences(step.stack, bundle.stack(step.stack).steps, steps_of(step.resources))
