"""What is left of a deployment and of a look at it: the report of each, from this folder and from the state bucket."""

from __future__ import annotations

import json
import shutil

from tests.e2e.project import Project
from tests.schemas import problems

WHO = {
    "BUILD_USER_ID": "alice",
    "BUILD_URL": "https://jenkins.example/job/items/7/",
    "DEPLOY_APPROVED_BY": "eve",
    "DEPLOY_REASON": "hot fix",
}


def test_a_deployment_and_a_look_at_it_are_told_in_full(project: Project) -> None:
    up = project.deploy("up", "--stacks", "dev,staging", "--output", "json", env=WHO)
    assert up.code == 0, up
    run = up.json["run"]

    page = project.root / "run.html"
    written = project.deploy("report", "latest", "--format", "html", "--file", str(page))
    assert written.code == 0, written
    said = page.read_text("utf-8")
    versions = {stack["stack"]: stack["outputs"]["version"] for stack in up.json["stacks"]}
    for fact in (run, "222222222222", "333333333333", "alice", "eve approved the run", "hot fix"):
        assert fact in said
    assert f"account 222222222222, version {versions['dev']}" in said
    assert f"account 333333333333, version {versions['staging']}" in said
    assert 'href="https://jenkins.example/job/items/7/"' in said
    assert "in this folder and in the state bucket" in said

    here = project.deploy("report", run[:-2], "--format", "json")
    assert here.code == 0, here
    assert problems("run-report", here.json) == []
    assert [segment["phase"] for segment in here.json["stacks"][0]["segments"]] == ["operation", "smoke test"]
    shutil.rmtree(project.root / ".deploy" / "runs")
    away = project.deploy("report", run, "--output", "json")
    assert away.code == 0, away
    assert {**away.json, "record": None} == {**here.json, "record": None}
    assert away.json["record"] == {"here": False, "kept": True}

    versioning = {"Bucket": "items-dev-222222222222", "VersioningConfiguration": {"Status": "Suspended"}}
    project.client("dev", "s3").put_bucket_versioning(**versioning)
    assert project.deploy("drift", "--stacks", "dev,staging", "--exit-code").code == 5
    look = project.deploy("report", "latest", "--format", "json").json
    assert look["operation"] == "drift"
    assert look["record"] == {"here": True, "kept": False}
    ((found,), others) = (stack["drift"] for stack in look["stacks"])
    assert (found["diff"]["old"], found["diff"]["new"], found["call"]) == (
        "Enabled",
        "Suspended",
        "PutBucketVersioning",
    )
    assert others == []

    history = project.deploy("history", "--output", "json")
    assert problems("history", json.loads(history.out)) == []
    assert [(one["run"], one["operation"]) for one in history.json["runs"]] == [
        (look["run"], "drift"),
        (run, "up"),
        *[(one["run"], "bootstrap") for one in history.json["runs"][2:]],
    ]


def test_a_run_that_nobody_knows_is_no_run(project: Project) -> None:
    unknown = project.deploy("report", "20200101-0000-abcdef")
    assert unknown.code == 2, unknown
    assert "no run 20200101-0000-abcdef is on record" in unknown.err
