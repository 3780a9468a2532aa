"""The engine's process: its own session, an exact environment, and an end that is asked for and waited for."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

_KILL_AFTER = 3
"""The engine cleans up on the first SIGINT and stops waiting for resources on the second; the third request kills it."""


class StoppedBeforeStartError(Exception):
    """The call was told to stop before the engine was started."""


@dataclass(frozen=True)
class Ended:
    """How a process ended and what it said."""

    code: int
    stdout: str
    stderr: str


class EngineProcess:
    """Starts the engine, one process after the other, until told to stop. `interrupt` is for any other thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: subprocess.Popen[str] | None = None
        self._interrupts = 0

    @property
    def stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return self._interrupts > 0

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: str,
        environment: Mapping[str, str],
        on_stdout: Callable[[str], object] | None = None,
        on_stderr: Callable[[str], object] | None = None,
    ) -> Ended:
        """Run to the end. The process sees `environment` and nothing else, and no signal meant for the driver."""
        with self._lock:
            if self.stopping:
                raise StoppedBeforeStartError
            process = self._running = subprocess.Popen(
                list(command),
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        said: tuple[list[str], list[str]] = ([], [])
        readers = [
            threading.Thread(target=_read, args=(stream, lines, listener), daemon=True)
            for stream, lines, listener in zip(
                (process.stdout, process.stderr), said, (on_stdout, on_stderr), strict=True
            )
        ]
        for reader in readers:
            reader.start()
        code = process.wait()
        for reader in readers:
            reader.join()
        return Ended(code=code, stdout="\n".join(said[0]), stderr="\n".join(said[1]))

    def interrupt(self) -> None:
        """Ask the engine to end: SIGINT, once more SIGINT, then SIGKILL. Only the first can promise a clean state."""
        with self._lock:
            self._interrupts += 1
            if self._running is None or self._running.poll() is not None:
                return
            self._running.send_signal(signal.SIGKILL if self._interrupts >= _KILL_AFTER else signal.SIGINT)


def _read(stream: IO[str], lines: list[str], listener: Callable[[str], object] | None) -> None:
    with stream:
        for line in stream:
            lines.append(line.rstrip())
            if listener:
                listener(lines[-1])
