"""Where in a project's own files something was raised: what is said of a program that fails."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path

INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders of installed packages, wherever they lie."""


def frames_of(error: BaseException) -> list[tuple[str, int]]:
    """The file and the line of every call on the way to what was raised, the outermost first."""
    return [(frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]


def own_line(frames: Sequence[tuple[str, int]], root: Path) -> str:
    """The last line of the project in `root` among the frames, as `file:line`; empty when there is none."""
    for file, line in reversed(frames):
        path = Path(file)
        if path.is_relative_to(root) and not INSTALLED & set(path.parts):
            return f"{path.relative_to(root)}:{line}"
    return ""
