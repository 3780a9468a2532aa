"""Finds the Pulumi CLI, or obtains it: a setting, PATH, the cache, the vendor's archive, a build from source."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sandbox.toolchain.build import build_engine
from sandbox.toolchain.search import Search
from sandbox.toolchain.tool import ENGINE_VERSION, OLDEST_ENGINE, Tool, ToolchainError
from sandbox.toolchain.vendor import fetch_engine
from sandbox.toolchain.ways import ClosedError, first

Make = Callable[[Search, Path], None]
"""Makes the engine at a path, or raises ClosedError."""

_ASK_SECONDS = 20
_OLDEST = ".".join(str(part) for part in OLDEST_ENGINE)
_WHAT = "The Pulumi CLI (`pulumi`) cannot be had."
_REMEDY = (
    f"Install Pulumi {_OLDEST} or newer (below 4) and put it on PATH, or name it in DEPLOY_PULUMI; "
    "or install Go 1.25.11 or newer and run `make setup`, which builds it."
)


def find_engine(search: Search) -> Tool:
    """The engine that is on this machine. Never touches the network. Raises ToolchainError."""
    return first(search, [_explicit, _on_path, _cached], what=_WHAT, remedy=_REMEDY)


def obtain_engine(search: Search) -> Tool:
    """The engine, fetched (seconds) or built (minutes, once) where there is none yet. Raises ToolchainError."""
    return first(search, [_explicit, _on_path, _cached, _fetched, _built], what=_WHAT, remedy=_REMEDY)


def _explicit(search: Search) -> Tool:
    """A setting is meant: when it cannot be followed, nothing else is tried."""
    if not search.explicit_engine:
        raise ClosedError("DEPLOY_PULUMI: not set")
    path = Path(search.explicit_engine).expanduser()
    try:
        return Tool("pulumi", _supported_version(path), path.resolve(), "DEPLOY_PULUMI")
    except ClosedError as closed:
        raise ToolchainError(_WHAT, [f"DEPLOY_PULUMI: {closed}"], "Correct DEPLOY_PULUMI, or unset it.") from None


def _on_path(search: Search) -> Tool:
    found = shutil.which("pulumi", path=search.path)
    if found is None:
        raise ClosedError("PATH: no `pulumi` there")
    try:
        return Tool("pulumi", _supported_version(Path(found)), Path(found).resolve(), "PATH")
    except ClosedError as closed:
        raise ClosedError(f"PATH: {closed}") from None


def _cached(search: Search) -> Tool:
    path = _cache_path(search)
    if not path.is_file():
        raise ClosedError(f"cache: there is no {path}")
    return Tool("pulumi", ENGINE_VERSION, path, "cache")


def _fetched(search: Search) -> Tool:
    return _into_cache(search, fetch_engine, "fetched from the vendor")


def _built(search: Search) -> Tool:
    return _into_cache(search, build_engine, "built from its Go modules")


def _into_cache(search: Search, make: Make, source: str) -> Tool:
    """Make the engine beside its place in the cache and move it there in one step; one at a time on this machine."""
    path = _cache_path(search)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.parent.with_name(f"{ENGINE_VERSION}.lock"))
    with _alone(lock, search):
        if not path.is_file():
            unfinished = path.with_suffix(".unfinished")
            make(search, unfinished)
            unfinished.chmod(0o755)
            unfinished.replace(path)
    return Tool("pulumi", ENGINE_VERSION, path, source)


@contextmanager
def _alone(lock: FileLock, search: Search) -> Iterator[None]:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        search.say("Another process is getting the Pulumi engine ready; waiting for it.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _cache_path(search: Search) -> Path:
    return search.cache / "engine" / ENGINE_VERSION / "pulumi"


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
