"""The Jenkinsfile of a new project, executed: its stages are its stacks, and `deploy` is the one that is installed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy_driver.config.new_project import NewAccount, NewProject
from deploy_driver.render.project import project_files
from tests.e2e.project import DEPLOY
from tests.jenkins.harness import BRANCH, LIMIT, PULL_REQUEST, Built, build, needs_harness

pytestmark = [needs_harness, pytest.mark.timeout(LIMIT + 30)]


def pipeline(folder: Path, *envs: str, **scenario: Any) -> Built:
    return build(written(*envs)["Jenkinsfile"], folder, **scenario)


def written(*envs: str) -> Mapping[str, str]:
    accounts = tuple(NewAccount(env, f"{number}" * 12) for number, env in enumerate(envs, 2))
    return project_files(NewProject("orders", "1" * 12, accounts, "eu-central-1"), lambda: "0")


def test_the_last_account_asks(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    for name, text in written("test", "qa-1", "live").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    plan = folder / ".deploy" / "out" / "plan-live" / "plan.md"
    plan.parent.mkdir(parents=True)
    plan.write_text("## Preview: 1 to create\n", "utf-8")
    built = build(
        folder / "Jenkinsfile",
        tmp_path,
        "--execute",
        "--cwd",
        folder,
        env={**BRANCH, "PATH": f"{DEPLOY.parent}:{os.environ['PATH']}"},
        sh=[{"match": f"deploy {verb}", "override": True} for verb in ("setup", "preview", "up")],
        input={"action": "approve", "submitter": "eve"},
    )
    assert built.result == "SUCCESS", built.raw
    assert built.stages == ["Deploy", "Deploy/Plan", "Deploy/test", "Deploy/qa-1", "Deploy/live"]
    assert built.commands[-3:] == [
        ("deploy", 'deploy up --stacks "$STACK" --yes --junit "$OUT/$STACK.xml"'),
        ("deploy", 'deploy up --stacks "$STACK" --yes --junit "$OUT/$STACK.xml"'),
        ("deploy", 'deploy up --plan "$OUT/plan-$STACK" --yes --junit "$OUT/$STACK.xml"'),
    ]
    (question,) = (step["args"]["message"] for step in built.steps("input"))
    assert question.startswith("Deploy this plan to live?\n\n1 to create\n")


def test_who_comments_runs_nothing_of_the_pull_request(tmp_path: Path) -> None:
    built = pipeline(tmp_path, "dev", env={**PULL_REQUEST, "GITHUB_REPOSITORY": "us/orders"})
    assert built.stages == ["Pull request", "Pull request/Preview", "Pull request/Comment"]
    there = [step for step in built.raw["steps"] if step["node"] == "deploy-comment" and step.get("kind") != "implicit"]
    did = [step["args"].get("script", step["step"]) for step in there]
    assert did == ["deleteDir", "unstash", "deploy comment $OUT/preview.md"]
