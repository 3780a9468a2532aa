"""The shared library, executed: what each step runs, where, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.jenkins.harness import LIMIT, PULL_REQUEST, ROOT, Built, build, needs_harness

pytestmark = [needs_harness, pytest.mark.timeout(LIMIT + 30)]

VARS = sorted((ROOT / "vars").glob("*.groovy"))
PREVIEWED = "--output markdown --file $OUT/preview.md --junit $OUT/preview.xml"


def library(folder: Path, call: str, **scenario: Any) -> Built:
    return build(f"@Library('deploy') _\n{call}\n", folder, "--library", ROOT, **scenario)


@pytest.mark.parametrize(
    ("call", "agent", "command", "stacks"),
    [
        (
            "deployUp(stacks: 'dev,prod')",
            "deploy",
            'deploy up --stacks "$DEPLOY_STACKS" --yes --junit $OUT/up.xml',
            "dev,prod",
        ),
        (
            "deployUp(stacks: 'x', label: 'big')",
            "big",
            'deploy up --stacks "$DEPLOY_STACKS" --yes --junit $OUT/up.xml',
            "x",
        ),
        (
            "deployPreview(stacks: 'dev')",
            "deploy-preview",
            f'deploy preview --stacks "$DEPLOY_STACKS" {PREVIEWED}',
            "dev",
        ),
        ("deployDrift()", "deploy-preview", "deploy drift --all --exit-code", ""),
        ("deployDrift(stacks: 'prod')", "deploy-preview", 'deploy drift --stacks "$DEPLOY_STACKS" --exit-code', "prod"),
    ],
)
def test_a_step_runs_one_command_and_keeps_what_it_left(
    tmp_path: Path, call: str, agent: str, command: str, stacks: str
) -> None:
    for status, result in ((0, "SUCCESS"), (1, "FAILURE")):
        built = library(tmp_path, call, sh=[{"match": "bin/deploy", "status": status}])
        assert built.result == result
        assert built.commands == [(agent, command)]
        assert built.steps("sh")[-1]["env"]["DEPLOY_STACKS"] == stacks
        assert "timeout" in built.within(built.steps("sh")[-1])
        assert built.steps("junit")
        assert built.steps("archiveArtifacts")


def test_a_pull_request_is_previewed_against_its_target(tmp_path: Path) -> None:
    built = library(tmp_path, "deployPreview()", env=PULL_REQUEST)
    assert built.commands == [("deploy-preview", f'deploy preview --affected --base "$DEPLOY_BASE" {PREVIEWED}')]
    assert built.steps("sh")[-1]["env"]["DEPLOY_BASE"] == "origin/main"


def test_a_fork_runs_nothing(tmp_path: Path) -> None:
    built = library(tmp_path, "deployPreview()", env={**PULL_REQUEST, "CHANGE_FORK": "someone"})
    assert built.result == "SUCCESS"
    assert not built.steps("node")
    assert "fork" in built.steps("echo")[0]["args"]["message"]


@pytest.mark.parametrize("call", ["deployUp()", "deployPreview()", "deployUp(stacks: 'dev', stack: 'dev')"])
def test_a_call_that_cannot_mean_what_it_says_gets_no_agent(tmp_path: Path, call: str) -> None:
    built = library(tmp_path, call)
    assert built.result == "FAILURE"
    assert not built.steps("node")


def test_an_installed_wheel_serves_as_well(tmp_path: Path) -> None:
    built = library(tmp_path, "deployDrift(setUp: 'true', deploy: 'deploy')")
    assert built.steps("sh")[-1]["args"]["script"] == "deploy drift --all --exit-code"


@pytest.mark.parametrize("file", VARS, ids=lambda file: file.stem)
def test_every_step_has_its_help(file: Path) -> None:
    text = file.with_suffix(".txt").read_text("utf-8")
    assert f"<code>{file.stem}" in text or file.stem == "deployRun"
