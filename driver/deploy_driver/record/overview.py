"""What runs in each stack, by the records of all runs: which run brought it there, and what has become of the stack since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from deploy_driver.record.catalogue import Result, Verb
from deploy_driver.record.standing import LeftRun, LeftStack
from deploy_driver.record.story import RunSummary, StackSummary
from deploy_driver.values import Stack

_DEPLOY = frozenset({Verb.UP, Verb.ROLLBACK, Verb.BOOTSTRAP, Verb.DRIFT_FIX, Verb.REPAIR, Verb.DESTROY})
_LEFT = frozenset({Result.FAILED, Result.INTERRUPTED, ""})
"""What becomes of a stack that a run has not brought to its end. It is empty where the record ends before the step does."""


class Seen(StrEnum):
    """What is to be known of a stack first."""

    LEFT = "left unfinished"
    FAILED = "last run failed"
    DRIFTED = "drifted"
    NEVER = "not deployed"
    DESTROYED = "destroyed"
    DEPLOYED = "deployed"


@dataclass(frozen=True)
class RecordedRun:
    """A run as its record tells it: to read, and as it has left each stack."""

    summary: RunSummary
    left: LeftRun


@dataclass(frozen=True)
class StackInRun:
    """One stack's part of one run: to read, and as the run has left it."""

    run: RunSummary
    stack: StackSummary
    as_left: LeftStack

    @property
    def changed(self) -> bool:
        """Whether the run changed anything in the stack."""
        return bool(self.stack.changes and self.stack.changes.total)


@dataclass(frozen=True)
class StackRecord:
    """One stack by all records. Each of these is None where no record says it.

    `deployed` is the newest run that ended well for the stack, `changed` the newest of those that changed something there,
    `left` the newest of the later ones that did not end well, `looked` the newest look for drift, `proved` the newest proof.
    """

    stack: str
    deployed: StackInRun | None = None
    changed: StackInRun | None = None
    left: StackInRun | None = None
    looked: StackInRun | None = None
    proved: StackInRun | None = None

    @property
    def whole(self) -> bool:
        """Whether older records have nothing to add."""
        return None not in {self.deployed, self.changed, self.looked, self.proved}

    @property
    def drifted(self) -> int | None:
        """How many differences the newest look has found; None where nobody has looked since it was deployed."""
        if not self.looked or (self.deployed and self.looked.run.began < self.deployed.run.began):
            return None
        return self.looked.stack.drifted

    @property
    def seen(self) -> Seen:
        """What is to be known of it first."""
        if self.left:
            return Seen.LEFT if self.left.as_left.begun else Seen.FAILED
        if self.drifted:
            return Seen.DRIFTED
        if not self.deployed:
            return Seen.NEVER
        return Seen.DESTROYED if self.deployed.run.operation == Verb.DESTROY else Seen.DEPLOYED


@dataclass(frozen=True)
class MayEnter:
    """A role of an account, and who may become it, by the settings."""

    role: str
    who: str


@dataclass(frozen=True)
class AccountOverview:
    """One account: who may enter it, and its stacks with what is on record of each."""

    account: str
    may_enter: tuple[MayEnter, ...]
    stacks: tuple[tuple[Stack, StackRecord], ...]

    @property
    def proved(self) -> StackInRun | None:
        """The newest proof of who may enter; None where no record says one."""
        found = (record.proved for _, record in self.stacks if record.proved)
        return max(found, key=lambda one: one.run.began, default=None)


@dataclass(frozen=True)
class Overview:
    """All accounts of a project at a moment, in seconds since the epoch, by the newest `runs` that are on record.

    `since` is when the oldest of these began, in ISO 8601; empty where there is none.
    """

    project: str
    cloud: str
    at: float
    accounts: tuple[AccountOverview, ...]
    runs: int
    since: str = ""

    @property
    def stacks(self) -> tuple[tuple[Stack, StackRecord], ...]:
        """Every stack, in the order of the accounts."""
        return tuple(one for account in self.accounts for one in account.stacks)


def records_of_stacks(stacks: Iterable[str], runs: Sequence[RecordedRun]) -> tuple[StackRecord, ...]:
    """What the runs say of each of these stacks. `runs` are the newest ones, in any order."""
    newest_first = sorted(runs, key=lambda run: run.summary.began, reverse=True)
    return tuple(_record_of(stack, newest_first) for stack in stacks)


def _record_of(name: str, runs: Iterable[RecordedRun]) -> StackRecord:
    found = StackRecord(name)
    for run in runs:
        for stack in run.summary.stacks:
            if stack.stack == name:
                found = _with(found, StackInRun(run.summary, stack, run.left.stack(name)))
    return found


def _with(found: StackRecord, older: StackInRun) -> StackRecord:
    """What is known, and what a run that began before says besides."""
    operation, result = older.run.operation, older.stack.result
    if operation == Verb.DRIFT and result == Result.SUCCEEDED:
        return replace(found, looked=found.looked or older)
    if operation == Verb.PROVE and older.stack.cases:
        return replace(found, proved=found.proved or older)
    if operation not in _DEPLOY:
        return found
    if result == Result.SUCCEEDED:
        changed = found.changed or (older if older.changed else None)
        return replace(found, deployed=found.deployed or older, changed=changed)
    if result in _LEFT and not found.deployed:
        return replace(found, left=found.left or older)
    return found
