"""The person at the terminal, if there is one, and the clock on the wall."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


def _nothing() -> None:
    """Nothing is drawn."""


@dataclass(frozen=True)
class TerminalPrompt:
    """The Prompt port: asks on stderr, so that stdout stays the result's. `before` and `after` free the screen for it."""

    before: Callable[[], None] = _nothing
    after: Callable[[], None] = _nothing

    @property
    def present(self) -> bool:
        """Whether both ends are a terminal."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str) -> bool:
        """Anything but yes is no; so is the end of input."""
        self.before()
        try:
            sys.stderr.write(f"{question} [y/N] ")
            sys.stderr.flush()
            return sys.stdin.readline().strip().lower() in {"y", "yes"}
        finally:
            self.after()


@dataclass(frozen=True)
class WallClock:
    """The Clock port."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
