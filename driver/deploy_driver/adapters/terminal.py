"""The person at the terminal, if there is one, and the clock on the wall."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


def _nothing() -> None:
    """Nothing is drawn."""


@dataclass(frozen=True)
class TerminalPrompt:
    """The Prompt and the Interview port: asks on stderr, so that stdout stays the result's. `before` and `after` free the screen for it."""

    before: Callable[[], None] = _nothing
    after: Callable[[], None] = _nothing

    @property
    def present(self) -> bool:
        """Whether both ends are a terminal."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str) -> bool:
        """Anything but yes is no; so is the end of input, and so is a stop signal, which then takes its usual way."""
        return (self._answer(f"{question} [y/N] ") or "").strip().lower() in {"y", "yes"}

    def ask(self, question: str, suggestion: str = "") -> str | None:
        """What is typed, without the spaces around it; the suggestion where nothing is. None at the end of input."""
        said = self._answer(f"{question} [{suggestion}]: " if suggestion else f"{question}: ")
        return None if said is None else said.strip() or suggestion

    def _answer(self, question: str) -> str | None:
        """A line; None at the end of input, and where a stop signal came, which then takes its usual way."""
        self.before()
        stopped = 0
        try:
            with _signals_end_the_wait():
                sys.stderr.write(question)
                sys.stderr.flush()
                return sys.stdin.readline() or None
        except _StoppedError as error:
            stopped = error.number
            return None
        finally:
            self.after()
            if stopped:
                signal.raise_signal(stopped)
                time.sleep(_NOTED)


_NOTED = 0.1
"""Seconds for the thread that takes note of a stop signal, so that the run is known to be stopped before its question is answered."""


class _StoppedError(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def _signals_end_the_wait() -> Iterator[None]:
    """A handler that only takes note would leave the question standing: Python goes on to read after it."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise _StoppedError(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True)
class WallClock:
    """The Clock port."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
