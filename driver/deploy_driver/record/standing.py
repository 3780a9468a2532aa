"""What became of each stack of a run, by its record: what another run needs to know that goes on with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from deploy_driver.record.catalogue import (
    EngineStarted,
    Event,
    Packaged,
    Published,
    Result,
    RunDependsOn,
    RunFinished,
    RunStarted,
    StateSeen,
    StepFinished,
)
from deploy_driver.record.reading import Line
from deploy_driver.record.stream import Envelope
from deploy_driver.values import LiveAlias


class Standing(StrEnum):
    """Where a run has left a stack. Of one that is `unknown` an engine began, and nobody says how that ended."""

    DONE = "done"
    NOT_BEGUN = "not begun"
    INTERRUPTED = "interrupted"
    UNKNOWN = "outcome unknown"


@dataclass(frozen=True)
class LeftStack:
    """One stack as a run has left it. `seen` is the digest of the last state that was seen, None where none was.

    `begun`: an engine may have changed it. `why` is what its step ended with. `packages` is which code it got, as `NAME sha256:…`,
    `live` where its aliases led afterwards.
    """

    stack: str
    seen: str | None = None
    begun: bool = False
    result: str = ""
    why: str = ""
    packages: tuple[str, ...] = ()
    live: tuple[LiveAlias, ...] = ()

    @property
    def standing(self) -> Standing:
        """Where that is."""
        if self.result == Result.SUCCEEDED:
            return Standing.DONE
        if not self.begun:
            return Standing.NOT_BEGUN
        return Standing.INTERRUPTED if self.result else Standing.UNKNOWN


@dataclass(frozen=True)
class BackTo:
    """An earlier run that a stack goes back to: the commit, which code it got, and where its aliases led."""

    run: str
    stack: str
    commit: str
    packages: tuple[str, ...] = ()
    live: tuple[LiveAlias, ...] = ()


@dataclass(frozen=True)
class LeftRun:
    """A run as its record leaves it. `depends_on` maps what it depended on, by stack and name, to what that was.

    `began` is in seconds since the epoch; `exit_code` is None where the record does not say how it ended: it goes on, or was killed.
    """

    started: RunStarted
    began: float
    stacks: tuple[LeftStack, ...]
    depends_on: Mapping[tuple[str, str], str] = field(default_factory=dict)
    exit_code: int | None = None

    def stack(self, name: str) -> LeftStack:
        """What it has left that stack as, which may be no part of it."""
        return next((one for one in self.stacks if one.stack == name), LeftStack(name))

    def of(self, project: str) -> bool:
        """Whether it is a run of that project; several keep their records in one bucket, and their stacks may be called the same."""
        return self.depends_on.get(("", "project"), project) == project

    @property
    def left(self) -> tuple[LeftStack, ...]:
        """The stacks that are not done, in the run's order."""
        return tuple(one for one in self.stacks if one.standing is not Standing.DONE)

    @property
    def touched(self) -> bool:
        """Whether an engine has begun any of its stacks."""
        return any(one.begun for one in self.stacks)


def left_by(record: Iterable[Line]) -> LeftRun:
    """What the lines of a record say. Raises ValueError when it is no record of a run."""
    lines = [line for line in record if isinstance(line, Envelope)]
    events = [line.event for line in lines]
    found = ((line.event, line.time) for line in lines if isinstance(line.event, RunStarted))
    started, began = next(found, (None, 0.0))
    if started is None:
        raise ValueError("not a record of a run: it does not say when the run began, or which run that is")
    stacks = {name: LeftStack(name) for name in started.stacks}
    for event in events:
        name = getattr(event, "stack", "")
        if name in stacks:
            stacks[name] = _after(stacks[name], event)
    facts = {(event.stack, event.name): event.value for event in events if isinstance(event, RunDependsOn)}
    codes = [event.exit_code for event in events if isinstance(event, RunFinished)]
    return LeftRun(started, began, tuple(stacks.values()), facts, codes[-1] if codes else None)


def _after(left: LeftStack, event: Event) -> LeftStack:
    match event:
        case StateSeen():
            return replace(left, seen=event.digest, begun=left.begun or event.before)
        case EngineStarted():
            return replace(left, begun=True)
        case StepFinished():
            return replace(left, result=event.result, why=event.cause or event.reason)
        case Packaged():
            return replace(left, packages=event.packages)
        case Published():
            led = LiveAlias(event.urn, event.function, event.alias, event.version, event.digest)
            return replace(left, live=(*(one for one in left.live if one.urn != led.urn), led))
    return left
