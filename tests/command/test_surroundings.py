"""What a build agent's user may lack, each of them told in a sentence, or done without."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.command.test_cli import DEPLOY
from tests.samples import project

STRANGER = ("unshare", "--user", "--map-user=54321", "--map-group=54321")
"""A user whose id stands in no passwd file; see unshare(1)."""


def as_stranger(root: Path, verb: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    may = (
        shutil.which("unshare") and not subprocess.run([*STRANGER, "true"], capture_output=True, check=False).returncode
    )
    if not may:
        pytest.skip("no user namespaces on this machine")
    return subprocess.run(
        [*STRANGER, str(DEPLOY), verb, "--project", str(project(root))],
        env={"PATH": "/usr/bin:/bin", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_user_without_a_home_is_told_what_to_set_and_needs_it_for_the_engine_alone(tmp_path: Path) -> None:
    lost = as_stranger(tmp_path, "doctor", {})
    assert "This user has no home folder" in lost.stdout, lost
    assert "DEPLOY_CACHE" in lost.stdout
    assert "bug in deploy" not in lost.stderr
    listed = as_stranger(tmp_path, "list", {})
    assert (listed.returncode, listed.stderr) == (0, ""), listed


def test_with_a_cache_it_needs_no_home(tmp_path: Path) -> None:
    found = as_stranger(tmp_path, "doctor", {"DEPLOY_CACHE": str(tmp_path / "cache")})
    assert "home folder" not in found.stdout.replace("this user has no home folder", ""), found
    assert f"cache: there is no {tmp_path}" in " ".join(found.stdout.split()), found
    assert "bug in deploy" not in found.stderr
