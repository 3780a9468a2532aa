"""What a shell offers when a person presses the key for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import DEPLOY_TOML, project

DEPLOY = Path(sys.executable).with_name("deploy")
STACKS = ["dev", "staging", "prod", "dev-access", "staging-access", "prod-access", "tools"]


def offered(line: str, cwd: Path, **environment: str) -> list[str]:
    """What bash is offered for the last word of the line."""
    words = line.split(" ")
    asked = {"_DEPLOY_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DEPLOY_", "AWS_"))}
    done = subprocess.run(
        [DEPLOY], cwd=cwd, env=kept | asked | environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("deploy exec --stack ", STACKS),
        ("deploy state restore --stack ", STACKS),
        ("deploy iam check --stack tools --stack dev", ["dev", "dev-access"]),
        ("deploy up --stacks ", STACKS),
        ("deploy up --stacks st", ["staging", "staging-access"]),
        ("deploy up --stacks dev,st", ["dev,staging", "dev,staging-access"]),
        ("deploy up --stacks dev,dev", ["dev,dev-access"]),
        ("deploy up --stacks moon", []),
        ("deploy hist", ["history"]),
    ],
)
def test_stacks_are_offered_by_name(tmp_path: Path, line: str, names: list[str]) -> None:
    assert offered(line, project(tmp_path)) == names


def test_the_project_is_the_one_that_is_named(tmp_path: Path) -> None:
    root = project(tmp_path / "here")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert offered("deploy up --stacks ", elsewhere) == []
    assert offered(f"deploy up --project {root} --stacks ", elsewhere) == STACKS
    assert offered("deploy up --stacks ", elsewhere, DEPLOY_PROJECT=str(root)) == STACKS


@pytest.mark.parametrize("toml", ["[", "stacks = 1\n", 'cloud = "sandbox"\n'])
def test_a_file_that_does_not_hold_offers_no_service(tmp_path: Path, toml: str) -> None:
    assert set(offered("deploy up --stacks ", project(tmp_path, {"deploy.toml": toml}))) <= {"tools"}


def test_the_stack_files_are_not_read_for_it(tmp_path: Path) -> None:
    root = project(tmp_path, {"deploy.toml": DEPLOY_TOML, "Pulumi.dev.yaml": "["})
    assert offered("deploy up --stacks d", root) == ["dev", "dev-access"]


def test_a_shell_can_be_told_to_ask() -> None:
    shown = subprocess.run(
        ["/bin/bash", "-c", f"{DEPLOY} --show-completion; true"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "_DEPLOY_COMPLETE=complete_bash" in shown.stdout
