"""What is installed from the wheel alone, without this repository, is the whole command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy_driver.version import VERSION
from tests.samples import project
from tests.wheel import install


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands in an environment that holds the wheel and what it says that it needs."""
    return install(tmp_path_factory.mktemp("installed"))


def typed(installed: Path, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The command in a folder that is not this repository, and an environment that does not know it."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    return subprocess.run(
        [installed / "deploy", *args],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ("--version", f"deploy {VERSION}\npulumi 3."),
        ("--help", "Usage: deploy "),
        ("setup --help", "Usage: deploy setup "),
    ],
)
def test_the_wheel_is_the_command(installed: Path, tmp_path: Path, args: str, says: str) -> None:
    done = typed(installed, tmp_path, *args.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(says)


def test_the_wheel_reads_a_project(installed: Path, tmp_path: Path) -> None:
    listed = typed(installed, project(tmp_path), "list")
    assert listed.returncode == 0, listed.stderr
    assert "dev-access" in listed.stdout
    without_engine = typed(installed, tmp_path, "preview", "--stacks", "dev")
    assert without_engine.returncode == 3
    assert "run `deploy setup`" in without_engine.stderr
