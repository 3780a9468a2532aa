"""The plugin is where the engine looks, is the version that the program's SDK asks for, and runs from anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from deploy_sandbox.plugin import VERSION
from deploy_sandbox.plugin.launcher import write_launcher
from deploy_toolchain.search import PLUGIN_FILE, PLUGIN_FOLDER


def test_it_is_where_the_engine_looks(tmp_path: Path) -> None:
    assert write_launcher(tmp_path, Path(sys.executable)) == tmp_path / PLUGIN_FOLDER / PLUGIN_FILE
    assert version("pulumi-aws") == VERSION


def test_writing_it_again_changes_nothing(tmp_path: Path) -> None:
    first = write_launcher(tmp_path, Path(sys.executable))
    before = first.read_bytes()
    file = first.stat().st_ino
    assert write_launcher(tmp_path, Path(sys.executable)).read_bytes() == before
    assert first.stat().st_ino == file
    first.write_text("another one")
    assert write_launcher(tmp_path, Path(sys.executable)).read_bytes() == before
    assert [one.name for one in first.parent.iterdir()] == [PLUGIN_FILE]


def test_it_runs_from_anywhere_whatever_the_environment(tmp_path: Path) -> None:
    folder = tmp_path / "a folder with 'quotes'"
    (folder / "sandbox").mkdir(parents=True)
    (folder / "sandbox" / "__init__.py").write_text("raise SystemExit('the wrong sandbox')")
    launcher = write_launcher(folder, Path(sys.executable))
    process = subprocess.Popen(
        [launcher, "127.0.0.1:1"], cwd=folder, env={"PYTHONPATH": str(folder)}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
    finally:
        process.terminate()
        process.communicate(timeout=10)


PARENT = """
import os, subprocess, sys
quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
plugin = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, **quiet)
print(plugin.pid, flush=True)
if sys.stdin.read():
    os.kill(os.getpid(), 9)
"""


def test_it_ends_with_its_engine_even_while_it_is_being_loaded(tmp_path: Path) -> None:
    launcher = write_launcher(tmp_path, Path(sys.executable))
    engine = subprocess.run(
        [sys.executable, "-c", PARENT, launcher, "127.0.0.1:1"],
        input="die",
        capture_output=True,
        text=True,
        check=False,
    )
    assert engine.returncode < 0
    assert ended(int(engine.stdout), seconds=20)


def test_it_lives_while_its_engine_does(tmp_path: Path) -> None:
    launcher = write_launcher(tmp_path, Path(sys.executable))
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, launcher, "127.0.0.1:1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as engine:
        assert engine.stdout
        plugin = int(engine.stdout.readline())
        assert not ended(plugin, seconds=3)
        engine.communicate("die")
    assert ended(plugin, seconds=20)


def ended(pid: int, *, seconds: float) -> bool:
    """Whether the process ends within that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.1)
    return False
