"""What git is asked and how its answers are taken: real repositories, hostile names, and every way not to have an answer."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.git import Git
from deploy_driver.config.environment import for_git
from deploy_driver.errors import DeployError, ExitCode, NotReadyError, UsageError
from deploy_driver.plan.affected import Change
from deploy_project.remedy import Remedy
from tests.carried import gone, printed
from tests.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """main has one commit; HEAD is on the branch `topic` that begins there."""
    made = Repository(tmp_path / "repository").init()
    made.write("deploy.toml")
    made.write("old.py", "the same text\n" * 20)
    made.commit()
    made.git("checkout", "--quiet", "-b", "topic")
    return made


def git(repository: Repository, folder: str = "", **more: str) -> Git:
    return Git(repository.root / folder, for_git(repository.environment | more))


def since(repository: Repository, base: str = "main", folder: str = "") -> Change:
    return git(repository, folder).change_since(base, ["deploy.toml"])


def paths(change: Change) -> list[str]:
    return sorted(touched.path for touched in change.touched)


def refusal(repository: Repository, base: str = "main") -> DeployError:
    with pytest.raises(DeployError) as caught:
        since(repository, base)
    assert caught.value.remedy
    return caught.value


def test_what_a_branch_committed_is_its_change(repository: Repository) -> None:
    repository.write("infra/a.py")
    repository.commit()
    change = since(repository)
    assert [(touched.path, touched.committed) for touched in change.touched] == [("infra/a.py", True)]
    assert change.ancestors == (repository.git("rev-parse", "main"),)
    assert change.base == "main"
    assert change.folder == ""


def test_what_the_base_committed_meanwhile_is_not(repository: Repository) -> None:
    repository.write("mine")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.write("theirs")
    repository.commit()
    repository.git("checkout", "--quiet", "topic")
    assert paths(since(repository)) == ["mine"]
    repository.git("merge", "--quiet", "--no-edit", "main")
    assert paths(since(repository)) == ["mine"]


def test_nothing_touched_is_nothing(repository: Repository) -> None:
    assert since(repository).touched == ()


def test_what_is_not_committed_belongs_to_the_change(repository: Repository) -> None:
    repository.write(".gitignore", "*.pyc\n")
    repository.commit()
    repository.write("old.py", "changed\n")
    repository.write("new.py")
    repository.write("staged.py")
    repository.git("add", "staged.py")
    repository.write("cache.pyc")
    change = since(repository)
    assert {touched.path for touched in change.touched if not touched.committed} == {"old.py", "new.py", "staged.py"}
    assert {touched.path for touched in change.touched if touched.committed} == {".gitignore"}


def test_what_was_committed_and_is_undone_in_the_folder_was_touched(repository: Repository) -> None:
    before = (repository.root / "old.py").read_text("utf-8")
    repository.write("old.py", "changed\n")
    repository.commit()
    repository.write("old.py", before)
    assert paths(since(repository)) == ["old.py"]


def test_a_renamed_file_is_touched_under_both_names(repository: Repository) -> None:
    repository.git("mv", "old.py", "new.py")
    assert paths(since(repository)) == ["new.py", "old.py"]
    repository.commit()
    assert paths(since(repository)) == ["new.py", "old.py"]


def test_deleted_files_and_changed_modes_are_touched(repository: Repository) -> None:
    (repository.root / "old.py").unlink()
    (repository.root / "deploy.toml").chmod(0o755)
    assert paths(since(repository)) == ["deploy.toml", "old.py"]


HOSTILE = [
    "-rf",
    "--output=x",
    "a\nb",
    "a\tb",
    'say "x"',
    "it's",
    "$(touch pwned)",
    ";touch pwned",
    ":(top)x",
    "*",
    "ü",
    " ",
]


@pytest.mark.parametrize("committed", [True, False])
def test_hostile_names_are_data(repository: Repository, committed: bool) -> None:
    names = [os.fsencode(name) for name in HOSTILE] + [b"half\xff"]
    for name in names:
        repository.write(name)
        repository.write(b"infra/" + name)
    if committed:
        repository.commit()
    expected = [os.fsdecode(folder + name) for name in names for folder in (b"", b"infra/")]
    assert paths(since(repository)) == sorted(expected)
    assert not (repository.root / "pwned").exists()


def test_a_person_s_own_settings_of_git_change_no_answer(repository: Repository) -> None:
    for key, value in {
        "diff.noprefix": "true",
        "diff.renames": "copies",
        "diff.relative": "true",
        "diff.external": "false",
        "diff.orderFile": "/dev/null",
        "core.quotePath": "true",
        "status.showUntrackedFiles": "no",
        "color.ui": "always",
    }.items():
        repository.git("config", key, value)
    repository.git("mv", "old.py", "neü.py")
    repository.write("svc/infra/a.py")
    change = git(repository, "svc").change_since("main")
    assert paths(change) == ["neü.py", "old.py", "svc/infra/a.py"]


def test_a_project_in_a_folder_of_its_repository(repository: Repository) -> None:
    repository.write("svc/deploy.toml")
    repository.write("svc/.gitignore", "deploy.toml\n")
    repository.commit()
    change = since(repository, folder="svc")
    assert change.folder == "svc"
    assert change.at("deploy.toml") == "svc/deploy.toml"
    assert paths(change) == ["svc/.gitignore", "svc/deploy.toml"]


def test_a_watched_file_that_git_keeps_no_record_of_counts_as_touched(repository: Repository) -> None:
    repository.git("rm", "--quiet", "--cached", "deploy.toml")
    repository.write(".gitignore", "deploy.toml\n")
    repository.commit()
    repository.git("branch", "--force", "main")
    assert paths(since(repository)) == ["deploy.toml"]
    repository.git("add", "--force", "deploy.toml")
    repository.commit()
    repository.git("branch", "--force", "main")
    assert paths(since(repository)) == []


def test_another_repository_named_by_the_environment_is_not_asked(repository: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other").init()
    other.write("foreign")
    repository.write("mine")
    ambient = {"GIT_DIR": str(other.root / ".git"), "GIT_WORK_TREE": str(other.root)}
    assert paths(git(repository, **ambient).change_since("main")) == ["mine"]


@pytest.mark.parametrize("base", ["main", "topic~0", "refs/heads/main", "a-tag"])
def test_whatever_means_a_commit_is_a_base(repository: Repository, base: str) -> None:
    repository.git("tag", "--annotate", "--message", "x", "a-tag", "main")
    repository.write("x")
    assert paths(since(repository, base)) == ["x"]


@pytest.mark.parametrize(
    "base", ["nowhere", "--output=pwned", "-", "main:deploy.toml", "main..topic", "a\nb", "@{u}", ""]
)
def test_a_base_that_means_no_commit(repository: Repository, base: str) -> None:
    error = refusal(repository, base)
    assert error.exit_code is ExitCode.USAGE
    assert "--base" in error.what
    assert not (repository.root / "pwned").exists()


def test_a_base_that_only_the_remote_has_is_answered_with_its_name_here(repository: Repository, tmp_path: Path) -> None:
    repository.git("branch", "release", "main")
    clone = Repository(tmp_path / "clone")
    repository.git("clone", "--quiet", "--no-local", str(repository.root), str(clone.root))
    error = refusal(clone, "release")
    assert error.remedy == "pass --base origin/release"
    assert paths(since(clone, "origin/release")) == []


def test_a_shallow_clone_is_not_ready_and_a_whole_one_is(repository: Repository, tmp_path: Path) -> None:
    for number in range(3):
        repository.write(f"{number}")
        repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.write("theirs")
    repository.commit()
    clone = Repository(tmp_path / "clone")
    source = repository.root.as_uri()
    repository.git("clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=topic", source, str(clone.root))
    error = refusal(clone, "origin/main")
    assert isinstance(error, NotReadyError)
    assert "shallow" in error.what
    for way_out in ("--unshallow", "fetch-depth: 0", "GIT_DEPTH: 0", "Jenkins"):
        assert way_out in error.remedy
    clone.git("fetch", "--quiet", "--unshallow")
    assert paths(since(clone, "origin/main")) == ["0", "1", "2"]


def test_histories_that_never_met(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--orphan", "alone")
    repository.commit("another beginning")
    error = refusal(repository)
    assert isinstance(error, UsageError)
    assert "no commit in common" in error.what


def test_branches_merged_crosswise_have_two_ancestors_and_all_that_was_touched_since_either(
    repository: Repository,
) -> None:
    repository.write("topic")
    left = repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.write("main")
    right = repository.commit()
    repository.git("merge", "--quiet", "--no-edit", left)
    repository.git("checkout", "--quiet", "topic")
    repository.git("merge", "--quiet", "--no-edit", right)
    (repository.root / "main").unlink()
    repository.commit()
    change = since(repository)
    assert sorted(change.ancestors) == sorted([left, right])
    assert "main" in paths(change)


def test_a_folder_without_a_repository(tmp_path: Path) -> None:
    folder = Repository(tmp_path)
    environment = for_git(folder.environment) | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    with pytest.raises(UsageError, match="not in a git repository") as caught:
        Git(tmp_path, environment).change_since("main")
    assert "--stacks" in caught.value.remedy


def test_a_git_that_refuses_says_why(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("this is no configuration\n")
    environment = for_git(repository.environment) | {"GIT_CONFIG_GLOBAL": str(tmp_path / "broken")}
    with pytest.raises(NotReadyError, match="git cannot say what changed") as caught:
        Git(repository.root, environment).change_since("main")
    assert "bad config line 1" in caught.value.detail[0]


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    error = refusal(Repository(tmp_path / "empty").init())
    assert error.what == "nothing is committed here yet"
    assert "--stacks" in error.remedy


def test_a_machine_without_git(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="git is not on PATH"):
        git(repository, PATH=str(tmp_path)).change_since("main")


@pytest.mark.parametrize("folder", ["", "service"])
def test_a_folder_that_belongs_to_somebody_else(tmp_path: Path, folder: str) -> None:
    repository = Repository(tmp_path / "a repository").init()
    repository.write("service/deploy.toml")
    repository.commit()
    own = {"HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": str(tmp_path / "config"), "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    seen = Git(repository.root / folder, for_git(repository.environment) | own)
    with pytest.raises(NotReadyError, match="does not trust this folder") as caught:
        seen.change_since("main")
    said = printed(remedies.TRUST_FOLDER, caught.value.remedy)
    [command] = Remedy(said.text).commands
    subprocess.run(command, env=repository.environment | own, check=True)
    gone(remedies.TRUST_FOLDER, str(seen.change_since("main").touched))
    assert seen.change_since("main").touched == ()
