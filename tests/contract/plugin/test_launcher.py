"""The plugin is where the engine looks, is the version that the program's SDK asks for, and runs from anywhere."""

from __future__ import annotations

import subprocess
import sys
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
