"""Starts one cloud process: `python -m deploy_sandbox.cloud --home FOLDER [--port PORT] [--powers]`.

Its accounts are in HOME/accounts.json. It holds HOME/alive.lock for as long as it lives, so that a stale pid is never mistaken for a
running sandbox, and listens on its ports before anything slow happens, so that two sandboxes never race for one. What is only of use
while it runs, functions' code unpacked, lies in HOME/tmp and goes with it.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

from deploy_sandbox.accounts import SandboxError
from deploy_sandbox.cloud import ports
from deploy_sandbox.cloud.configuration import CloudConfig

_LOCK_SECONDS = 5.0
_PATH = "/usr/local/bin:/usr/bin:/bin"


def main() -> int:
    """Serve until told to stop; 0 when stopped, 1 with one line on stderr when it could not start."""
    parser = argparse.ArgumentParser(prog="python -m deploy_sandbox.cloud")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--powers", action="store_true")
    wanted = parser.parse_args()
    home = wanted.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / "alive.lock", timeout=_LOCK_SECONDS):
            _run(home, wanted.port, _powers_token(home) if wanted.powers else None)
    except Timeout:
        sys.stderr.write(f"Another sandbox process already uses {home}: stop it first.\n")
        return 1
    except SandboxError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(home: Path, port: int | None, powers_token: str | None) -> None:
    gateway, instances = ports.listen(home, port)
    config = CloudConfig(
        home=home,
        port=gateway.getsockname()[1],
        accounts=json.loads((home / "accounts.json").read_text(encoding="utf-8")),
        metadata_ports={name: listening.getsockname()[1] for name, listening in instances.items()},
        powers_token=powers_token,
    )
    work = home / "tmp"
    shutil.rmtree(work, ignore_errors=True)  # of a process that was killed
    work.mkdir(mode=0o700)
    os.environ.clear()
    os.environ.update({"PATH": _PATH, "HOME": str(home), "TMPDIR": str(work), **config.emulator_environment()})
    tempfile.tempdir = None
    from deploy_sandbox.cloud.server import serve

    try:
        serve(config, [gateway, *instances.values()])
    finally:
        shutil.rmtree(work, ignore_errors=True)
        (home / "sandbox.json").unlink(missing_ok=True)


def _powers_token(home: Path) -> str:
    token = secrets.token_hex(16)
    path = home / "powers-token"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(token)
    return token


if __name__ == "__main__":
    sys.exit(main())
