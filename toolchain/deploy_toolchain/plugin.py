"""Finds the AWS plugin, or obtains it: the offline stand-in, or the real one: installed, in the cache, the vendor's."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deploy_toolchain import remedies
from deploy_toolchain.cache import CachedFile, fill, take
from deploy_toolchain.search import (
    PLUGIN_FILE,
    PLUGIN_FOLDER,
    PLUGIN_VERSION,
    ClosedError,
    FoundTool,
    Search,
    Toolchain,
    ToolchainError,
    first,
)
from deploy_toolchain.vendor import fetch_plugin

WriteStandIn = Callable[[Path, Path], Path]
"""Writes a launcher that runs the stand-in with a Python into a plugins folder; returns the launcher."""

STAND_IN = "stand-in (offline)"

_ASK_SECONDS = 20
_WHAT = f"The real AWS plugin ({PLUGIN_FILE} {PLUGIN_VERSION}) cannot be had."
_REMEDY = remedies.OBTAIN_PLUGIN.of(folder=PLUGIN_FOLDER)


def find_plugin(search: Search, stand_in: WriteStandIn | None) -> FoundTool:
    """The plugin that is on this machine. None for `stand_in` asks for the real one. Never touches the network. Raises ToolchainError."""
    if stand_in:
        return _stand_in(search, stand_in)
    return first(search, [_installed, _cached], what=_WHAT, remedy=_REMEDY)


def obtain_plugin(search: Search, stand_in: WriteStandIn | None) -> FoundTool:
    """The plugin, fetched from its vendor where the real one is wanted and not there. Raises ToolchainError."""
    if stand_in:
        return _stand_in(search, stand_in)
    return first(search, [_installed, _cached, _fetched], what=_WHAT, remedy=_REMEDY)


def home_of(search: Search, plugin: FoundTool) -> Path:
    """A PULUMI_HOME of ours in which the engine finds exactly this plugin; the user's own is left alone.

    The folder is real and the file in it is a link: the engine passes over a folder that is itself a link
    (sdk/go/common/workspace/plugins.go, `tryPlugin`).
    """
    if plugin.source == STAND_IN:
        return plugin.path.parents[2]
    home = _home(search, plugin.path)
    link = home / "plugins" / PLUGIN_FOLDER / PLUGIN_FILE
    if link.parent.is_symlink():
        link.parent.unlink()
    link.parent.mkdir(parents=True, exist_ok=True)
    if not (link.is_symlink() and link.readlink() == plugin.path):
        draft = link.with_name(f".{PLUGIN_FILE}.{os.getpid()}")
        draft.symlink_to(plugin.path)
        draft.replace(link)
    return home


def ask_engine(found: Toolchain) -> None:
    """Let the engine say that it finds the plugin: nobody else decides that. Raises ToolchainError where it does not."""
    command = [str(found.engine.path), "plugin", "ls", "--json"]
    environment = {"PATH": os.defpath, "PULUMI_HOME": str(found.pulumi_home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        asked = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_ASK_SECONDS, check=True
        )
        listed = {(each["kind"], each["name"], each["version"]) for each in json.loads(asked.stdout)}
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError) as error:
        raise ToolchainError(
            "The engine does not say which plugins it finds.",
            [f"{' '.join(command)}: {error}"],
            remedies.OTHER_ENGINE,
        ) from None
    if ("resource", "aws", PLUGIN_VERSION) not in listed:
        raise ToolchainError(
            f"The engine does not find the AWS plugin {PLUGIN_VERSION}, though it is there.",
            [f"PULUMI_HOME={found.pulumi_home} {' '.join(command)}: it lists {sorted(listed) or 'nothing'}"],
            remedies.REMOVE_HOME.of(home=found.pulumi_home),
        )


def _installed(search: Search) -> FoundTool:
    said = search.environment.get("PULUMI_HOME") or (search.user_home and search.user_home / ".pulumi")
    if not said:
        raise ClosedError("installed: PULUMI_HOME is not set, and this user has no home folder")
    home = Path(said)
    path = home / "plugins" / PLUGIN_FOLDER / PLUGIN_FILE
    if not path.is_file():
        raise ClosedError(f"installed: there is no {path}")
    return FoundTool(PLUGIN_FILE, PLUGIN_VERSION, path, "installed")


def _cached(search: Search) -> FoundTool:
    return FoundTool(PLUGIN_FILE, PLUGIN_VERSION, take(_place(search)), "cache")


def _fetched(search: Search) -> FoundTool:
    return FoundTool(PLUGIN_FILE, PLUGIN_VERSION, fill(search, _place(search), fetch_plugin), "fetched from the vendor")


def _stand_in(search: Search, write: WriteStandIn) -> FoundTool:
    python = Path(sys.executable)
    launcher = write(_home(search, python) / "plugins", python)
    return FoundTool(PLUGIN_FILE, PLUGIN_VERSION, launcher, STAND_IN)


def _place(search: Search) -> CachedFile:
    return CachedFile(
        "The AWS plugin", search.cache / "plugin" / PLUGIN_VERSION / PLUGIN_FILE, remedies.OBTAIN_PLUGIN_AGAIN
    )


def _home(search: Search, owner: Path) -> Path:
    """One home per plugin, or per Python that runs the stand-in: two clones side by side do not meet."""
    return search.cache / "home" / hashlib.sha256(str(owner.absolute()).encode()).hexdigest()[:12]
