"""What may be put back: what the cloud has lost or was given behind the code's back, and nothing that the code changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from deploy_driver.drift.finding import DriftFinding, together
from deploy_driver.drift.ignore import Ignored, SortedFindings
from deploy_driver.drift.resource_state import ResourceState
from deploy_driver.drift.scan import StackDrift
from deploy_driver.plan.loss import ALL
from deploy_driver.record.catalogue import DriftFact, Moved, Result
from deploy_driver.run.outcome import RunOutcome

_LOSES = frozenset({"delete", "replace"})
_LEAVES = frozenset({"", "same"})


@dataclass(frozen=True)
class NotFixed:
    """A resource that drifted and is not put back, and why."""

    stack: str
    urn: str
    why: str


@dataclass(frozen=True)
class Fix:
    """What is to be put back. `drifted` are the URNs that moved in the cloud, by stack; `targets` also what follows them.

    `refused` is what would be lost and was not named, one line each.
    """

    drifted: Mapping[str, tuple[str, ...]]
    targets: Mapping[str, tuple[str, ...]]
    refused: tuple[str, ...]
    left: tuple[NotFixed, ...]


def fix_of(stacks: Iterable[StackDrift], found: SortedFindings, named: Collection[str]) -> Fix:
    """What to put back. `named` are the URNs of resources that may be deleted or replaced for it, or `all`."""
    counted: dict[tuple[str, str], list[DriftFinding]] = {}
    for finding in found.counted:
        counted.setdefault((finding.stack, finding.urn), []).append(finding)
    left = [
        NotFixed(stack, urn, why) for (stack, urn), mine in counted.items() if (why := _why_not(mine, found.ignored))
    ]
    stays = {(each.stack, each.urn) for each in left}
    drifted: dict[str, tuple[str, ...]] = {}
    targets: dict[str, tuple[str, ...]] = {}
    refused: list[str] = []
    for one in stacks:
        back = [urn for stack, urn in counted if stack == one.stack and (stack, urn) not in stays]
        if not back:
            continue
        resources = [resource for resource in one.states.values() if resource.urn in back or _follows(resource, one)]
        refused += [
            f"{one.stack}: {resource.op} {resource.urn}"
            for resource in resources
            if resource.op in _LOSES - _named(resource, named)
        ]
        drifted[one.stack], targets[one.stack] = tuple(back), tuple(resource.urn for resource in resources)
    return Fix(drifted, targets, tuple(refused), tuple(left))


def _why_not(mine: Sequence[DriftFinding], ignored: Iterable[Ignored]) -> str:
    """Why a resource with these findings is not put back; empty when it is."""
    moved = together(finding.moved for finding in mine)
    if any(finding.fact is DriftFact.APPEARED for finding in mine):
        return "it is not ours: delete it, or import it"
    if moved is not Moved.CLOUD:
        also = "was changed too" if moved is Moved.BOTH else "was changed, not the cloud"
        return f"the code {also}: `deploy up --stacks {mine[0].stack} --refresh` applies the code"
    rule = next((one.rule for one in ignored if one.finding.urn == mine[0].urn), None)
    if rule is None:
        return ""
    return f"it would undo {rule.property} too, which {rule.owner} answers for until {rule.expires:%Y-%m-%d}"


@dataclass(frozen=True)
class Fixed:
    """What became of a fix. `outcome` is None where nothing was to be put back; `restored` are URNs by stack.

    `time` is when it ended, as the ledger has it.
    """

    outcome: RunOutcome | None
    restored: Mapping[str, tuple[str, ...]]
    left: tuple[NotFixed, ...]
    time: str = ""


def fixed(fix: Fix, outcome: RunOutcome | None, time: str = "") -> Fixed:
    """What was restored is what its stack's run says was done; of any other stack, nothing."""
    ended = {step.stack: step for step in outcome.steps} if outcome else {}
    restored = {stack: urns for stack, urns in fix.drifted.items() if ended[stack].result is Result.SUCCEEDED}
    failed = [
        NotFixed(stack, urn, f"{ended[stack].result}: {ended[stack].cause or ended[stack].reason}")
        for stack, urns in fix.drifted.items()
        if stack not in restored
        for urn in urns
    ]
    return Fixed(outcome, restored, (*fix.left, *failed), time)


def _named(resource: ResourceState, named: Collection[str]) -> frozenset[str]:
    return _LOSES if resource.urn in named or ALL in named else frozenset()


def _follows(resource: ResourceState, drift: StackDrift) -> bool:
    """Whether it changes only because something else does."""
    return resource.op not in _LEAVES and all(finding.urn != resource.urn for finding in drift.findings)
