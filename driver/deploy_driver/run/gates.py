"""The gate of a reviewed plan: a step may do what was reviewed, to the state that was reviewed, once, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from deploy_driver.bundle.mismatch import AGAIN, Mismatch
from deploy_driver.bundle.model import ABSENT, Bundle
from deploy_driver.bundle.steps import differences, steps_of
from deploy_driver.plan.loss import ALL, holds, not_allowed
from deploy_driver.plan.plan import Step
from deploy_driver.ports import Prompt, StateStore, UsedPlans
from deploy_driver.record.catalogue import Reason
from deploy_driver.run.outcome import RunOutcome
from deploy_driver.values import Changes, EngineReport, Layer, Operation, ResourceChange

NAMED = 5
"""Deletions that are allowed one by one; of more the remedy says `all`."""


@dataclass(frozen=True)
class Refusal:
    """Why a step may not go on, and the way out."""

    reason: Reason
    cause: str
    remedy: str


class Gate(Protocol):
    """Asked after a step's preview and before the step."""

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """None when the step may go on."""


@dataclass(frozen=True)
class Gates:
    """`yes` is the answer given beforehand (`--yes`): it confirms, but lifts no limit and gives up no data.

    `allowed` are the URNs of what may be deleted or replaced although it holds data (`--allow-delete`), or `all`.
    """

    prompt: Prompt
    yes: bool
    allowed: Collection[str] = ()

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """None when the step may go on."""
        changes = preview.changes
        if not changes.total:
            return None
        return self._limit(step, changes) or self._loss(step, preview) or self._confirmation(step, changes)

    def _limit(self, step: Step, changes: Changes) -> Refusal | None:
        limit = step.stack.max_deletes
        lost = changes.delete + changes.replace
        if step.operation is not Operation.UP or limit is None or lost <= limit:
            return None
        return Refusal(
            Reason.OVER_LIMIT,
            f"{lost} resources would be deleted or replaced, the limit of {step.stack.name} is {limit}",
            f"if `deploy preview` shows what is meant, raise {_limit_key(step)} in deploy.toml",
        )

    def _loss(self, step: Step, preview: EngineReport) -> Refusal | None:
        if step.operation is not Operation.UP:
            return None
        return loss_of(not_allowed(preview.resources, preview.changes, self.allowed))

    def _confirmation(self, step: Step, changes: Changes) -> Refusal | None:
        destroys = step.operation is Operation.DESTROY
        if self.yes or not (destroys or step.stack.approve or self.prompt.present):
            return None
        if not self.prompt.present:
            asking = "destroy asks" if destroys else f"{step.stack.name} asks for an approval (approve = true)"
            return Refusal(
                Reason.NEEDS_APPROVAL,
                f"{asking}, and nobody is at the terminal",
                "run it at a terminal, or approve beforehand with --yes",
            )
        verb = "Destroy" if destroys else "Deploy"
        if self.prompt.confirm(f"{verb} {step.stack.name} ({step.stack.account}): {changes.planned()}?"):
            return None
        return Refusal(Reason.DECLINED, "the answer was no", "")


def loss_of(found: Sequence[ResourceChange]) -> Refusal | None:
    """The refusal of changes that nobody has allowed; None when there are none."""
    if not found:
        return None
    named = "; ".join(f"{change.op} {change.urn} ({holds(change.type) or 'all of the stack'})" for change in found)
    words = " ".join(f"--allow-delete '{change.urn}'" for change in found)
    remedy = f"if that is meant, add {words if len(found) <= NAMED else f'--allow-delete {ALL}'}"
    return Refusal(Reason.LOSES_DATA, f"this would be lost: {named}", remedy)


def _limit_key(step: Step) -> str:
    """Where deploy.toml says the limit of a stack."""
    return "access.max-deletes" if step.stack.layer is Layer.ACCESS else f"stacks.{step.stack.name}.max-deletes"


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
