"""The gates: what a step is held to after its preview and before anything is touched, each of which can refuse.

A gate says for which steps it wants to see a preview, and what it answers to one. A run has a tuple of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

from deploy_driver import remedies
from deploy_driver.bundle.compare import Mismatch, differences, steps_of
from deploy_driver.bundle.model import ABSENT, Bundle
from deploy_driver.choices import Overridable
from deploy_driver.digest import shown
from deploy_driver.errors import NotReadyError, UsageError
from deploy_driver.plan.loss import ALL, holds, not_allowed
from deploy_driver.plan.plan import Step
from deploy_driver.plan.rights import beyond, listed, missing_rights, named
from deploy_driver.plan.schedule import closed, said
from deploy_driver.ports import Emit, Prompt, RolePolicies, StateStore, UsedPlans
from deploy_driver.record.catalogue import Diagnostic, GateName, Reason
from deploy_driver.record.standing import BackTo
from deploy_driver.run.outcome import RunOutcome
from deploy_driver.run.requests import RunFacts
from deploy_driver.run.uploads import packages_of
from deploy_driver.values import EngineReport, Layer, MissingRight, Operation, ResourceChange, Stack
from deploy_project.accounts import EnterAs
from deploy_project.remedy import NO_REMEDY, Remedy
from deploy_project.seam import RoleNeed
from deploy_project.stacks import ACCESS

NAMED = 5
"""Deletions that are allowed one by one; of more the remedy says `all`."""


@dataclass(frozen=True)
class Refusal:
    """Why a step may not go on, and the way out. `missing` is what its role may not do of what is planned.

    `gate` is what a person may override it by; None where nobody may.
    """

    reason: Reason
    cause: str
    remedy: Remedy
    missing: tuple[MissingRight, ...] = ()
    gate: Overridable | None = None


@dataclass(frozen=True)
class Overrides:
    """What a run does although a gate refuses it: which gates, why, and who said so, where that is known."""

    gates: frozenset[Overridable] = frozenset()
    why: str = ""
    by: str = ""


TIMES = frozenset({Overridable.WINDOW, Overridable.FREEZE})
"""What says when a stack may be changed."""

FINISHING = "what an interrupted run began is ended"
"""Why that is not held to a window: a stack that was changed half way is worse than one that is changed late."""


def closed_stack(stack: Stack, now: float) -> Iterator[Refusal]:
    """Everything that keeps the stack from being changed at that moment."""
    found = closed(stack.schedule, now)
    for one in found:
        way = remedies.WAIT_OR_OVERRIDE.of(gate=one.gate)
        yield Refusal(one.reason, said(stack.schedule, [one], now), way, gate=one.gate)


def without_approvals(stack: Stack) -> Iterator[Refusal]:
    """A stack with approvals is changed by an approved plan, and by nothing else. Nobody may override that."""
    if stack.approvals:
        yield Refusal(
            Reason.NEEDS_APPROVAL,
            f"{stack.name} is changed by reviewed plans with {approvals_of(stack.approvals)}, and this is none",
            remedies.NEEDS_REVIEWED_PLAN.of(stack=stack.name),
        )


def approvals_of(number: int) -> str:
    """`1 approval`, `2 approvals`."""
    return f"{number} approval{'s' * (number != 1)}"


class Gate(Protocol):
    """One thing that a step is held to."""

    name: ClassVar[GateName]

    def wants_preview(self, step: Step) -> bool:
        """Whether it asks to see a preview of the step before the step is carried out."""

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """What it has against what the preview shows; None when the step may go on."""


def asking(gates: Iterable[Gate], step: Step) -> tuple[GateName, ...]:
    """Which gates ask for a preview of the step."""
    asked = {gate.name for gate in gates if gate.wants_preview(step)}
    return tuple(name for name in GateName if name in asked)


@dataclass(frozen=True)
class Limit:
    """No more is deleted or replaced than the stack's `max-deletes` allows."""

    name: ClassVar[GateName] = GateName.LIMIT

    def wants_preview(self, step: Step) -> bool:
        """Where an up could delete something."""
        return step.operation is Operation.UP and bool(step.existing) and step.stack.max_deletes is not None

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """What goes beyond the limit."""
        limit = step.stack.max_deletes
        lost = preview.changes.delete + preview.changes.replace
        if step.operation is not Operation.UP or limit is None or lost <= limit:
            return None
        fact = f"{lost} resources would be deleted or replaced, the limit of {step.stack.name} is {limit}"
        if step.stack.layer is Layer.ACCESS:
            return Refusal(Reason.OVER_LIMIT, fact, remedies.RAISE_ACCESS_LIMIT)
        gate = Overridable.MAX_DELETES
        way = remedies.RAISE_LIMIT.of(stack=step.stack.name, gate=gate)
        return Refusal(Reason.OVER_LIMIT, fact, way, gate=gate)


