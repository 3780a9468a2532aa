"""What a plan is bound to on disk: the commit, what is not as committed, and the program byte for byte."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from deploy_driver.adapters import work_tree as fingerprint
from deploy_driver.adapters.git import Git
from deploy_driver.adapters.work_tree import WorkTree, look
from deploy_driver.errors import NotReadyError

ENVIRONMENT: Mapping[str, str] = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    **{f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}

Run = Callable[..., str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one commit, and a project in a folder of it."""
    folder = tmp_path / "repository" / "project"
    (folder / "infra").mkdir(parents=True)
    (folder / "infra" / "__main__.py").write_text("print()\n")
    (folder / "Pulumi.yaml").write_text("name: items\n")
    (folder / ".gitignore").write_text("*.log\n")
    git(folder, "init", "--quiet", "..")
    git(folder, "add", "--all", "..")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True, text=True, timeout=30
    ).stdout.strip()


def seen(root: Path, *but: Path) -> WorkTree:
    return look(Git(root, ENVIRONMENT), but=but)


def test_a_clean_tree_is_its_commit(root: Path) -> None:
    assert seen(root) == WorkTree(git(root, "rev-parse", "HEAD"))


def test_another_commit_is_another_commit(root: Path) -> None:
    before = seen(root)
    git(root, "commit", "--quiet", "--allow-empty", "--message", "second")
    assert seen(root).commit != before.commit


def test_what_is_not_as_committed_is_named_with_what_is_there(root: Path) -> None:
    (root / "infra" / "__main__.py").write_text("print(1)\n")
    (root / "Pulumi.yaml").unlink()
    (root / "ümläut and\nmore").write_text("x")
    (root.parent / "beside").write_text("x")
    (root / "a.log").write_text("ignored")
    changed = seen(root).changed
    assert {name: how.split()[0] for name, how in changed.items()} == {
        "project/infra/__main__.py": "M",
        "project/Pulumi.yaml": "D",
        "project/ümläut and\nmore": "??",
        "beside": "??",
    }
    assert changed["project/Pulumi.yaml"] == "D absent"
    (root / "infra" / "__main__.py").write_text("print(2)\n")
    assert seen(root).changed["project/infra/__main__.py"] != changed["project/infra/__main__.py"]


def test_what_is_staged_is_not_committed(root: Path) -> None:
    (root / "Pulumi.yaml").write_text("name: other\n")
    git(root, "add", "--all")
    assert list(seen(root).changed) == ["project/Pulumi.yaml"]


def test_where_the_plan_is_kept_is_no_change(root: Path) -> None:
    (root / "plan").mkdir()
    (root / "plan" / "plan.json").write_text("{}")
    assert list(seen(root).changed) == ["project/plan/plan.json"]
    assert seen(root, root / "plan").changed == {}


def test_outside_a_repository_there_is_no_commit(tmp_path: Path) -> None:
    assert seen(tmp_path).commit == "absent"


def test_a_repository_that_cannot_be_asked_is_not_guessed(root: Path) -> None:
    (root.parent / ".git" / "HEAD").write_text("nonsense")
    with pytest.raises(NotReadyError, match="git"):
        seen(root)


class TestFingerprint:
    def digest(self, folder: Path) -> str:
        return fingerprint.of_folder(folder, but=folder / "plan")

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda folder: (folder / "__main__.py").write_text("print(1)\n"),
            lambda folder: (folder / "new.py").write_text(""),
            lambda folder: (folder / "__main__.py").rename(folder / "main.py"),
            lambda folder: (folder / "deep").mkdir() or (folder / "deep" / "x.txt").write_text("x"),
            lambda folder: (folder / "sourceless.pyc").write_bytes(b"x"),
            lambda folder: (folder / "linked").symlink_to(folder.parent / "elsewhere"),
        ],
    )
    def test_any_file_that_differs_is_another_program(self, root: Path, spoil: Callable[[Path], object]) -> None:
        (root / "elsewhere").mkdir()
        (root / "elsewhere" / "module.py").write_text("")
        before = self.digest(root / "infra")
        spoil(root / "infra")
        assert self.digest(root / "infra") != before

    def test_what_is_no_part_of_a_program_does_not_count(self, root: Path) -> None:
        folder = root / "infra"
        before = self.digest(folder)
        for name in ("__pycache__", ".cache", "plan", "env"):
            (folder / name).mkdir()
            (folder / name / "x.py").write_text("x")
        (folder / "env" / "pyvenv.cfg").write_text("")
        (folder / "round").symlink_to(folder)
        assert self.digest(folder) == before

    def test_a_file_that_is_not_there_has_no_digest(self, root: Path) -> None:
        assert fingerprint.of_file(root / "uv.lock") == "absent"
        assert fingerprint.of_file(root / "Pulumi.yaml").startswith("sha256:")
