"""The plan: ordered steps, each one operation on one stack, as whom, and after which other steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deploy_driver.plan.selection import in_order, needed
from deploy_driver.values import Layer, Operation, Stack
from deploy_project.accounts import EnterAs, Entrance, entrance


@dataclass(frozen=True)
class Step:
    """One operation on one stack.

    `needs` are the stacks of the plan whose steps must have succeeded before, `carries` those that must not stand when this
    one is destroyed. `existing` are the resources of the stack, URN and type, once its state was read. `unfinished`: an earlier run
    has begun it, and came to no good end. `put_back`: its state is an earlier one, so the account may have what it does not list.
    """

    stack: Stack
    operation: Operation
    enter_as: EnterAs
    needs: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    existing: Mapping[str, str] = field(default_factory=dict)
    unfinished: bool = False
    put_back: bool = False

    @property
    def looked_up(self) -> bool:
        """Whether the account is asked first what there is that the state does not list."""
        return self.unfinished or self.put_back

    @property
    def role_arn(self) -> str:
        """The role this step works under; empty where the caller is already in the account."""
        return self.stack.role_arn(self.enter_as)

    def entrance(self, session_name: str) -> Entrance:
        """How this step gets in."""
        return entrance(self.stack, self.enter_as, session_name)


@dataclass(frozen=True)
class Plan:
    """What one run will do, in order."""

    operation: Operation
    steps: tuple[Step, ...]

    @property
    def stacks(self) -> tuple[str, ...]:
        """The names of the stacks, in order."""
        return tuple(step.stack.name for step in self.steps)


def make_plan(operation: Operation, stacks: Sequence[Stack], *, known: Sequence[Stack] = ()) -> Plan:
    """Order the stacks, and choose each one's role.

    `known`: all stacks there are, since a chosen stack may need another one through one that was not chosen.
    """
    ordered = in_order(stacks, known)
    if operation is Operation.DESTROY:
        ordered = tuple(reversed(ordered))
    chosen = {stack.name for stack in stacks}
    rest = tuple(stack for stack in known if stack.name not in chosen)
    needs = {stack.name: needed(stack.name, (*known, *stacks)) & chosen for stack in stacks}
    return Plan(
        operation,
        tuple(
            Step(
                stack,
                operation,
                _enter_as(operation, stack),
                _before(operation, stack, needs),
                _carried(operation, stack, rest),
            )
            for stack in ordered
        ),
    )


def _enter_as(operation: Operation, stack: Stack) -> EnterAs:
    if stack.layer is Layer.ACCESS:
        return EnterAs.BOOTSTRAP
    return EnterAs.PREVIEW if operation is Operation.PREVIEW else EnterAs.DEPLOYMENT


def _before(operation: Operation, stack: Stack, needs: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """A preview makes nothing that another one needs; a destroy needs what needs the stack to be gone."""
    if operation is Operation.PREVIEW:
        return ()
    if operation is Operation.DESTROY:
        return tuple(name for name, needed in needs.items() if stack.name in needed)
    return tuple(sorted(needs[stack.name]))


def _carried(operation: Operation, stack: Stack, rest: Sequence[Stack]) -> tuple[str, ...]:
    """Without its access layer a stack could never be entered again, not even to delete it."""
    if operation is not Operation.DESTROY or stack.layer is not Layer.ACCESS:
        return ()
    return tuple(other.name for other in rest if stack.name in other.needs)
