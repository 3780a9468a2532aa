"""The installed command in a folder, with nothing around it: no terminal, and no variables but PATH."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.e2e.project import DEPLOY, Ended


def bare(folder: Path, *arguments: str) -> Ended:
    """Run it to its end."""
    done = subprocess.run(
        [str(DEPLOY), *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
