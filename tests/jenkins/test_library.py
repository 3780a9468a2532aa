"""The shared library, executed: what each step runs, where, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy_driver.run.build_info import began
from tests.e2e.project import DEPLOY, copy_project
from tests.jenkins.harness import ACCOUNTS, LIMIT, PULL_REQUEST, ROOT, Built, build, needs_harness

pytestmark = [needs_harness, pytest.mark.timeout(LIMIT + 30)]

VARS = sorted((ROOT / "vars").glob("*.groovy"))
REPORTED = '--ledger "${DEPLOY_DRIFT_LEDGER:-$HOME/.local/state/deploy/$JOB_NAME/drift.json}" --reports $OUT'
PREVIEWED = "--output markdown --file $OUT/preview.md --junit $OUT/preview.xml"


def library(folder: Path, call: str, *options: str | Path, **scenario: Any) -> Built:
    return build(f"@Library('deploy') _\n{call}\n", folder, "--library", ROOT, *options, **scenario)


def test_a_reason_reaches_the_record_as_it_was_typed(tmp_path: Path) -> None:
    """Jenkins expands `$NAME` in what `withEnv` is given, and makes `$` of `$$`; the harness does neither."""
    built = library(tmp_path, """deployUp(stacks: 'dev', reason: 'to pay $5, says $AWS_REGION')""")
    assert built.ran[-1]["env"]["DEPLOY_REASON"] == "to pay $$5, says $$AWS_REGION"


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
        ("deployDrift()", "deploy-drift", f"deploy drift --all {REPORTED}", ""),
        ("deployDrift(stacks: 'prod')", "deploy-drift", f'deploy drift --stacks "$DEPLOY_STACKS" {REPORTED}', "prod"),
    ],
)
def test_a_step_runs_one_command_and_keeps_what_it_left(
    tmp_path: Path, call: str, agent: str, command: str, stacks: str
) -> None:
    for status, result in ((0, "SUCCESS"), (1, "FAILURE")):
        built = library(tmp_path, call, sh=[{"match": "bin/deploy", "status": status}])
        assert built.result == result
        assert built.commands == [(agent, command)]
        assert built.ran[-1]["env"]["DEPLOY_STACKS"] == stacks
        assert "timeout" in built.within(built.ran[-1])
        assert built.steps("junit")
        assert built.steps("archiveArtifacts")


@pytest.mark.parametrize(("look", "report", "result"), [(0, 0, "SUCCESS"), (0, 3, "SUCCESS"), (1, 0, "FAILURE")])
def test_a_look_for_drift_leaves_a_page_of_all_accounts(tmp_path: Path, look: int, report: int, result: str) -> None:
    scripts = [{"match": "deploy drift", "status": look}, {"match": "deploy report --all", "status": report}]
    built = library(tmp_path, "deployDrift()", sh=scripts)
    assert built.result == result
    (page,) = [step for step in built.steps("sh") if step["args"].get("label") == ACCOUNTS]
    assert (page["node"], page["status"]) == ("deploy-drift", report)
    assert ["caught" in step for step in built.steps("catchError")] == [report != 0]
    assert built.steps("archiveArtifacts")[0]["i"] > page["i"]


def test_a_pull_request_is_previewed_against_its_target(tmp_path: Path) -> None:
    built = library(tmp_path, "deployPreview()", env=PULL_REQUEST)
    assert built.commands == [("deploy-preview", f'deploy preview --affected --base "$DEPLOY_BASE" {PREVIEWED}')]
    assert built.ran[-1]["env"]["DEPLOY_BASE"] == "origin/main"
    assert built.steps("sh")[1]["args"]["script"].startswith("git fetch ")


@pytest.mark.parametrize(("status", "result"), [(0, "SUCCESS"), (1, "FAILURE")])
def test_a_preview_is_commented_by_an_agent_that_runs_the_target_branch_s_code(
    tmp_path: Path, status: int, result: str
) -> None:
    env = {**PULL_REQUEST, "GITHUB_REPOSITORY": "us/items"}
    built = library(tmp_path, "deployPreview()", env=env, sh=[{"match": "deploy preview", "status": status}])
    assert built.result == result
    assert [node for node, _ in built.commands] == ["deploy-preview", "deploy-comment"]
    assert built.commands[1][1] == "deploy comment ../.deploy/out/preview.md"
    (switched,) = [step for step in built.steps("sh") if step["args"]["script"].startswith("git checkout")]
    assert switched["node"] == "deploy-comment"
    assert "deleteDir" in [step["step"] for step in built.raw["steps"]]


def test_a_comment_that_cannot_be_posted_fails_the_build(tmp_path: Path) -> None:
    env = {**PULL_REQUEST, "GITHUB_REPOSITORY": "us/items"}
    built = library(tmp_path, "deployPreview()", env=env, sh=[{"match": "deploy comment", "status": 3}])
    assert built.result == "FAILURE"


def test_nobody_comments_where_nobody_is_asked_to(tmp_path: Path) -> None:
    env = {**PULL_REQUEST, "GITHUB_REPOSITORY": "us/items"}
    built = library(tmp_path, "deployPreview(comment: '')", env=env)
    assert [node for node, _ in built.commands] == ["deploy-preview"]


def test_a_fork_runs_nothing(tmp_path: Path) -> None:
    built = library(tmp_path, "deployPreview()", env={**PULL_REQUEST, "CHANGE_FORK": "someone"})
    assert built.result == "SUCCESS"
    assert not built.steps("node")
    assert "fork" in built.steps("echo")[0]["args"]["message"]


@pytest.mark.parametrize(
    "call",
    [
        "deployUp()",
        "deployPreview()",
        "deployUp(stacks: 'dev', stack: 'dev')",
        "deployPreview(stack: 'dev', stacks: 'dev')",
    ],
)
def test_a_call_that_cannot_mean_what_it_says_gets_no_agent(tmp_path: Path, call: str) -> None:
    built = library(tmp_path, call)
    assert built.result == "FAILURE"
    assert not built.steps("node")


def test_an_installed_wheel_serves_as_well(tmp_path: Path) -> None:
    built = library(tmp_path, "deployDrift(setUp: 'true', deploy: 'deploy')")
    assert built.ran[-1]["args"]["script"] == f"deploy drift --all {REPORTED}"


THREE = """
[stacks.dev]
[stacks.staging]
[stacks.prod]
needs = ["dev", "staging"]
"""


@pytest.mark.parametrize(
    ("failing", "built_stacks", "result"),
    [("none", "dev staging prod", "SUCCESS"), ("staging", "dev staging", "FAILURE")],
)
def test_waves_go_one_after_the_other_and_each_stack_has_an_agent_of_its_own(
    tmp_path: Path, failing: str, built_stacks: str, result: str
) -> None:
    folder = copy_project(tmp_path / "project")
    text = (folder / "deploy.toml").read_text("utf-8")
    (folder / "deploy.toml").write_text(text[: text.index("[stacks.dev]")] + THREE, "utf-8")
    agents = tmp_path / "deploy"
    agents.write_text(
        f'#!/bin/bash\n[ "$1" != up ] && exec {DEPLOY} "$@"\n[ "$DEPLOY_STACKS" != {failing} ]\n', "utf-8"
    )
    agents.chmod(0o755)
    call = f"deployWaves(setUp: 'true', deploy: '{agents}')"
    built = library(tmp_path, call, "--execute", "--cwd", folder)
    assert built.result == result, built.raw
    ups = [step for step in built.steps("sh") if "deploy up" in step["args"]["script"]]
    assert [step["env"]["DEPLOY_STACKS"] for step in ups] == built_stacks.split()
    nodes = [
        next(index for index in reversed(step["within"]) if built.raw["steps"][index]["step"] == "node") for step in ups
    ]
    assert len(set(nodes)) == len(ups)
    assert {step["node"] for step in ups} == {"deploy"}
    branches = [step["args"]["branches"] for step in built.steps("parallel")]
    assert branches == [["dev", "staging"], ["prod"]][: len(branches)]
    (whole,) = {step["env"]["DEPLOY_PART_OF"] for step in ups}
    began(whole)  # the form of a run's id
    (report,) = [step for step in built.steps("sh") if step["args"].get("label") == "Report of all"]
    assert report["env"]["DEPLOY_PART_OF"] == whole
    assert report["status"] == 3  # no accounts here to ask: the build is what became of the stacks


@pytest.mark.parametrize("file", VARS, ids=lambda file: file.stem)
def test_every_step_has_its_help(file: Path) -> None:
    text = file.with_suffix(".txt").read_text("utf-8")
    assert f"<code>{file.stem}" in text
