"""The plan: ordered steps, each one operation on one stack, as whom, and why it needs a preview first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from deploy_driver.plan.selection import in_order
from deploy_driver.values import EnterAs, Entrance, Layer, Operation, Stack


@dataclass(frozen=True)
class Step:
    """One operation on one stack.

    `preview_for` says what asks to see it first, `carries` which stacks must not stand when this one is destroyed;
    both are empty when nothing does. `standing` are the resources of the stack, URN and type, once its state was read.
    """

    stack: Stack
    operation: Operation
    enter_as: EnterAs
    preview_for: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    standing: Mapping[str, str] = field(default_factory=dict)

    @property
    def role_arn(self) -> str:
        """The role this step works under; empty where the caller is already in the account."""
        return self.stack.role_arn(self.enter_as)

    def entrance(self, session_name: str) -> Entrance:
        """How this step gets in; ExternalId and duration belong to the deployment and preview roles only."""
        if self.enter_as is EnterAs.BOOTSTRAP:
            return Entrance(self.role_arn, session_name=session_name, source_identity=session_name)
        stack = self.stack
        return Entrance(self.role_arn, stack.external_id, session_name, session_name, stack.session_duration)


@dataclass(frozen=True)
class Plan:
    """What one run will do, in order."""

    operation: Operation
    steps: tuple[Step, ...]

    @property
    def stacks(self) -> tuple[str, ...]:
        """The names of the stacks, in order."""
        return tuple(step.stack.name for step in self.steps)


def with_standing(step: Step, standing: Mapping[str, str]) -> Step:
    """The step, now that it is known what the stack has: an up that could delete something is previewed first."""
    if step.operation is not Operation.UP or not standing:
        return replace(step, standing=standing)
    limit = "a limit on deletions" if step.stack.max_deletes is not None else "what it could delete"
    return replace(step, standing=standing, preview_for=(*step.preview_for, limit))


def make_plan(
    operation: Operation,
    stacks: Sequence[Stack],
    *,
    known: Sequence[Stack] = (),
    attended: bool = False,
    reviewed: bool = False,
) -> Plan:
    """Order the stacks, choose each one's role, and note who asks for a preview.

    `attended`: a person will be asked, or would be if there were one. `reviewed`: each step is compared with what was
    reviewed. `known`: all stacks there are, since a chosen stack may need another one through one that was not chosen.
    """
    ordered = in_order(stacks, known)
    if operation is Operation.DESTROY:
        ordered = tuple(reversed(ordered))
    chosen = {stack.name for stack in stacks}
    rest = tuple(stack for stack in known if stack.name not in chosen)
    asked = ["a reviewed plan"] * reviewed + ["a person at the terminal"] * attended
    return Plan(operation, tuple(_step(operation, stack, asked, rest) for stack in ordered))


def _step(operation: Operation, stack: Stack, asked: Sequence[str], rest: Sequence[Stack]) -> Step:
    if stack.layer is Layer.ACCESS:
        enter_as = EnterAs.BOOTSTRAP
    elif operation is Operation.PREVIEW:
        enter_as = EnterAs.PREVIEW
    else:
        enter_as = EnterAs.DEPLOYMENT
    asks: list[str] = []
    if operation is not Operation.PREVIEW:
        asks += asked
        asks += ["an approval"] if stack.approve else []
    return Step(stack, operation, enter_as, tuple(asks), _carried(operation, stack, rest))


def _carried(operation: Operation, stack: Stack, rest: Sequence[Stack]) -> tuple[str, ...]:
    """Without its access layer a stack could never be entered again, not even to delete it."""
    if operation is not Operation.DESTROY or stack.layer is not Layer.ACCESS:
        return ()
    return tuple(other.name for other in rest if stack.name in other.needs)
