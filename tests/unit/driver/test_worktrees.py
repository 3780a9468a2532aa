"""An earlier commit beside the present one: its files, no hook, and nothing left behind, whatever happens."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.worktrees import in_repository_of
from deploy_driver.app.as_then import as_then, places_of
from deploy_driver.app.session import LocalProject
from deploy_driver.config.environment import Machine
from deploy_driver.config.load import load
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import DeployError, NotReadyError, RefusedError, UsageError
from deploy_driver.record.standing import BackTo
from deploy_project.remedy import Remedy
from tests.carried import gone, printed
from tests.repository import Repository
from tests.samples import DEPLOY_TOML, TOOLS_FILE, project, target_file

RUN = "20261123-0102-3f9a7c"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A project in a folder of its repository, with two commits; the second says another setting."""
    made = Repository(tmp_path / "repository").init()
    made.write(".gitignore", ".deploy\n")
    project(made.root / "service")
    made.write("service/infra/then.py")
    made.commit("one")
    made.write("service/Pulumi.dev.yaml", target_file("dev", sessionDuration="7200"))
    (made.root / "service" / "infra" / "then.py").unlink()
    made.write("service/infra/now.py")
    made.commit("two")
    return made


def commits(repository: Repository) -> tuple[str, str]:
    now, then = repository.git("log", "--format=%H").split()
    return then, now


def local(repository: Repository) -> LocalProject:
    root = repository.root / "service"
    return LocalProject(Machine(repository.environment), load(root, {}))


def left(repository: Repository) -> list[str]:
    """What is left of worktrees: folders, and what git knows of them."""
    folder = repository.root / "service" / ".deploy" / "worktrees"
    return [*(path.name for path in folder.iterdir()), *repository.git("worktree", "list").splitlines()[1:]]


@contextmanager
def then(repository: Repository, commit: str = "", *artefacts: str) -> Iterator[DeployConfig]:
    back = BackTo(RUN, "dev", commit or commits(repository)[0])
    with as_then(local(repository), back, artefacts) as found:
        yield found.config


def refusal(repository: Repository, commit: str = "", *artefacts: str) -> DeployError:
    with pytest.raises(DeployError) as caught, then(repository, commit, *artefacts):
        pytest.fail("it was taken")
    return caught.value


def said(repository: Repository, commit: str, *artefacts: str) -> str:
    """What is said against it; nothing where it is taken."""
    try:
        with then(repository, commit, *artefacts):
            return ""
    except DeployError as error:
        return f"{error}\n{error.remedy}"


def test_its_files_are_there_and_ours_stay(repository: Repository) -> None:
    repository.write("service/infra/mine.py")
    with then(repository) as config:
        assert sorted(path.name for path in (config.root / "infra").iterdir()) == ["then.py"]
        assert config.stack("dev").session_duration == 3600
        assert config.stack("dev").file == config.root / "Pulumi.dev.yaml"
        assert config.kept == repository.root / "service" / ".deploy"
        assert sys.path[-1] == str(config.root)
    assert str(config.root) not in sys.path
    assert left(repository) == []
    assert repository.git("status", "--porcelain") == "?? service/infra/mine.py"


def test_modules_come_from_there_and_not_from_here(repository: Repository) -> None:
    here = str(repository.root / "service")
    sys.path.append(here)
    try:
        with then(repository):
            assert here not in sys.path
        assert here in sys.path
    finally:
        sys.path.remove(here)


def test_gates_are_those_of_today_and_the_smoke_test_is_that_of_then(repository: Repository) -> None:
    toml = DEPLOY_TOML.replace(
        "[stacks.dev]", "[stacks.dev]\napprove = true\napprovals = 2\nmax-deletes = 3\nsmoke-timeout = 9"
    )
    freeze = '[[freeze]]\nfrom = 2026-12-19T00:00:00\nuntil = 2027-01-07T09:00:00\nwhy = "the holidays"\n'
    repository.write("service/deploy.toml", f"{toml}\n{freeze}".replace("cloud =", 'time-zone = "UTC"\ncloud =', 1))
    repository.write("service/Pulumi.tools.yaml", f"{TOOLS_FILE}  deploy:approverRole: approvers\n")
    with then(repository) as config:
        stack = config.stack("dev")
        assert (stack.approve, stack.approvals, stack.max_deletes, stack.smoke_timeout) == (True, 2, 3, 60)
        assert not stack.schedule.always_open


def test_nothing_is_left_when_something_goes_wrong_inside(repository: Repository) -> None:
    with pytest.raises(KeyboardInterrupt), then(repository):
        raise KeyboardInterrupt
    assert left(repository) == []


