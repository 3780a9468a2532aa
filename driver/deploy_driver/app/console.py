"""Where a run meets people: who hears its events, who is asked, and who may stop it. Without a terminal it is nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from deploy_driver import remedies
from deploy_driver.errors import RefusedError, StopSignals
from deploy_driver.ports import Prompt
from deploy_driver.record.stream import Listener


class Stopping(Protocol):
    """While inside, stop signals call `interrupt`. `waiting` says what the run then waits for, `leaving` what is left if nobody waits."""

    def __call__(
        self, interrupt: Callable[[], None], *, waiting: str, leaving: str
    ) -> AbstractContextManager[StopSignals]: ...


@contextmanager
def unstoppable(interrupt: Callable[[], None], *, waiting: str, leaving: str) -> Iterator[StopSignals]:
    """Take no signals: whoever calls from Python stops a run in a way of his own."""
    del interrupt, waiting, leaving
    yield StopSignals()


@dataclass(frozen=True)
class Nobody:
    """The Prompt port where no person is there."""

    present: bool = False

    def confirm(self, question: str) -> bool:
        """Nobody has said yes."""
        del question
        return False


def require_person(prompt: Prompt, what: str, *, yes: bool) -> None:
    """Raise RefusedError where `what` asks, nobody has said yes beforehand, and nobody is there to be asked."""
    if not yes and not prompt.present:
        raise RefusedError(f"{what} asks, and nobody is at the terminal", remedy=remedies.CONFIRM_BEFOREHAND)


def ignore(_said: object) -> None:
    """Nobody reads it."""


def nothing() -> None:
    """Nothing is drawn."""


@dataclass(frozen=True)
class Console:
    """What a use case needs of whoever started it.

    `listeners` hear the run's events; `release` frees the screen when the run is over; `notice` takes one line for people.
    """

    prompt: Prompt = Nobody()
    listeners: tuple[Listener, ...] = ()
    stopping: Stopping = unstoppable
    release: Callable[[], None] = nothing
    notice: Callable[[str], None] = ignore
