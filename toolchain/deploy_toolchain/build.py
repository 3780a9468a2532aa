"""Builds the Pulumi CLI from its public Go modules, where nothing but a module mirror can be reached."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from deploy_toolchain.search import Search
from deploy_toolchain.tool import ENGINE_VERSION
from deploy_toolchain.ways import ClosedError

_MODULE = Path(__file__).parent / "go_module"
_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_FLAG = f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{ENGINE_VERSION}"
_OLDEST_GO = (1, 25, 11)
_GIGABYTES = 5
"""Modules, build cache and the binary together take about 4 GB."""

_HEARTBEAT = 15.0
_LAST_LINES = 5


def build_engine(search: Search, target: Path) -> None:
    """Build to `target`, in minutes, saying every 15 seconds that it still goes on. Raises ClosedError."""
    go = _go(search)
    _check_space(target)
    search.say(
        f"Building the Pulumi engine {ENGINE_VERSION} from its Go modules: 5 to 13 minutes on two cores, once. "
        f"The result stays in {target.parent}."
    )
    flags = ["-trimpath", "-ldflags", f"-s -w {_VERSION_FLAG}"]
    code, said = _run(search, [go, "build", *flags, "-o", str(target), _COMMAND])
    if code:
        last = " | ".join(said.strip().splitlines()[-_LAST_LINES:])
        raise ClosedError(f"build: `go build` ended with code {code}: {last}")


def _go(search: Search) -> str:
    go = shutil.which("go", path=search.path)
    if go is None:
        raise ClosedError("build: there is no `go` on PATH")
    asked = subprocess.run(
        [go, "env", "GOVERSION"], capture_output=True, text=True, check=False, env=_environment(search), cwd="/"
    )
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", asked.stdout.strip())
    version = tuple(int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    if version < _OLDEST_GO:
        needed = ".".join(str(part) for part in _OLDEST_GO)
        raise ClosedError(
            f"build: {go} is {asked.stdout.strip() or 'of unknown version'}; needed is go{needed} or newer"
        )
    return go


def _check_space(target: Path) -> None:
    free = shutil.disk_usage(target.parent).free / 1e9
    if free < _GIGABYTES:
        raise ClosedError(f"build: {free:.1f} GB free at {target.parent}; a build needs {_GIGABYTES} GB")


def _environment(search: Search) -> dict[str, str]:
    """The user's own (module mirror, caches, proxies), with the toolchain that is installed and no C compiler."""
    return {**search.environment, "PATH": search.path, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def _run(search: Search, command: list[str]) -> tuple[int, str]:
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(
            command, cwd=_MODULE, env=_environment(search), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            while True:
                try:
                    code = process.wait(timeout=_HEARTBEAT)
                    break
                except subprocess.TimeoutExpired:
                    search.say(f"  still building the Pulumi engine ({_elapsed(began)})")
        except BaseException:
            process.terminate()
            process.wait()
            raise
        said.seek(0)
        return code, said.read()


def _elapsed(began: float) -> str:
    minutes, seconds = divmod(int(time.monotonic() - began), 60)
    return f"{minutes}:{seconds:02d}"
