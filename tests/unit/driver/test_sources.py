"""A project's modules are run from their sources, whatever byte code lies beside them."""

from __future__ import annotations

import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

ASKS = """
import sys
from pathlib import Path
root = Path(sys.argv[1])
sys.path.insert(0, str(root))
if sys.argv[2] == "sources":
    from deploy_driver.adapters.sources import import_from_sources
    import_from_sources(root)
import program.settings
import json
print(program.settings.SAID, json.__cached__ is not None)
"""


def says(root: Path, how: str) -> str:
    done = subprocess.run([sys.executable, "-c", ASKS, str(root), how], capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A program that says that it was reviewed, with byte code beside it that says something else and is never checked."""
    program = tmp_path / "program"
    program.mkdir()
    (program / "__init__.py").write_text("")
    settings = program / "settings.py"
    for word in ("planted", "reviewed"):
        settings.write_text(f"SAID = {word!r}\n")
        if word == "planted":
            py_compile.compile(str(settings), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return tmp_path


def test_byte_code_beside_a_source_is_run_by_python_and_not_under_a_reviewed_plan(root: Path) -> None:
    before = sorted(root.rglob("*.pyc"))
    assert says(root, "usual") == "planted True"
    assert says(root, "sources") == "reviewed True"
    assert before == sorted(path for path in root.rglob("*.pyc") if "settings" in path.name)


def test_a_module_that_is_built_in_stays_what_it_is(root: Path) -> None:
    assert "_symtable" in sys.builtin_module_names
    (root / "_symtable.py").write_text("raise RuntimeError('taken from the project')\n")
    asks = ASKS.replace("import json", "import json, _symtable")
    done = subprocess.run(
        [sys.executable, "-c", asks, str(root), "sources"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("reviewed"), done.stderr


def test_byte_code_without_a_source_is_refused(root: Path) -> None:
    (planted,) = (root / "program" / "__pycache__").glob("settings.*")
    planted.rename(root / "program" / "settings.pyc")
    (root / "program" / "settings.py").unlink()
    assert says(root, "usual") == "planted True"
    assert "settings.pyc is byte code without a source" in says(root, "sources")


def test_an_installed_package_keeps_its_byte_code_also_below_the_project(root: Path) -> None:
    (root / "lib" / "site-packages").mkdir(parents=True)
    (root / "program").rename(root / "lib" / "site-packages" / "program")
    asks = ASKS.replace("sys.path.insert(0, str(root))", "sys.path.insert(0, str(root / 'lib' / 'site-packages'))")
    done = subprocess.run(
        [sys.executable, "-c", asks, str(root), "sources"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("planted"), done.stderr
