"""Finds out whether a deployed service works: asks it over HTTP until it answers rightly or time is up, or runs a command."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from deploy_driver import remedies
from deploy_driver.config.environment import of_session
from deploy_driver.errors import NotReadyError
from deploy_driver.ports import Clock, Wrong
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.values import CommandCheck, Stack

ANSWER_LIMIT = 64 * 1024
"""Bytes of an answer that are read; a health answer is far smaller."""

LAST_LINES = 20
"""Lines of a failed command that are shown, of its last `LAST_BYTES`."""

LAST_BYTES = 8 * 1024

GRACE = 5
"""Seconds that a command which is given up has to end itself."""

STOPPED = "stopped on request"


@dataclass(frozen=True)
class ServiceProber:
    """The Prober port. A new API needs some seconds to answer everywhere, so whatever is wrong is asked again.

    Commands run in the project's `root`, in the run's `environment` without the identity that is in it.
    """

    clock: Clock
    root: Path
    environment: Mapping[str, str]
    pause: float = 0.5

    def health(self, address: str, wrong: Wrong, timeout: int, stopped: Callable[[], bool]) -> None:
        """GET the address until nothing is `wrong`. Raises NotReadyError with the last answer after `timeout` seconds."""
        if not address.startswith(("https://", "http://")):
            raise NotReadyError(f"{address!r} is not an HTTP address")
        end = self.clock.now() + timeout
        while True:
            try:
                problem = wrong(*_ask(address))
                last = f"{address} does not answer as expected after {timeout} s: {problem}" if problem else ""
            except (OSError, ValueError) as error:
                last = f"{address} does not answer after {timeout} s: {error}"
            if not last:
                return
            if self.clock.now() >= end:
                raise NotReadyError(last)
            if stopped():
                raise NotReadyError(STOPPED)
            self.clock.sleep(self.pause)

    def command(
        self, check: CommandCheck, stack: Stack, outputs: Mapping[str, Any], stopped: Callable[[], bool]
    ) -> str:
        """Run the command; the last line that it wrote. Raises NotReadyError with the last ones when it fails, or takes too long."""
        with tempfile.TemporaryDirectory(prefix="deploy-smoke-") as folder, tempfile.TemporaryFile() as said:
            file = Path(folder) / "outputs.json"
            file.write_text(json.dumps(dict(outputs)), "utf-8")
            facts = {"DEPLOY_OUTPUTS": str(file), "DEPLOY_STACK": stack.name, "DEPLOY_ACCOUNT": stack.account}
            environment = {**of_session(self.environment, stack.region, {}), **facts}
            child = self._begun(check, environment, said)
            try:
                why = self._ended(child, self.clock.now() + stack.smoke_timeout, stopped)
            finally:
                _end(child)
            lines = _last_lines(said)
        if why:
            why = why if why == STOPPED else f"{shlex.join(check.arguments)}: {why}"
            raise NotReadyError(why, detail=lines)
        return one_line(lines[-1]) if lines else ""

    def _begun(self, check: CommandCheck, environment: Mapping[str, str], said: IO[bytes]) -> subprocess.Popen[bytes]:
        """The command, in a session of its own: with it ends whatever it has started."""
        name = check.arguments[0]
        here = name if os.sep not in name else str(self.root / name)
        executable = shutil.which(here, path=environment.get("PATH", os.defpath))
        if executable is None:
            raise NotReadyError(
                f"{name}: there is no such command on PATH, or in {self.root}",
                remedy=remedies.INSTALL_SMOKE_COMMAND,
            )
        try:
            return subprocess.Popen(
                [executable, *check.arguments[1:]],
                cwd=self.root,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise NotReadyError(f"{executable} cannot be run: {error.strerror}") from None

    def _ended(self, child: subprocess.Popen[bytes], end: float, stopped: Callable[[], bool]) -> str:
        """Why the command has not shown that the service works, once it has ended; empty when it has."""
        began = self.clock.now()
        while (code := child.poll()) is None:
            if stopped():
                return STOPPED
            if self.clock.now() >= end:
                return f"still running after {end - began:.0f} s (`smoke-timeout` in deploy.toml says how long it may)"
            self.clock.sleep(min(self.pause, 0.1))
        return "" if code == 0 else f"ended with exit code {code}" if code > 0 else f"ended by signal {-code}"


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the command and what it has started and left behind."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(GRACE)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _last_lines(said: IO[bytes]) -> list[str]:
    said.seek(max(said.seek(0, os.SEEK_END) - LAST_BYTES, 0))
    lines = readable(said.read().decode("utf-8", "replace")).splitlines()
    return [line.rstrip() for line in lines if line.strip()][-LAST_LINES:]


def _ask(address: str) -> tuple[int, Any]:
    """The HTTP status, after redirections, and the JSON of the answer; None where it is none."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 -- the scheme was checked
            return answer.status, _json(answer.read(ANSWER_LIMIT))
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _json(error.read(ANSWER_LIMIT))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
