"""Which folder is the project's: the nearest one with a deploy.toml."""

from __future__ import annotations

from pathlib import Path

from deploy_driver import remedies
from deploy_driver.errors import UsageError
from deploy_project.source_lines import INSTALLED

FILE = "deploy.toml"

RUNNING = Path(__file__).resolve().parents[1]
"""The package that runs."""


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds deploy.toml. Raises UsageError."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise UsageError(
        f"no {FILE} here or in any folder above",
        where=str(start),
        remedy=remedies.INSIDE_A_PROJECT,
    )


def require_own_driver(root: Path, running: Path = RUNNING) -> None:
    """Raise UsageError where the project brings its own driver along, and another one runs that is not an installed package.

    So it is in a workspace that was copied: its virtual environment still runs the code of the folder in which it was made.
    """
    own = root / "driver" / running.name
    if own.is_dir() and own.resolve() != running and not INSTALLED & set(running.parts):
        raise UsageError(
            f"this `deploy` runs the code in {running}, and the project has its own in {own}",
            where=str(root),
            remedy=remedies.COPIED_FOLDER,
        )
