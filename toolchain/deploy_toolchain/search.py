"""What is looked for (an engine and a plugin), where, who is told about it, and trying one way after another until one leads to it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_cache_path

from deploy_project.remedy import Remedy
from deploy_toolchain import remedies

ENGINE_VERSION = "3.276.0"
"""The engine that is fetched or built; any engine from `OLDEST_ENGINE` on is used where it is found."""

OLDEST_ENGINE = (3, 206, 0)
"""The first whose events reach the Automation API directly; the next major version is not known to work."""

PLUGIN_VERSION = "7.51.1"
"""The AWS plugin that the pinned `pulumi-aws` package asks for."""

PLUGIN_FOLDER = f"resource-aws-v{PLUGIN_VERSION}"
PLUGIN_FILE = "pulumi-resource-aws"


@dataclass(frozen=True)
class FoundTool:
    """One executable: which, in which version, where, and how it was come by in a few words."""

    name: str
    version: str
    path: Path
    source: str


@dataclass(frozen=True)
class Toolchain:
    """All that is needed to run the program. `pulumi_home` is a PULUMI_HOME in which the engine finds this plugin."""

    engine: FoundTool
    plugin: FoundTool
    pulumi_home: Path


class ToolchainError(Exception):
    """A tool cannot be had. `tried` is one line per way that was tried, `remedy` what a person can do."""

    def __init__(self, what: str, tried: list[str], remedy: Remedy) -> None:
        super().__init__("\n".join([what, *(f"  tried {line}" for line in tried), remedy]))
        self.what = what
        self.tried = tuple(tried)
        self.remedy = remedy


VENDOR = "https://get.pulumi.com"
"""Where Pulumi's own installer downloads from."""

_THIS_MACHINE = ("127.0.0.1", "localhost")

Say = Callable[[str], None]


def to_stderr(message: str) -> None:
    """Progress goes where results do not."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201 -- this is what the command says while it works


def _user_home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _cache(said: str) -> Path:
    try:
        return Path(said or user_cache_path("deploy")).expanduser().resolve()
    except RuntimeError:
        raise ToolchainError(
            "This user has no home folder, so there is nowhere to keep the Pulumi engine and the AWS plugin.",
            ["HOME: not set, and the user's id stands in no passwd file", f"DEPLOY_CACHE: {said or 'not set'}"],
            remedies.NAME_CACHE,
        ) from None


@dataclass(frozen=True)
class Search:
    """The places in which tools are looked for, and how long to wait for a vendor's site (seconds).

    `user_home` is None for a user who has none: a build agent's, whose id stands in no passwd file.
    """

    cache: Path
    path: str = ""
    user_home: Path | None = None
    explicit_engine: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    vendor: str = VENDOR
    patience: float = 3.0
    say: Say = to_stderr

    @classmethod
    def of(cls, environment: Mapping[str, str], say: Say = to_stderr) -> Search:
        """From `DEPLOY_PULUMI` (an engine of one's own), `DEPLOY_CACHE` (a folder), `DEPLOY_VENDOR` (a mirror) and `PATH`.

        Raises ToolchainError where the mirror's address is none, and where there is nowhere to keep what was obtained.
        """
        return cls(
            cache=_cache(environment.get("DEPLOY_CACHE", "")),
            path=environment.get("PATH", ""),
            user_home=_user_home(),
            explicit_engine=environment.get("DEPLOY_PULUMI", ""),
            environment=environment,
            vendor=_mirror(environment.get("DEPLOY_VENDOR") or VENDOR),
            say=say,
        )


def vouched_for(address: str) -> bool:
    """Whether what comes from there is the vendor's or the mirror's own: the list of checksums comes from there too."""
    try:
        said = urlsplit(address)
    except ValueError:  # half an IPv6 address
        return False
    return said.scheme == "https" or (said.scheme == "http" and said.hostname in _THIS_MACHINE)


def _mirror(said: str) -> str:
    if vouched_for(said):
        return said.rstrip("/")
    raise ToolchainError(
        "The mirror cannot be used.",
        [f"DEPLOY_VENDOR: got {said!r}, expected https://… (http:// only on this machine)"],
        remedies.CORRECT_VENDOR,
    )


Way = Callable[[Search], FoundTool]


class ClosedError(Exception):
    """One way to a tool is closed; the message says which way and why."""


def first(search: Search, ways: Sequence[Way], *, what: str, remedy: Remedy) -> FoundTool:
    """The tool at the end of the first open way. Raises ToolchainError with every way that was tried."""
    tried: list[str] = []
    for way in ways:
        try:
            return way(search)
        except ClosedError as closed:
            tried.append(str(closed))
    raise ToolchainError(what, tried, remedy)
