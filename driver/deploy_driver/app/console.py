"""Where a run meets people: who hears its events, who is asked, and who may stop it. Without a terminal it is nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from deploy_driver.errors import ExitCode, InterruptedRunError
from deploy_driver.ports import Prompt
from deploy_driver.record.stream import Listener


@dataclass
class StopSignals:
    """The numbers of the stop signals that have come so far."""

    numbers: list[int] = field(default_factory=list)

    def exit_code(self, otherwise: int) -> int:
        """129, 130 or 143 when a signal ended the run, as shells count it; `otherwise` when none came."""
        return 128 + self.numbers[0] if self.numbers else otherwise

    @contextmanager
    def coded(self) -> Iterator[None]:
        """Give a run that was interrupted inside the exit code of the signal that did it."""
        try:
            yield
        except InterruptedRunError as error:
            error.exit_code = ExitCode(self.exit_code(error.exit_code))
            raise


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


def ignore(_notice: str) -> None:
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
