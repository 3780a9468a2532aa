"""Finds the Pulumi CLI, or obtains it: a setting, PATH, the cache, the vendor's archive, a build from source."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from deploy_toolchain.build import build_engine
from deploy_toolchain.cache import Place, fill, take
from deploy_toolchain.search import Search
from deploy_toolchain.tool import ENGINE_VERSION, OLDEST_ENGINE, Tool, ToolchainError
from deploy_toolchain.vendor import fetch_engine
from deploy_toolchain.ways import ClosedError, first

_ASK_SECONDS = 20
_OLDEST = ".".join(str(part) for part in OLDEST_ENGINE)
_WHAT = "The Pulumi CLI (`pulumi`) cannot be had."
_REMEDY = (
    "run `deploy setup`, which fetches it from its vendor or from the mirror that DEPLOY_VENDOR names, "
    "or builds it where Go 1.25.11 or newer is installed; "
    f"or install Pulumi {_OLDEST} or newer (below 4) and put it on PATH, or name it in DEPLOY_PULUMI"
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
        raise ToolchainError(_WHAT, [f"DEPLOY_PULUMI: {closed}"], "correct DEPLOY_PULUMI, or unset it.") from None


def _on_path(search: Search) -> Tool:
    found = shutil.which("pulumi", path=search.path)
    if found is None:
        raise ClosedError("PATH: no `pulumi` there")
    try:
        return Tool("pulumi", _supported_version(Path(found)), Path(found).resolve(), "PATH")
    except ClosedError as closed:
        raise ClosedError(f"PATH: {closed}") from None


def _cached(search: Search) -> Tool:
    return Tool("pulumi", ENGINE_VERSION, take(_place(search)), "cache")


def _fetched(search: Search) -> Tool:
    return Tool("pulumi", ENGINE_VERSION, fill(search, _place(search), fetch_engine), "fetched from the vendor")


def _built(search: Search) -> Tool:
    return Tool("pulumi", ENGINE_VERSION, fill(search, _place(search), build_engine), "built from its Go modules")


def _place(search: Search) -> Place:
    return Place("The Pulumi engine", search.cache / "engine" / ENGINE_VERSION / "pulumi", "deploy setup")


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