@dataclass(frozen=True)
class DataLoss:
    """Nothing that holds data is deleted or replaced, nor all of a stack, unless it is `allowed`: URNs (`--allow-delete`), or `all`."""

    allowed: Collection[str] = ()
    name: ClassVar[GateName] = GateName.LOSS

    def wants_preview(self, step: Step) -> bool:
        """Where an up could delete something; where the stack has a limit, that has asked already."""
        return step.operation is Operation.UP and bool(step.existing) and step.stack.max_deletes is None

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """What would be lost and was not allowed."""
        if step.operation is not Operation.UP:
            return None
        refusal = loss_of(not_allowed(preview.resources, preview.changes, self.allowed))
        if refusal and step.stack.guarded:
            return replace(refusal, remedy=remedies.WITH_REASON.of(first=refusal.remedy))
        return refusal


@dataclass(frozen=True)
class WithinRights:
    """What is planned in a service's stack is within what the deployment role may do, as that is in the account now.

    `needs` is what the roles of the stack's account need by what its program says. It runs the program once more, which has
    come to its end in the preview. `deletions` is what deleting these resources (URNs) of the state takes, which the program may no
    longer have, or call otherwise. What cannot be read or decided is said, and keeps nobody from going on.
    """

    facts: RunFacts
    roles: RolePolicies
    needs: Callable[[Stack], Sequence[RoleNeed]]
    deletions: Callable[[Stack, Collection[str]], Sequence[RoleNeed]]
    emit: Emit
    name: ClassVar[GateName] = GateName.RIGHTS

    def wants_preview(self, step: Step) -> bool:
        """Where something could be made or changed: an update that stops half way has changed the rest."""
        return step.operation is Operation.UP and step.stack.layer is Layer.SERVICE

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """Everything that is missing at once, and what grants it."""
        stack, arn = step.stack, step.stack.role_arn(EnterAs.DEPLOYMENT)
        if stack.layer is not Layer.SERVICE or step.operation is Operation.DESTROY or not preview.changes.total:
            return None
        layer = f"{stack.env}{ACCESS}"
        try:
            role = self.roles.role(arn, step.entrance(self.facts.session_name(step)), stack.region)
            needs = self.needs(stack)
            gone = [change.urn for change in preview.resources if change.op in {"delete", "replace"}]
            missing = missing_rights(preview.resources, [*needs, *self.deletions(stack, gone)], role)
        except (NotReadyError, UsageError) as error:
            unchecked = f"whether {arn} may do what is planned could not be checked: {error}"
            self.emit(
                Diagnostic(
                    stack.name,
                    "warning",
                    f"{unchecked}; where it may not be read, {remedies.GRANT_RIGHTS.of(layer=layer)}",
                )
            )
            return None
        if not missing:
            return None
        cause = "\n".join([f"{arn} may not do all that is planned", *(f"  {line}" for line in listed(missing))])
        left = named(beyond(missing, needs))
        way = remedies.PUT_BACK_AND_GRANT.of(left=left, layer=layer) if left else remedies.GRANT_RIGHTS.of(layer=layer)
        return Refusal(Reason.MISSING_RIGHTS, cause, way, missing)


@dataclass(frozen=True)
class Confirmation:
    """A person at the terminal says yes; a destroy is not without one. `yes` is the answer given beforehand (`--yes`)."""

    prompt: Prompt
    yes: bool
    name: ClassVar[GateName] = GateName.PERSON

    def wants_preview(self, step: Step) -> bool:
        """Where a person will be asked, or would be if there were one."""
        return not self.yes and (self.prompt.present or step.operation is Operation.DESTROY)

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """The answer, or that there is nobody to give it. Nothing is asked about nothing."""
        if not preview.changes.total or not self.wants_preview(step):
            return None
        if not self.prompt.present:
            return _nobody("destroy asks")
        stack, verb = step.stack, "Destroy" if step.operation is Operation.DESTROY else "Deploy"
        if self.prompt.confirm(f"{verb} {stack.name} ({stack.account}): {preview.changes.planned()}?"):
            return None
        return Refusal(Reason.DECLINED, "the answer was no", NO_REMEDY)


@dataclass(frozen=True)
class RequiredApproval:
    """A stack with `approve = true` is not changed without somebody's yes, at the terminal or beforehand."""

    prompt: Prompt
    yes: bool
    name: ClassVar[GateName] = GateName.APPROVAL

    def wants_preview(self, step: Step) -> bool:
        """Where the stack asks for an approval."""
        return step.stack.approve

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """That nobody can approve: whoever is there was asked already."""
        if not preview.changes.total or not step.stack.approve or self.yes or self.prompt.present:
            return None
        return _nobody(f"{step.stack.name} asks for an approval (approve = true)")


