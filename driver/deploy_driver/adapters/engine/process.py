"""How the Automation API starts the Pulumi CLI for us: once per operation, with nothing inherited.

The engine outlives the driver. It writes to files, because a pipe whose reader is gone kills it at its next line, in the
middle of its calls to AWS. Without its driver it finishes what it has begun, writes the state, takes its lock away and ends.
"""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pulumi.automation import CommandError, CommandResult, PulumiCommand
from semver import VersionInfo

from deploy_driver.record.redaction import readable
from deploy_driver.values import Tool

_NO_HISTORY = [
    {
        "kind": "update",
        "startTime": "1970-01-01T00:00:00.000Z",
        "message": "",
        "environment": {},
        "config": {},
        "result": "succeeded",
    }
]

_ANSWERS: Mapping[tuple[str, str], str] = {
    ("stack", "select"): "",
    ("stack", "output"): "{}",
    ("stack", "history"): json.dumps(_NO_HISTORY),
}
"""Questions that the SDK asks round each operation and that cost one CLI start each. Every command says `--stack`,
so nothing needs to be selected; outputs and summary come with the events."""


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

    What the processes say is kept below `logs` as `NN-COMMAND.stdout` and `.stderr`, readable by this user only. `on_start`
    hears the id of each process.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self.on_start: Callable[[int], None] = lambda _: None
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
        self.on_start(process.pid)
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

    def kill(self) -> None:
        """End the engine at once, for when it can write neither the state nor its lock: what it has begun is looked up afterwards."""
        with self._lock:
            if self._running is not None and self._running.poll() is None:
                self._running.kill()


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


class EngineFailedError(CommandError):
    """The CLI ended with a code other than 0. `result` is all that it said."""

    def __init__(self, result: CommandResult) -> None:
        super().__init__(result)
        self.result = result


class EngineCommand(PulumiCommand):
    """The SDK's seam for running the CLI in one's own way."""

    def __init__(self, engine: Tool, process: EngineProcess) -> None:
        # Not the base's own: that would start the CLI to ask for the version, which is known.
        self.command = str(engine.path)
        self.version = VersionInfo.parse(engine.version.removeprefix("v"))
        self._process = process

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,  # noqa: ARG002 -- the SDK's signature; we never ask it to listen
        on_error: Callable[[str], Any] | None = None,  # noqa: ARG002 -- the same
    ) -> CommandResult:
        """Answer what is known, run everything else. Raises EngineFailedError."""
        answer = _ANSWERS.get((args[0], args[1])) if len(args) > 1 else None
        if answer is not None:
            return CommandResult(stdout=answer, stderr="", code=0)
        return self.start(args, cwd, additional_env)

    def start(self, args: list[str], cwd: str, environment: Mapping[str, str]) -> CommandResult:
        """Run the CLI, whatever it is asked. Raises EngineFailedError."""
        ended = self._process.run(
            [self.command, "--non-interactive", *args],
            cwd=cwd,
            environment={**environment, "PULUMI_AUTOMATION_API": "true"},
            name=args[0],
        )
        result = CommandResult(stdout=ended.stdout, stderr=ended.stderr, code=ended.code)
        if ended.code:
            raise EngineFailedError(result)
        return result
