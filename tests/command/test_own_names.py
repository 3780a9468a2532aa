"""A project's folders may be called anything: what is installed has names of its own and is found first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES
from tests.e2e.project import DEPLOY, Ended, copy_project, own_program


def deploy(project: Path, *arguments: str) -> Ended:
    done = subprocess.run(
        [str(DEPLOY), *arguments],
        cwd=project,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("name", ["sandbox", "driver", "toolchain", "project", "tests", "boto3", "typer", "pulumi"])
def test_a_folder_of_the_project_hides_nothing_that_is_installed(tmp_path: Path, name: str) -> None:
    project = copy_project(tmp_path / "project")
    (project / name).mkdir()
    (project / name / "__init__.py").write_text("raise SystemExit('the wrong one')\n", "utf-8")
    for arguments in (("list",), ("iam", "check"), ("sandbox", "status")):
        ended = deploy(project, *arguments)
        assert ended.code in {0, 3}, ended
        assert "the wrong one" not in ended.err + ended.out


def test_a_program_of_the_project_s_own_imports_what_is_installed(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    own_program(project)
    names = project / "infra" / "program" / "names.py"
    names.write_text(f"{names.read_text('utf-8')}\nfrom deploy_infra import settings\n\nassert settings\n", "utf-8")
    assert deploy(project, "iam", "check").code == 0


def test_what_is_installed_has_names_that_nothing_else_has() -> None:
    script = "import importlib.util, sys; print([name for name in sys.argv[1:] if importlib.util.find_spec(name)])"
    names = ["driver", "infra", "sandbox", "toolchain", "project", *PACKAGES]
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, *names], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == str(list(PACKAGES))
