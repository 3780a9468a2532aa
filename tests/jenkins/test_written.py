"""The Jenkinsfile of a new project, executed: its stages are its accounts, and `deploy` is the one that is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy_driver.config.new_project import NewAccount, NewProject
from deploy_driver.render.project import project_files
from tests.jenkins.harness import LIMIT, PULL_REQUEST, Built, build, needs_harness

pytestmark = [needs_harness, pytest.mark.timeout(LIMIT + 30)]


def pipeline(folder: Path, *envs: str, **scenario: Any) -> Built:
    accounts = tuple(NewAccount(env, f"{number}" * 12) for number, env in enumerate(envs, 2))
    orders = NewProject("orders", "1" * 12, accounts, "eu-central-1")
    return build(project_files(orders, lambda: "0")["Jenkinsfile"], folder, **scenario)


def test_every_account_has_its_stage_and_the_last_one_asks(tmp_path: Path) -> None:
    built = pipeline(tmp_path, "test", "qa-1", "live", input={"action": "approve", "submitter": "eve"})
    assert built.result == "SUCCESS"
    assert built.stages == ["Deploy", "Deploy/Plan live", "Deploy/test", "Deploy/qa-1", "Deploy/live"]
    assert built.commands == [
        ("deploy", "deploy preview --stacks live --save $OUT/plan --expires-in 28h --junit $OUT/plan.xml"),
        ("deploy", "deploy up --stacks test --yes --junit $OUT/test.xml"),
        ("deploy", "deploy up --stacks qa-1 --yes --junit $OUT/qa-1.xml"),
        ("deploy", "deploy up --plan $OUT/plan --yes --junit $OUT/live.xml"),
    ]
    assert sum("&& deploy setup" in step["args"]["script"] for step in built.ran) == 4
    (question,) = (step["args"] for step in built.steps("input"))
    assert question["message"].startswith("Deploy this plan to live?")


def test_one_account_alone_asks(tmp_path: Path) -> None:
    built = pipeline(tmp_path, "live", input={"action": "none"})
    assert built.result == "ABORTED"
    assert built.stages == ["Deploy", "Deploy/Plan live", "Deploy/live"]


def test_who_comments_runs_nothing_of_the_pull_request(tmp_path: Path) -> None:
    built = pipeline(tmp_path, "dev", env={**PULL_REQUEST, "GITHUB_REPOSITORY": "us/orders"})
    assert built.stages == ["Pull request", "Pull request/Preview", "Pull request/Comment"]
    there = [step for step in built.raw["steps"] if step["node"] == "deploy-comment" and step.get("kind") != "implicit"]
    did = [step["args"].get("script", step["step"]) for step in there]
    assert did == ["deleteDir", "unstash", "deploy comment $OUT/preview.md"]