def _nobody(asking: str) -> Refusal:
    return Refusal(
        Reason.NEEDS_APPROVAL,
        f"{asking}, and nobody is at the terminal",
        remedies.AT_TERMINAL_OR_YES,
    )


def loss_of(found: Sequence[ResourceChange]) -> Refusal | None:
    """The refusal of changes that nobody has allowed; None when there are none."""
    if not found:
        return None
    named = "; ".join(f"{change.op} {change.urn} ({holds(change.type) or 'all of the stack'})" for change in found)
    words = " ".join(f"--allow-delete '{change.urn}'" for change in found)
    remedy = remedies.ALLOW_DELETE.of(words=words if len(found) <= NAMED else f"--allow-delete {ALL}")
    return Refusal(Reason.LOSES_DATA, f"this would be lost: {named}", remedy)


@dataclass(frozen=True)
class AsReviewed:
    """A step does what was reviewed, to the state that was reviewed.

    Asked right before each stack: what an earlier one has changed shows here.
    """

    bundle: Bundle
    state: StateStore
    name: ClassVar[GateName] = GateName.REVIEWED

    def wants_preview(self, step: Step) -> bool:
        """Always: a preview is what was reviewed."""
        del step
        return True

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """Every difference."""
        found = list(self._differing(step.stack.name, preview))
        if not found:
            return None
        facts = "; ".join(mismatch.fact for mismatch in found)
        return Refusal(Reason.NOT_AS_REVIEWED, facts, remedies.REVIEW_AGAIN)

    def _differing(self, name: str, preview: EngineReport) -> Iterator[Mismatch]:
        reviewed = self.bundle.stack(name)
        state = self.state.digest(name) or ABSENT
        if state != reviewed.state:
            yield Mismatch("state moved", reviewed.state, state, remedies.REVIEW_AGAIN, name)
        yield from differences(name, reviewed.steps, steps_of(preview.resources))


@dataclass(frozen=True)
class UsedOnce:
    """A reviewed plan works once: right before the first of its stacks is touched, and not earlier, it is put on record as used by `run`.

    So it stands behind every gate that may still refuse.
    """

    bundle: Bundle
    plans: UsedPlans
    run: str
    name: ClassVar[GateName] = GateName.REVIEWED

    def wants_preview(self, step: Step) -> bool:
        """Always: any step may be the first."""
        del step
        return True

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """Whether another run has used it."""
        del step, preview
        other = self.plans.use(self.bundle.id, self.run)
        return Refusal(Reason.NOT_AS_REVIEWED, used(self.bundle, other).fact, remedies.REVIEW_AGAIN) if other else None


@dataclass(frozen=True)
class AsThen:
    """A stack that goes back to an earlier run gets the code that it had then, byte for byte."""

    back: BackTo
    name: ClassVar[GateName] = GateName.EARLIER

    def wants_preview(self, step: Step) -> bool:
        """Always: whoever goes back sees first what that changes."""
        return step.stack.name == self.back.stack

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        """What is packed otherwise than it was then; where that is not on record, nobody can say."""
        then, now = set(self.back.packages), set(packages_of(preview.uploads))
        if not self.wants_preview(step) or not then or then == now:
            return None
        return Refusal(
            Reason.OTHER_PACKAGE,
            f"run {self.back.run} deployed {_listed(then - now)}, and now this would be {_listed(now - then)}",
            remedies.SAME_CODE.of(commit=self.back.commit[:12], stack=self.back.stack),
        )


def _listed(packages: Collection[str]) -> str:
    return (
        ", ".join(
            f"{name} {shown(digest)}" for name, _, digest in (one.partition(" sha256:") for one in sorted(packages))
        )
        or "nothing"
    )


def gates_of(prompt: Prompt, rights: Iterable[Gate], *, yes: bool, allowed: Collection[str]) -> tuple[Gate, ...]:
    """The gates of every run. A person is asked last, about what nothing else refuses."""
    return (Limit(), DataLoss(allowed), *rights, Confirmation(prompt, yes), RequiredApproval(prompt, yes))


def reviewed_gates(
    bundle: Bundle, state: StateStore, plans: UsedPlans, run: str, others: tuple[Gate, ...]
) -> tuple[Gate, ...]:
    """The gates of a run that applies a reviewed plan: the others hold besides."""
    return (AsReviewed(bundle, state), *others, UsedOnce(bundle, plans, run))


def used(bundle: Bundle, other: str) -> Mismatch:
    """The plan was used by another run, whatever has become of the state since."""
    return Mismatch(f"plan {bundle.id}", "unused", f"used by run {other}", remedies.PLAN_WORKS_ONCE)


def unlike(bundle: Bundle, outcome: RunOutcome) -> Iterator[Mismatch]:
    """Every resource of every stack to which something else would be done than was reviewed."""
    for step in outcome.steps:
        yield from differences(step.stack, bundle.stack(step.stack).steps, steps_of(step.resources))
