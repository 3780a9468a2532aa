"""Runs somebody else's command in a computed environment."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy_driver import remedies
from deploy_driver.errors import UsageError


def run_command(command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None) -> int:
    """Run the command in the foreground with exactly that environment, in that folder or here; its exit code, as shells count it.

    An interrupt at the terminal reaches the command itself; SIGTERM is passed on. Raises UsageError when there is no such command.
    """
    executable = shutil.which(command[0], path=environment.get("PATH", os.defpath))
    if executable is None:
        raise UsageError(f"there is no command {command[0]!r} on PATH", remedy=remedies.NAME_COMMAND)
    try:
        child = subprocess.Popen([executable, *command[1:]], env=dict(environment), cwd=folder)
    except OSError as error:
        raise UsageError(
            f"{executable} cannot be run: {error.strerror}", remedy=remedies.PROGRAM_FOR_THIS_MACHINE
        ) from None
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: child.terminate()),
    }
    try:
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code
