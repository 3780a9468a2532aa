"""Where tools are looked for and who is told about it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_cache_path

from deploy_toolchain.tool import ToolchainError

VENDOR = "https://get.pulumi.com"
"""Where Pulumi's own installer downloads from."""

_THIS_MACHINE = ("127.0.0.1", "localhost")

Say = Callable[[str], None]


def to_stderr(message: str) -> None:
    """Progress goes where results do not."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201 -- this is what the command says while it works


@dataclass(frozen=True)
class Search:
    """The places in which tools are looked for, and how long to wait for a vendor's site (seconds)."""

    cache: Path
    path: str = ""
    user_home: Path = field(default_factory=Path.home)
    explicit_engine: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    vendor: str = VENDOR
    patience: float = 3.0
    say: Say = to_stderr

    @classmethod
    def of(cls, environment: Mapping[str, str], say: Say = to_stderr) -> Search:
        """From `DEPLOY_PULUMI` (an engine of one's own), `DEPLOY_CACHE` (a folder), `DEPLOY_VENDOR` (a mirror) and `PATH`.

        Raises ToolchainError where the mirror's address is none.
        """
        return cls(
            cache=Path(environment.get("DEPLOY_CACHE") or user_cache_path("deploy")).expanduser().resolve(),
            path=environment.get("PATH", ""),
            explicit_engine=environment.get("DEPLOY_PULUMI", ""),
            environment=environment,
            vendor=_mirror(environment.get("DEPLOY_VENDOR") or VENDOR),
            say=say,
        )


def vouched_for(address: str) -> bool:
    """Whether what comes from there is the vendor's or the mirror's own: the list of checksums comes from there too."""
    said = urlsplit(address)
    return said.scheme == "https" or (said.scheme == "http" and said.hostname in _THIS_MACHINE)


def _mirror(said: str) -> str:
    if vouched_for(said):
        return said.rstrip("/")
    raise ToolchainError(
        "The mirror cannot be used.",
        [f"DEPLOY_VENDOR: got {said!r}, expected https://… (http:// only on this machine)"],
        "correct DEPLOY_VENDOR, or unset it",
    )