def test_what_a_killed_process_left_is_removed_and_what_another_one_uses_is_not(repository: Repository) -> None:
    folder = repository.root / "service" / ".deploy" / "worktrees"
    commit = commits(repository)[0]
    held = f"""
import os, sys
from pathlib import Path
from deploy_driver.adapters.git import Git
from deploy_driver.adapters.worktrees import checked_out
with checked_out(Git(Path({str(repository.root / "service")!r}), dict(os.environ)), {commit!r}, Path({str(folder)!r})):
    print("there", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", held],
        env={**repository.environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"there\n"
        with then(repository):
            assert len(repository.git("worktree", "list").splitlines()) == 3
        assert len(repository.git("worktree", "list").splitlines()) == 2
        other.kill()
    with then(repository):
        assert len(repository.git("worktree", "list").splitlines()) == 2
    assert left(repository) == []


def test_no_hook_of_the_repository_runs(repository: Repository) -> None:
    hook = repository.root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {repository.root}/ran\n", "utf-8")
    hook.chmod(0o755)
    with then(repository):
        pass
    assert not (repository.root / "ran").exists()


def test_who_looks_for_the_commit_from_elsewhere_finds_that_of_then(repository: Repository, tmp_path: Path) -> None:
    commit, now = commits(repository)
    runs = repository.root / "service" / ".deploy" / "runs" / RUN / "engine"
    with then(repository) as config:
        in_repository_of(config.root, runs)
        assert repository.git("-C", str(runs), "rev-parse", "HEAD") == commit
    in_repository_of(repository.root / "service", tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()
    plain = repository.root / "service" / ".deploy" / "runs" / "another"
    in_repository_of(repository.root / "service", plain)
    assert not plain.exists()
    assert now


def test_a_commit_that_is_not_here_is_fetched_first(repository: Repository) -> None:
    shallow = Repository(repository.root.parent / "shallow")
    shallow.root.mkdir()
    shallow.git("clone", "--quiet", "--depth", "1", f"file://{repository.root}", ".")
    wanted, _ = commits(repository)
    error = refusal(shallow, wanted)
    assert isinstance(error, NotReadyError)
    found = printed(remedies.FETCH_COMMIT, error.remedy)
    [fetch, _] = (words for words in Remedy(found.text).commands if words[0] == "git")
    shallow.git(*fetch[1:])
    gone(remedies.FETCH_COMMIT, said(shallow, wanted))


def test_where_there_is_no_repository_nothing_is_checked_out(repository: Repository, tmp_path: Path) -> None:
    bare = LocalProject(Machine({"PATH": os.environ["PATH"]}), load(project(tmp_path / "project"), {}))
    with (
        pytest.raises(NotReadyError, match="not in a git repository") as caught,
        as_then(bare, BackTo(RUN, "dev", commits(repository)[0])),
    ):
        pytest.fail("it was taken")
    printed(remedies.WORK_IN_CLONE, caught.value.remedy)
    clone = Repository(tmp_path / "clone")
    repository.git("clone", "--quiet", str(repository.root), str(clone.root))
    gone(remedies.WORK_IN_CLONE, said(clone, commits(repository)[0]))
    assert said(clone, commits(repository)[0]) == ""


def test_a_build_that_no_commit_has_is_brought_along(repository: Repository) -> None:
    repository.write(".gitignore", ".deploy\ndist\n")
    repository.write("service/dist/handler.zip", "zipped")
    repository.write("service/dist/layers/more.zip", "more")
    with then(repository, "", "dist") as config:
        assert (config.root / "dist" / "handler.zip").read_text() == "zipped"
        assert (config.root / "dist" / "layers" / "more.zip").read_text() == "more"
    with then(repository, "", "dist/handler.zip") as config:
        assert [path.name for path in (config.root / "dist").iterdir()] == ["handler.zip"]
    missing = refusal(repository, "", "dist/later.zip")
    assert (type(missing), "dist/later.zip is not there" in str(missing)) == (NotReadyError, True)
    printed(remedies.FETCH_ARTEFACT, missing.remedy)
    repository.write("service/dist/later.zip")
    gone(remedies.FETCH_ARTEFACT, said(repository, "", "dist/later.zip"))
    (repository.root / "elsewhere").mkdir()
    assert isinstance(refusal(repository, "", "../elsewhere"), UsageError)


def test_where_a_build_is_goes_on_record_by_its_place_in_the_project(tmp_path: Path) -> None:
    assert places_of([tmp_path / "dist" / "handler.zip", tmp_path / "dist" / ".." / "lib"], tmp_path) == (
        "dist/handler.zip",
        "lib",
    )
    root = tmp_path / "project"
    with pytest.raises(UsageError, match="not in the project") as caught:
        places_of([tmp_path / "handler.zip"], root)
    there = Path(printed(remedies.COPY_ARTEFACT, caught.value.remedy)["root"])
    gone(remedies.COPY_ARTEFACT, " ".join(places_of([there / "handler.zip"], root)))


def with_submodules(repository: Repository) -> str:
    """The commit of a project with a submodule, which has one itself; the next commit has them no more."""
    inner = Repository(repository.root.parent / "inner").init()
    inner.write("inner.py", "inner\n")
    inner.commit()
    outer = Repository(repository.root.parent / "outer").init()
    outer.write("outer.py", "outer\n")
    local_clones = ("-c", "protocol.file.allow=always", "submodule")
    outer.git(*local_clones, "add", "--quiet", str(inner.root), "within")
    outer.commit()
    repository.git(*local_clones, "add", "--quiet", "--name", "shared", str(outer.root), "service/infra/lib")
    repository.git(*local_clones, "update", "--quiet", "--init", "--recursive")
    commit = repository.commit("with submodules")
    outer.write("outer.py", "newer\n")
    outer.commit()
    repository.git("rm", "--quiet", "service/infra/lib")
    repository.commit("without")
    return commit


def test_submodules_are_those_of_then_as_this_clone_has_them(repository: Repository) -> None:
    commit = with_submodules(repository)
    before = (repository.root / ".git" / "config").read_text()
    for kept in ("inner", "outer"):
        shutil.rmtree(repository.root.parent / kept)  # where they were cloned from cannot be reached
    with then(repository, commit) as config:
        lib = config.root / "infra" / "lib"
        assert (lib / "outer.py").read_text() == "outer\n"
        assert (lib / "within" / "inner.py").read_text() == "inner\n"
        assert repository.git("-C", str(config.root), "status", "--porcelain") == ""
    assert (repository.root / ".git" / "config").read_text() == before
    assert left(repository) == []
    assert repository.git("status", "--porcelain") == ""


def test_a_submodule_that_this_clone_does_not_have_is_named(repository: Repository) -> None:
    commit = with_submodules(repository)
    shutil.rmtree(repository.root / ".git" / "modules" / "shared" / "modules")
    error = refusal(repository, commit)
    assert isinstance(error, NotReadyError)
    assert "of its submodule within, and nothing is fetched here" in str(error)
    shutil.rmtree(repository.root / ".git" / "modules")
    assert "of its submodule service/infra/lib" in str(refusal(repository, commit))
    assert left(repository) == []

    printed(remedies.FETCH_SUBMODULES, error.remedy)
    repository.git("checkout", "--quiet", "--detach", commit)
    repository.git("-c", "protocol.file.allow=always", "submodule", "update", "--quiet", "--init", "--recursive")
    repository.git("checkout", "--quiet", "main")
    gone(remedies.FETCH_SUBMODULES, said(repository, commit))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"Pulumi.dev.yaml": target_file("dev", region="eu-west-1")}, "region: then eu-central-1, now eu-west-1"),
        ({"Pulumi.dev.yaml": target_file("dev", account='"666666666666"')}, "account: then 222222222222"),
        ({"Pulumi.yaml": "name: orders\nmain: infra\nruntime: python\n"}, "has no stack dev of orders"),
    ],
)
def test_what_was_somewhere_else_is_refused(repository: Repository, files: dict[str, str], words: str) -> None:
    for name, text in files.items():
        repository.write(f"service/{name}", text)
    error = refusal(repository)
    assert isinstance(error, RefusedError)
    assert words in str(error)
    assert left(repository) == []


def test_settings_that_do_not_hold_any_more_are_refused(repository: Repository) -> None:
    repository.write("service/deploy.toml", f'requires = ">=99"\n{DEPLOY_TOML}')
    commit = repository.commit("three")
    repository.git("checkout", "--quiet", "HEAD~1")
    error = refusal(repository, commit)
    assert isinstance(error, RefusedError)
    assert "requires" in str(error)
    printed(remedies.OTHER_RUN, error.remedy)
    gone(remedies.OTHER_RUN, said(repository, commits(repository)[-1]))


def test_a_stack_that_there_was_not_yet_is_refused(repository: Repository) -> None:
    now = local(repository)
    with (
        pytest.raises(RefusedError, match="has no stack qa"),
        as_then(
            replace(
                now,
                config=replace(now.config, stacks=(*now.config.stacks, replace(now.config.stack("dev"), name="qa"))),
            ),
            BackTo(RUN, "qa", commits(repository)[0]),
        ),
    ):
        pytest.fail("it was taken")


def test_a_run_since_the_stack_is_where_it_is_now_can_be_gone_back_to(repository: Repository) -> None:
    before, _ = commits(repository)
    repository.write("service/Pulumi.dev.yaml", target_file("dev", region="eu-west-1"))
    since = repository.commit("three")
    repository.commit("four")
    printed(remedies.LATER_RUN, said(repository, before))
    gone(remedies.LATER_RUN, said(repository, since))
    assert said(repository, since) == ""
