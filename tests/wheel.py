"""The command as a user has it: the wheel of this repository in an environment that holds nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = shutil.which("uv") or str(ROOT / ".deploy" / "uv" / "bin" / "uv")
"""As the Makefile finds it."""


def uv(*args: str | Path) -> None:
    """Run uv here."""
    kept = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"}}
    done = subprocess.run([UV, *args], cwd=ROOT, env=kept, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr


def install(folder: Path, extra: str = "") -> Path:
    """The folder of the commands in an environment of the wheel and what it needs; with an extra, such as `sandbox`."""
    uv("build", "--wheel", "--quiet", "--out-dir", folder)
    locked = folder / "locked.txt"
    extras = ("--extra", extra) if extra else ()
    uv(
        "export",
        "--quiet",
        "--frozen",
        "--no-dev",
        *extras,
        "--no-emit-project",
        "--no-hashes",
        "--output-file",
        locked,
    )
    uv("venv", "--quiet", folder / "venv")
    (wheel,) = folder.glob("deploy_accounts-*.whl")
    python = folder / "venv" / "bin" / "python"
    wanted = f"{wheel}[{extra}]" if extra else wheel
    uv("pip", "install", "--quiet", "--python", python, "--constraints", locked, wanted)
    return python.parent
