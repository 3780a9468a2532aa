"""The Jenkinsfile with its commands really run, against a sandbox: what a build leaves in the accounts and on its page."""

from __future__ import annotations

import shutil
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.project import DEPLOY, Project
from tests.jenkins.harness import LIMIT, ROOT, build, needs_harness

pytestmark = [needs_harness, pytest.mark.sandbox, pytest.mark.engine, pytest.mark.timeout(LIMIT + 240)]

REASON = 'it\'s "the" $first'


def test_a_build_deploys_and_keeps_what_it_did(project: Project) -> None:
    (project.root / "Makefile").write_text("setup:\n\t@echo ready\n", "utf-8")
    (project.root / ".venv" / "bin").mkdir(parents=True)
    (project.root / ".venv" / "bin" / "deploy").symlink_to(DEPLOY)

    built = build(
        ROOT / "Jenkinsfile",
        project.root / ".deploy",
        "--execute",
        "--cwd",
        project.root,
        causes=["UserIdCause"],
        params={"STACKS": "dev", "REASON": 'it\'s "the" $first'},
    )

    assert built.result == "SUCCESS", built.raw
    assert built.stages == ["Deploy", "Deploy/dev"]
    assert project.functions("dev") == ["items-dev"]
    assert project.functions("staging") == []
    cases = ET.parse(project.root / ".deploy" / "out" / "dev.xml").getroot()  # noqa: S314 -- our own document
    assert {case.get("name") for case in cases.findall("testsuite[@name='dev']/testcase")} >= {"up", "smoke test"}
    (junit,), (archive,) = built.steps("junit"), built.steps("archiveArtifacts")
    assert junit["matched"] == [".deploy/out/dev.xml"]
    assert any(name.endswith("/events.jsonl") for name in archive["matched"]), archive
    console = next(step for step in built.steps("sh") if "up --stacks" in step["args"]["script"])
    assert "\x1b" not in console["stdout"] + console["stderr"]

    shutil.rmtree(project.root / ".deploy" / "runs")  # another agent's folder: the record is in the state bucket
    (run,) = [
        run
        for run in project.deploy("history", "--output", "json").json["runs"]
        if run["operation"] == "up"
        and not run["stacks"][0]["stack"].endswith("-access")
        and run["stacks"][0]["stack"] != "tools"
    ]
    assert (run["exitCode"], run["reason"]) == (0, REASON)
    assert [(step["stack"], step["result"], step["version"]) for step in run["stacks"]] == [("dev", "succeeded", "1")]
    assert run["identity"].startswith("arn:aws:sts::111111111111:assumed-role/jenkins-deploy/")
