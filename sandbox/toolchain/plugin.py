"""Finds the AWS plugin, or obtains it: the installed one, the cache, the vendor's, or the offline stand-in."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sandbox.toolchain.search import Search
from sandbox.toolchain.tool import PLUGIN_FILE, PLUGIN_FOLDER, PLUGIN_VERSION, Tool
from sandbox.toolchain.vendor import answers
from sandbox.toolchain.ways import ClosedError, Way, first

WriteStandIn = Callable[[Path, Path], Path]
"""Writes a launcher that runs the stand-in with a Python into a plugins folder; returns the launcher."""

STAND_IN = "stand-in (offline)"

_FETCH_SECONDS = 900
_WHAT = f"The AWS plugin ({PLUGIN_FILE} {PLUGIN_VERSION}) cannot be had."
_REMEDY = (
    f"Run `pulumi plugin install resource aws v{PLUGIN_VERSION}` where the network allows it, "
    f"or copy {PLUGIN_FOLDER} into ~/.pulumi/plugins."
)


def find_plugin(search: Search, *, allow_stand_in: bool, write_stand_in: WriteStandIn) -> Tool:
    """The plugin that is on this machine. Never touches the network. Raises ToolchainError."""
    ways = [_installed, _cached, _stand_in(write_stand_in, allowed=allow_stand_in)]
    return first(search, ways, what=_WHAT, remedy=_REMEDY)


def obtain_plugin(search: Search, engine: Tool, *, allow_stand_in: bool, write_stand_in: WriteStandIn) -> Tool:
    """The plugin, fetched by `engine` where there is none yet. Raises ToolchainError."""
    ways = [_installed, _cached, _fetched(engine), _stand_in(write_stand_in, allowed=allow_stand_in)]
    return first(search, ways, what=_WHAT, remedy=_REMEDY)


def home_of(search: Search, plugin: Tool) -> Path:
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
    if not link.is_symlink() and not link.exists():
        link.symlink_to(plugin.path)
    return home


def _installed(search: Search) -> Tool:
    home = search.environment.get("PULUMI_HOME") or search.user_home / ".pulumi"
    return _real(Path(home), "installed")


def _cached(search: Search) -> Tool:
    return _real(_fetched_home(search), "cache")


def _real(home: Path, source: str) -> Tool:
    path = home / "plugins" / PLUGIN_FOLDER / PLUGIN_FILE
    if not path.is_file():
        raise ClosedError(f"{source}: there is no {path}")
    return Tool(PLUGIN_FILE, PLUGIN_VERSION, path, source)


def _fetched(engine: Tool) -> Way:
    def fetch(search: Search) -> Tool:
        url = f"{search.vendor}/releases/plugins/{archive_name()}"
        if not answers(search, url):
            raise ClosedError(f"vendor: {search.vendor} did not answer within {search.patience:g} seconds")
        search.say(f"Fetching the AWS plugin {PLUGIN_VERSION} from its vendor (about 200 MB; a minute or more) …")
        command = [str(engine.path), "plugin", "install", "resource", "aws", f"v{PLUGIN_VERSION}"]
        environment = {**search.environment, "PULUMI_HOME": str(_fetched_home(search))}
        try:
            subprocess.run(command, env=environment, timeout=_FETCH_SECONDS, check=True, capture_output=True, text=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise ClosedError(f"vendor: {' '.join(command)}: {error}") from None
        return _real(_fetched_home(search), "fetched from the vendor")

    return fetch


def _stand_in(write: WriteStandIn, *, allowed: bool) -> Way:
    def write_launcher(search: Search) -> Tool:
        if not allowed:
            raise ClosedError("stand-in: it never works on real AWS")
        python = Path(sys.executable)
        launcher = write(_home(search, python) / "plugins", python)
        return Tool(PLUGIN_FILE, PLUGIN_VERSION, launcher, STAND_IN)

    return write_launcher


def _home(search: Search, owner: Path) -> Path:
    """One home per plugin, or per Python that runs the stand-in: two clones side by side do not meet."""
    return search.cache / "home" / hashlib.sha256(str(owner.absolute()).encode()).hexdigest()[:12]


def _fetched_home(search: Search) -> Path:
    return search.cache / "fetched"


def archive_name() -> str:
    """The archive for this machine, in the vendor's words."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
    return f"{PLUGIN_FILE}-v{PLUGIN_VERSION}-{platform.system().lower()}-{machine}.tar.gz"
