"""Where tools are looked for and who is told about it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_cache_path

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
    vendor: str = "https://get.pulumi.com"
    patience: float = 3.0
    say: Say = to_stderr

    @classmethod
    def of(cls, environment: Mapping[str, str], say: Say = to_stderr) -> Search:
        """From `DEPLOY_PULUMI` (an engine of one's own), `DEPLOY_CACHE` (a folder) and `PATH`."""
        return cls(
            cache=Path(environment.get("DEPLOY_CACHE") or user_cache_path("deploy")).expanduser().resolve(),
            path=environment.get("PATH", ""),
            explicit_engine=environment.get("DEPLOY_PULUMI", ""),
            environment=environment,
            say=say,
        )
