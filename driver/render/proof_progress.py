"""Says on stderr how far a proof has come, and at once what is not as it should be."""

from __future__ import annotations

import threading
from typing import TextIO

from driver.prove.case import Verdict
from driver.render.proof import line

EVERY = 100
"""Cases between two lines where nobody watches."""


class ProofProgress:
    """Counts verdicts. On a terminal one line that changes, elsewhere a line now and then."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._tried = 0
        self._wrong = 0
        self._lock = threading.Lock()

    def __call__(self, verdict: Verdict) -> None:
        """Take a verdict."""
        with self._lock:
            self._tried += 1
            if not verdict.as_expected:
                self._wrong += 1
                self._write(f"{self._clear()}{line(verdict)}\n")
            if self._live:
                self._write(f"{self._clear()}{self._so_far()}")
            elif self._tried % EVERY == 0:
                self._write(f"{self._so_far()}\n")

    def end(self) -> None:
        """Leave the screen as it was found."""
        self._write(self._clear())

    def _so_far(self) -> str:
        return f"{self._tried} cases tried, {self._wrong} wrong"

    def _clear(self) -> str:
        return "\r\x1b[K" if self._live else ""

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
