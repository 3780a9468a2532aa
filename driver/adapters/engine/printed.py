"""What a program prints, kept off the driver's own stdout and stderr."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

Listener = Callable[[str], None]

_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)
_LOCK = threading.Lock()
_calls = 0
_programs = 0


MOST_LINES = 1_000
LONGEST_LINE = 4_000
"""What is passed on of what one program prints: lines, and characters of each. The rest is only counted."""


class Printed:
    """Passes on what one program prints, within bounds: it is kept on record, and a program may print without end."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._lines = 0

    @property
    def unsaid(self) -> int:
        """How many lines were not passed on."""
        return max(0, self._lines - MOST_LINES)

    def __call__(self, text: str) -> None:
        """Take what was printed at once."""
        for line in text.splitlines():
            self._lines += 1
            if self._lines <= MOST_LINES:
                self._listener(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} …")


class _Switch:
    """A text stream that gives each write to the program that made it, or else to the stream it stands in for.

    During a call it is not flushed: the SDK flushes both streams at the end of each program, would wait for whoever reads
    them, and takes an error for the program's own (`LanguageServer.Run`). What the driver shows it flushes itself.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        listener = _LISTENER.get()
        if listener is None:
            return self.stream.write(text)
        if text.strip():
            listener(text.rstrip())
        return len(text)

    def flush(self) -> None:
        if not _calls:
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def switched_streams() -> Iterator[None]:
    """While any engine call runs, `sys.stdout` and `sys.stderr` can tell programs from the driver.

    Afterwards too where a program hangs: whatever it may print yet does not get between the driver's lines.
    """
    global _calls  # noqa: PLW0603 -- the streams are the process's, so is the count of their users
    with _LOCK:
        _calls += 1
        if not isinstance(sys.stdout, _Switch):
            sys.stdout, sys.stderr = _Switch(sys.stdout), _Switch(sys.stderr)
    try:
        yield
    finally:
        with _LOCK:
            _calls -= 1
            if not _calls and not _programs:
                sys.stdout, sys.stderr = _unswitched(sys.stdout), _unswitched(sys.stderr)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """A program runs inside. From here on what it (its tasks and threads of the same context) prints goes to `listener`."""
    global _programs  # noqa: PLW0603 -- the streams are the process's, so is the count of who may print
    with _LOCK:
        _programs += 1
    _LISTENER.set(listener)
    try:
        yield
    finally:
        with _LOCK:
            _programs -= 1


def _unswitched(stream: Any) -> TextIO:
    found: TextIO = stream.stream if isinstance(stream, _Switch) else stream
    return found
