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
_users = 0


class _Switch:
    """A text stream that gives each write to the program that made it, or else to the stream it stands in for."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        listener = _LISTENER.get()
        if listener is None:
            return self.stream.write(text)
        if text.strip():
            listener(text.rstrip())
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def switched_streams() -> Iterator[None]:
    """While any engine call runs, `sys.stdout` and `sys.stderr` can tell programs from the driver."""
    global _users  # noqa: PLW0603 -- the streams are the process's, so is the count of their users
    with _LOCK:
        _users += 1
        if _users == 1:
            sys.stdout, sys.stderr = _Switch(sys.stdout), _Switch(sys.stderr)
    try:
        yield
    finally:
        with _LOCK:
            _users -= 1
            if _users == 0:
                sys.stdout, sys.stderr = _unswitched(sys.stdout), _unswitched(sys.stderr)


def listen(listener: Listener) -> None:
    """From here on, what this program (its tasks and threads of the same context) prints goes to `listener`."""
    _LISTENER.set(listener)


def _unswitched(stream: Any) -> TextIO:
    found: TextIO = stream.stream if isinstance(stream, _Switch) else stream
    return found
