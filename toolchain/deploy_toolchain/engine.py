"""Finds the Pulumi CLI, or obtains it: a setting, PATH, the cache, the vendor's archive, a build from its public Go modules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from deploy_toolchain import remedies
from deploy_toolchain.cache import CachedFile, fill, take
from deploy_toolchain.search import ENGINE_VERSION, OLDEST_ENGINE, ClosedError, FoundTool, Search, ToolchainError, first
from deploy_toolchain.vendor import fetch_engine

_ASK_SECONDS = 20
_OLDEST = ".".join(str(part) for part in OLDEST_ENGINE)
_WHAT = "The Pulumi CLI (`pulumi`) cannot be had."
OBTAIN_ENGINE = remedies.OBTAIN_ENGINE.of(oldest=_OLDEST)


def find_engine(search: Search) -> FoundTool:
    """The engine that is on this machine. Never touches the network. Raises ToolchainError."""
    return first(search, [_explicit, _on_path, _cached], what=_WHAT, remedy=OBTAIN_ENGINE)


def obtain_engine(search: Search) -> FoundTool:
    """The engine, fetched (seconds) or built (minutes, once) where there is none yet. Raises ToolchainError."""
    return first(search, [_explicit, _on_path, _cached, _fetched, _built], what=_WHAT, remedy=OBTAIN_ENGINE)


def _explicit(search: Search) -> FoundTool:
    """A setting is meant: when it cannot be followed, nothing else is tried."""
    if not search.explicit_engine:
        raise ClosedError("DEPLOY_PULUMI: not set")
    path = Path(os.path.expanduser(search.explicit_engine))  # noqa: PTH111 -- that of pathlib raises where there is no home
    try:
        return FoundTool("pulumi", _supported_version(path), path.resolve(), "DEPLOY_PULUMI")
    except ClosedError as closed:
        raise ToolchainError(_WHAT, [f"DEPLOY_PULUMI: {closed}"], remedies.CORRECT_PULUMI) from None


def _on_path(search: Search) -> FoundTool:
    found = shutil.which("pulumi", path=search.path)
    if found is None:
        raise ClosedError("PATH: no `pulumi` there")
    try:
        return FoundTool("pulumi", _supported_version(Path(found)), Path(found).resolve(), "PATH")
    except ClosedError as closed:
        raise ClosedError(f"PATH: {closed}") from None


def _cached(search: Search) -> FoundTool:
    return FoundTool("pulumi", ENGINE_VERSION, take(_place(search)), "cache")


def _fetched(search: Search) -> FoundTool:
    return FoundTool("pulumi", ENGINE_VERSION, fill(search, _place(search), fetch_engine), "fetched from the vendor")


def _built(search: Search) -> FoundTool:
    return FoundTool("pulumi", ENGINE_VERSION, fill(search, _place(search), build_engine), "built from its Go modules")


def _place(search: Search) -> CachedFile:
    return CachedFile(
        "The Pulumi engine", search.cache / "engine" / ENGINE_VERSION / "pulumi", remedies.OBTAIN_ENGINE_AGAIN
    )


def _supported_version(path: Path) -> str:
    try:
        asked = subprocess.run(
            [path, "version"],
            capture_output=True,
            text=True,
            timeout=_ASK_SECONDS,
            check=True,
            env={"PULUMI_SKIP_UPDATE_CHECK": "true", "PATH": "/usr/bin:/bin"},
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ClosedError(f"{path} does not say its version: {error}") from None
    version = asked.stdout.strip().removeprefix("v")
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if not numbers:
        raise ClosedError(f"{path} says {version!r} when asked for its version")
    parts = tuple(int(part) for part in numbers.groups())
    if not OLDEST_ENGINE <= parts < (OLDEST_ENGINE[0] + 1, 0, 0):
        raise ClosedError(f"{path} is {version}; needed is {_OLDEST} or newer, below {OLDEST_ENGINE[0] + 1}")
    return version


_MODULE = Path(__file__).parent / "go_module"
_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_FLAG = f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{ENGINE_VERSION}"
_OLDEST_GO = (1, 26, 6)
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
