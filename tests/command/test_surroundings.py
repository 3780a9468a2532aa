"""What a build agent's user may lack, each of them told in a sentence, or done without."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import termios
from collections.abc import Mapping
from contextlib import suppress
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


def at_terminal(columns: int, *words: str) -> list[str]:
    """The lines that a command writes to a terminal of that width."""
    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (50, columns))
    subprocess.run([str(DEPLOY), *words], stdin=terminal, stdout=terminal, stderr=terminal, timeout=60, check=False)
    os.close(terminal)
    shown = b""
    with suppress(OSError):  # Linux says so at the end of a terminal
        while part := os.read(screen, 65536):
            shown += part
    os.close(screen)
    return shown.decode().split("\r\n")


@pytest.mark.parametrize(("columns", "broken"), [(60, True), (200, False)])
def test_what_is_shown_takes_the_width_of_the_terminal_and_breaks_no_word(
    columns: int, broken: bool, tmp_path: Path
) -> None:
    root = project(tmp_path)
    listed = at_terminal(columns, "list", "--project", str(root))
    assert max(map(len, listed)) <= columns, listed
    assert ("    dev-access" in listed) is broken, listed
    refused = at_terminal(columns, "outputs", "--stacks", "nope", "--project", str(root))
    assert max(map(len, refused)) <= columns, refused
    assert (len(refused) > 3) is broken, refused
    assert "`deploy list`" in " ".join(refused), refused
