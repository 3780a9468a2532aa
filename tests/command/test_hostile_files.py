"""Whatever stands in a file or a variable that `deploy` reads is one sentence and a documented exit code, never a bug in deploy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_no_file_and_no_variable_is_a_bug_in_deploy(tmp_path: Path) -> None:
    """Other seeds by hand: `python -m tests.command.hostile_files FOLDER 1000 5000`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.command.hostile_files", str(tmp_path), "0", "600"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0), done
