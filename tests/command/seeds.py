"""Hostile inputs by seed, in a process of their own: what is tried there changes what is the process's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def tried(module: str, folder: Path, count: int, limit: float) -> subprocess.CompletedProcess[str]:
    """Try the first seeds of the module of that name beside this one; nothing is printed where all of them hold. `limit` is in seconds."""
    return subprocess.run(
        [sys.executable, "-m", f"tests.command.{module}", str(folder), "0", str(count)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
    )
