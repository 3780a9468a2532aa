"""Questions that can refuse a step after its preview: an approval, a limit, a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from driver.plan.plan import Step
from driver.ports import Prompt
from driver.run.outcome import Reason
from driver.values import Changes, EngineReport, Operation

PASSED = "passed"
"""The answer of gates that do not refuse."""


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
    """`yes` is the answer given beforehand (`--yes`): it confirms, but lifts no limit."""

    prompt: Prompt
    yes: bool

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """None when the step may go on."""
        changes = preview.changes
        if not changes.total:
            return None
        return self._limit(step, changes) or self._confirmation(step, changes)

    def _limit(self, step: Step, changes: Changes) -> Refusal | None:
        limit = step.stack.max_deletes
        lost = changes.delete + changes.replace
        if step.operation is not Operation.UP or limit is None or lost <= limit:
            return None
        return Refusal(
            Reason.OVER_LIMIT,
            f"{lost} resources would be deleted or replaced, the limit of {step.stack.name} is {limit}",
            f"if `deploy preview` shows what is meant, raise stacks.{step.stack.name}.max-deletes in deploy.toml",
        )

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
