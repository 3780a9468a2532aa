"""The engine's process: its own session, an exact environment, output in files, and an end that is asked for and waited for.

The engine outlives the driver. It writes to files, because a pipe whose reader is gone kills it at its next line, in the
middle of its calls to AWS. Without its driver it finishes what it has begun, writes the state, takes its lock away and ends.
"""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from driver.events.readable import readable


class StoppedBeforeStartError(Exception):
    """The call was told to stop before the engine was started."""


@dataclass(frozen=True)
class Ended:
    """How a process ended and what it said."""

    code: int
    stdout: str
    stderr: str


class EngineProcess:
    """Starts the engine, one process after the other, until told to stop. `interrupt` is for any other thread.

    What the processes say is kept below `logs` as `NN-COMMAND.stdout` and `.stderr`, readable by this user only.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._started = 0
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._interrupted = False

    @property
    def stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return self._interrupted

    def run(self, command: Sequence[str], *, cwd: str, environment: Mapping[str, str], name: str) -> Ended:
        """Run to the end. The process sees `environment` and nothing else, and no signal meant for the driver.

        `name` says in the names of its files what it does. Raises OSError when there can be no such files or process.
        """
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock:
            if self.stopping:
                raise StoppedBeforeStartError
            self._started += 1
            said = [self._logs / f"{self._started:02d}-{name}.{stream}" for stream in ("stdout", "stderr")]
            with _private(said[0]) as stdout, _private(said[1]) as stderr:
                process = self._running = subprocess.Popen(
                    list(command),
                    cwd=cwd,
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    start_new_session=True,
                )
        code = process.wait()
        return Ended(code, *(_taken(file) for file in said))

    def interrupt(self) -> None:
        """Ask the engine to end, once: it ends what it has begun, writes the state and takes its lock away.

        A second SIGINT would make it forget calls that are still on their way to AWS, so none is sent.
        """
        with self._lock:
            if not self._interrupted and self._running is not None and self._running.poll() is None:
                self._running.send_signal(signal.SIGINT)
            self._interrupted = True


def _private(file: Path) -> IO[bytes]:
    file.touch(mode=0o600)
    return file.open("wb")


def _taken(file: Path) -> str:
    """What the process said; from now on the file says no more of it than may be shown, or is gone."""
    text = file.read_text("utf-8", errors="replace").rstrip("\n")
    try:
        file.write_text(readable(text) + "\n" if text else "", "utf-8")
    except OSError:
        file.unlink(missing_ok=True)
    return text
