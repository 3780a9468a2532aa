"""Which folder is the project's: the nearest one with a deploy.toml."""

from __future__ import annotations

from pathlib import Path

from deploy_driver.errors import UsageError

FILE = "deploy.toml"


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds deploy.toml. Raises UsageError."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise UsageError(
        f"no {FILE} here or in any folder above",
        where=str(start),
        remedy="run deploy inside a project, or name one with --project; `deploy init` writes a new one",
    )
