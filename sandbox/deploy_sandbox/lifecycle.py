"""Starts, finds, stops and empties a sandbox: one process per home folder, on free loopback ports.

HOME holds `sandbox.json` (written when the sandbox may be used), `accounts.json` (ids by name), `server.log`, `ports.json`,
`alive.lock` (held by the process for as long as it lives), `tmp/` (gone when it has stopped) and `state/`. The state survives `down`
and `up`; of a process that was killed, its last snapshot survives; `reset` throws it away.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from deploy_sandbox.accounts import ACCOUNTS, REGION, Sandbox, SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

START_SECONDS = 60.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.02


def _silent(_line: str) -> None:
    """Say nothing."""


def up(
    home: Path,
    *,
    port: int | None = None,
    accounts: Mapping[str, str] | None = None,
    powers: bool = False,
    say: Callable[[str], None] = _silent,
) -> Sandbox:
    """Start the sandbox of that home, or find it running; returns when it answers.

    `accounts` are ids by name, `tools` among them; without them it has those that it had, else the four of `ACCOUNTS`. A running
    sandbox with other accounts is started again with its state. Raises SandboxError when it does not start, or runs already in a
    way that contradicts `port` or `powers`.
    """
    home = _real(home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(home / "up.lock", timeout=START_SECONDS):
        running = status(home)
        if running is not None:
            _check_same(running, port=port, powers=powers)
            if accounts is None or accounts == running.accounts:
                return running
            say(_other_accounts(running.accounts, accounts))
            powers = powers or _facts(home)["powers"]
            down(home)
        if (home / "sandbox.json").exists():
            say(_after_a_kill(home))
        known = accounts or _known(home)
        (home / "accounts.json").write_text(json.dumps(dict(known)), encoding="utf-8")
        say(f"Starting the sandbox: {len(set(known.values()))} AWS accounts on this machine (a few seconds).")
        return _start(home, port, powers=powers)


def status(home: Path) -> Sandbox | None:
    """The sandbox of that home, when it runs and may be used."""
    home = _real(home)
    if not _alive(home):
        return None
    try:
        facts = _facts(home)
    except (OSError, ValueError):
        return None
    return Sandbox(
        home=home,
        pid=int(facts["pid"]),
        endpoint=f"http://127.0.0.1:{facts['port']}",
        region=REGION,
        accounts=facts.get("accounts", ACCOUNTS),  # of a process of an earlier version, which had these
        instances={name: f"http://127.0.0.1:{port}" for name, port in facts["metadata_ports"].items()},
    )


def _facts(home: Path) -> Any:
    return json.loads((home / "sandbox.json").read_text(encoding="utf-8"))


def down(home: Path) -> bool:
    """Stop the sandbox of that home and keep its state; False when it was not running.

    Raises SandboxError when it does not stop.
    """
    running = status(home)
    if running is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _alive(running.home):
        if time.monotonic() > deadline:
            raise SandboxError(
                f"The sandbox (process {running.pid}) did not stop within {STOP_SECONDS:.0f} s; "
                f"see {running.home / 'server.log'}."
            )
        time.sleep(_POLL_SECONDS)
    _reap(running.pid)
    return True


def reset(home: Path) -> Sandbox:
    """Throw the state of that home away and start it again on the same ports."""
    powers = (home / "powers-token").exists() and status(home) is not None
    down(home)
    shutil.rmtree(home / "state", ignore_errors=True)
    return up(home, powers=powers)


def _start(home: Path, port: int | None, *, powers: bool) -> Sandbox:
    (home / "sandbox.json").unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", "deploy_sandbox.cloud", "--home", str(home)]
    command += ["--port", str(port)] if port is not None else []
    command += ["--powers"] if powers else []
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=home, env={}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        started = status(home)
        if started is not None:
            return started
        if process.poll() is not None:
            raise SandboxError(f"The sandbox did not start. The end of {home / 'server.log'}:\n{_tail(home)}")
        time.sleep(_POLL_SECONDS)
    process.kill()
    process.wait()
    raise SandboxError(
        f"The sandbox did not answer within {START_SECONDS:.0f} s. The end of {home / 'server.log'}:\n{_tail(home)}"
    )


def _known(home: Path) -> Mapping[str, str]:
    """The accounts that the sandbox of that home had when it was last started."""
    with suppress(OSError, ValueError):
        return dict(json.loads((home / "accounts.json").read_text(encoding="utf-8")))
    return ACCOUNTS


def _other_accounts(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Why a running sandbox is started again."""
    changed = [f"{name} ({account})" for name, account in new.items() if old.get(name) != account]
    gone = [f"without {name}" for name in old if name not in new]
    return f"The sandbox gets other accounts: {', '.join([*changed, *gone])}. It starts again; what is in the others is kept."


def _after_a_kill(home: Path) -> str:
    """What a process that could not tidy up has left: its last snapshot, or nothing."""
    ended = "The sandbox ended without being stopped."
    try:
        taken = (home / "state" / "services").stat().st_mtime
    except FileNotFoundError:
        return f"{ended} It had not saved anything yet: every account starts empty."
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(taken))
    return f"{ended} Its accounts are as they were at {moment}; what changed after that is lost."


def _check_same(running: Sandbox, *, port: int | None, powers: bool) -> None:
    if port is not None and running.endpoint != f"http://127.0.0.1:{port}":
        raise SandboxError(
            f"The sandbox of {running.home} already runs at {running.endpoint}: "
            f"stop it first to move it to port {port}."
        )
    if powers and not (running.home / "powers-token").exists():
        raise SandboxError(f"The sandbox of {running.home} already runs without test powers: stop it first.")


def _real(home: Path) -> Path:
    return Path(os.path.realpath(home))  # of a link that leads to itself, resolve makes an error


def _alive(home: Path) -> bool:
    """Whether a cloud process holds this home: its lock is free as soon as the process is gone, however it went."""
    try:
        with (home / "alive.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is none, or no folder for one
        return False
    return False


def _reap(pid: int) -> None:
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _tail(home: Path) -> str:
    return "\n".join((home / "server.log").read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
