"""The real AWS plugin for tests: built once per machine from what lies beside the project, where the provider's binary is there.

python -m tests.real_plugin [--if-possible]   builds it and prints its PULUMI_HOME; exit 3 where it cannot be had (0 with --if-possible)
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from filelock import FileLock

from deploy_toolchain import Search
from deploy_toolchain.search import PLUGIN_FILE, PLUGIN_FOLDER, to_stderr
from tests.beside import SHARED

SOURCE = SHARED / "real-plugin"
ASKED_BY = ("TF_AWS_PROVIDER", "TF_PLUGIN_MIRROR")
"""The variables by which a machine says where the provider's binary is."""

ABSENT = 3
"""The exit code of `build.sh` on a machine that has no provider's binary."""

_HEARTBEAT = 15.0


class AbsentError(Exception):
    """The real plugin cannot be built on this machine; the message is one line that says why."""


def real_plugin() -> Path:
    """A folder that serves as PULUMI_HOME with the real plugin in it. Minutes the first time on a machine, then a moment.

    Raises AbsentError where the provider's binary or what it is built with is not here, CalledProcessError where the build fails.
    """
    found = _looked_for()
    if isinstance(found, AbsentError):
        raise found
    return found


@cache
def _looked_for() -> Path | AbsentError:
    """Once per process: on a machine without a provider, looking for one takes seconds."""
    try:
        return _obtained()
    except AbsentError as absent:
        return absent


def _obtained() -> Path:
    if not SOURCE.is_dir():
        raise AbsentError(f"the real AWS plugin is left out: {SOURCE} is not here")
    if shutil.which("go") is None:
        raise AbsentError("the real AWS plugin is left out: there is no `go` on PATH to build it with")
    home = Search.of(os.environ).cache / "real-plugin" / _digest()
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home.with_suffix(".lock")):
        if not _usable(home):
            _build(home)
    return home


def environment(home: Path, scratch: Path) -> Mapping[str, str]:
    """What makes `deploy` use it. Its archives and logs go to `scratch`, a folder of the story's own: two stories name functions alike."""
    return {"DEPLOY_PLUGIN": "real", "PULUMI_HOME": str(home), "TMPDIR": str(scratch)}


def _digest() -> str:
    """Of everything that the build starts from."""
    whole = hashlib.sha256(repr([os.environ.get(name) for name in ASKED_BY]).encode())
    for file in sorted(path for path in SOURCE.iterdir() if path.is_file()):
        whole.update(file.name.encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()[:12]


def _usable(home: Path) -> bool:
    """Whether it was built to its end, and the provider's binary that it starts is still where it was."""
    provider = home / "provider"
    return provider.is_file() and Path(provider.read_text("utf-8")).is_file()


def _build(home: Path) -> None:
    began, log = time.monotonic(), home / "build.log"
    with log.open("wb") as said:
        process = subprocess.Popen(["bash", str(SOURCE / "build.sh"), str(home)], stdout=said, stderr=said)
        while True:
            try:
                code = process.wait(_HEARTBEAT)
                break
            except subprocess.TimeoutExpired:
                to_stderr(
                    f"Building the real AWS plugin for the tests, once per machine ({time.monotonic() - began:.0f} s)"
                )
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    if code == ABSENT:
        raise AbsentError(f"the real AWS plugin is left out: {lines[-1].removeprefix('real plugin: ')}")
    if code:
        raise subprocess.CalledProcessError(code, "build.sh", "\n".join(lines[-15:]))
    launcher = home / "plugins" / PLUGIN_FOLDER / PLUGIN_FILE
    script = launcher.read_text("utf-8")
    launcher.write_text(
        re.sub(r"REAL_PLUGIN_HOME=\S+", 'REAL_PLUGIN_HOME="${TMPDIR:-/tmp}/real-plugin"', script), "utf-8"
    )
    (home / "provider").write_text(re.findall(r"REAL_PLUGIN_PROVIDER=(\S+)", script)[0], "utf-8")


def main() -> int:
    """Build it, say where it is or why it cannot be had."""
    try:
        sys.stdout.write(f"{real_plugin()}\n")
    except AbsentError as absent:
        if "--if-possible" in sys.argv[1:]:
            return 0  # the tests that need it are skipped, and pytest says for this reason
        to_stderr(str(absent))
        return ABSENT
    return 0


if __name__ == "__main__":
    sys.exit(main())
