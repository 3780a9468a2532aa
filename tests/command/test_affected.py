"""`--affected --base REF` as it is typed: what it selects, what it says, and when it is refused. Files and git only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import Repository
from tests.samples import project

DEPLOY = Path(sys.executable).with_name("deploy")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "project").init()
    project(made.root)
    made.write(".gitignore", ".deploy/\n")
    made.write("infra/__main__.py")
    made.write("README.md")
    made.commit()
    made.git("checkout", "--quiet", "-b", "topic")
    return made


def deploy(repository: Repository, *args: str) -> subprocess.CompletedProcess[str]:
    """The installed command, where the repository is."""
    python = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    done = subprocess.run(
        [DEPLOY, *args],
        cwd=repository.root,
        env=repository.environment | python,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def affected(repository: Repository, *more: str) -> dict[str, list[str]]:
    done = deploy(repository, "list", "--affected", "--base", "main", "--output", "json", *more)
    assert done.returncode == 0, done.stderr
    return {entry["stack"]: entry["reasons"] for entry in json.loads(done.stdout)}


def test_the_list_has_the_affected_stacks_of_both_layers_and_the_reasons(repository: Repository) -> None:
    path = repository.root / "Pulumi.dev.yaml"
    path.write_text(path.read_text("utf-8").replace("3600", "7200"), "utf-8")
    repository.commit()
    assert affected(repository) == {
        "tools": ["an account's file, which the tools stack reads: Pulumi.dev.yaml"],
        "dev-access": ["its stack file: Pulumi.dev.yaml"],
        "dev": ["its stack file: Pulumi.dev.yaml"],
    }
    text = deploy(repository, "list", "--affected", "--base", "main").stdout.splitlines()
    assert text[0].split()[-2:] == ["BECAUSE", "OF"]
    assert text[-1].split()[0] == "dev"
    assert text[-1].endswith("its stack file: Pulumi.dev.yaml")


def test_a_change_of_the_program_affects_all(repository: Repository) -> None:
    repository.write("infra/handler/-x\n.py")
    assert set(affected(repository)) == {
        *("tools", "dev-access", "staging-access", "prod-access"),
        *("dev", "staging", "prod"),
    }


@pytest.mark.parametrize("verb", ["preview", "up"])
def test_a_change_of_nothing_that_is_deployed_runs_nothing_and_says_so(repository: Repository, verb: str) -> None:
    repository.write("README.md", "better\n")
    repository.commit()
    assert affected(repository) == {}
    done = deploy(repository, verb, "--affected", "--base", "main")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "no stack is selected: nothing to do\n"
    assert not (repository.root / ".deploy").exists()
    result = json.loads(deploy(repository, verb, "--affected", "--base", "main", "-o", "json").stdout)
    assert (result["exitCode"], result["stacks"]) == (0, [])
    assert result["selection"]["base"] == "main"
    assert result["selection"]["affected"] == []
    if verb == "preview":
        document = deploy(repository, verb, "--affected", "--base", "main", "-o", "markdown")
        assert document.stdout.startswith("<!-- deploy:preview items -->\n")


def test_what_only_an_administrator_can_preview_is_said_though_nothing_is_run(repository: Repository) -> None:
    repository.write("Pulumi.gone.yaml")
    done = deploy(repository, "preview", "--affected", "--base", "main", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert "tools: affected since main: an account's file" in done.stderr
    assert "Pulumi.gone.yaml (not committed)" in done.stderr
    assert "an administrator's" in done.stderr
    assert "nothing to do" in done.stderr
    [tools] = json.loads(done.stdout)["selection"]["affected"]
    assert (tools["stack"], tools["layer"], tools["selected"]) == ("tools", "access", False)


@pytest.mark.parametrize("access", [[], ["--access"]])
def test_a_selection_that_is_not_empty_is_run(repository: Repository, access: list[str]) -> None:
    """Without a sandbox or an engine a run is not ready: that it was begun is all that can be seen here."""
    repository.write("infra/x.py")
    done = deploy(repository, "preview", "--affected", "--base", "main", *access)
    assert done.returncode == 3
    assert "what to do: " in done.stderr
    assert "nothing to do" not in done.stderr


@pytest.mark.parametrize(
    ("args", "what", "remedy"),
    [
        (["preview", "--affected"], "--affected since when?", "pass --base origin/main"),
        (["preview", "--affected", "--base", "main", "--all"], "contradict each other", "pass one of them"),
        (["up", "--affected", "--base", "main", "--stacks", "dev"], "contradict each other", "pass one of them"),
        (["preview", "--base", "main", "--all"], "--base belongs to --affected", ""),
        (["preview", "--access", "--all"], "--access belongs to --affected", ""),
        (["list", "--base", "main"], "--base belongs to --affected", ""),
        (["list", "--affected", "--base", "nowhere"], "git knows no commit 'nowhere'", "fetch it first"),
        (["list", "--affected", "--base", "--all"], "git knows no commit '--all'", "fetch it first"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error_with_a_way_out(
    repository: Repository, args: list[str], what: str, remedy: str
) -> None:
    done = deploy(repository, *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert what in done.stderr
    assert remedy in done.stderr


def test_a_program_outside_of_the_repository_cannot_be_looked_at(repository: Repository) -> None:
    repository.write("Pulumi.yaml", "name: items\nmain: ../infra\nruntime: python\n")
    done = deploy(repository, "list", "--affected", "--base", "main")
    assert done.returncode == 2
    assert "the program is outside of this repository: ../infra" in done.stderr
    assert "--stacks" in done.stderr
