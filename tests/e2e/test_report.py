"""What is left of a deployment and of a look at it: the report of each, from this folder and from the state bucket."""

from __future__ import annotations

import json
import shutil
from typing import Any

from tests.collector import attributes, listening
from tests.contract.cloud.outsider import at_instance, refusal
from tests.e2e.project import Ended, Project
from tests.receiver import TOKEN, Receiver, receiving
from tests.schemas import problems

STATE = "deploy-state-111111111111"
WHO = {
    "BUILD_USER_ID": "alice",
    "BUILD_URL": "https://jenkins.example/job/items/7/",
    "DEPLOY_APPROVED_BY": "eve",
    "DEPLOY_REASON": "hot fix",
}


def test_a_deployment_and_a_look_at_it_are_told_in_full(project: Project) -> None:
    with listening() as collector, receiving() as team:
        traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
        told = {"DEPLOY_NOTIFY_URLS": team.url, "DEPLOY_NOTIFY": "all"}
        up = project.deploy("up", "--stacks", "dev,staging", "--output", "json", env={**WHO, **traced, **told})
    assert up.code == 0, up
    told_that_it_went_well(project, up, team)
    run = up.json["run"]
    assert attributes(collector.span("up items"))["cicd.pipeline.run.id"] == run
    assert attributes(collector.span("staging"))["cloud.account.id"] == "333333333333"
    assert [metric.name for metric in collector.metrics] == ["cicd.pipeline.run.duration"]

    page = project.root / "run.html"
    written = project.deploy("report", "latest", "--format", "html", "--file", str(page))
    assert written.code == 0, written
    said = page.read_text("utf-8")
    versions = {stack["stack"]: stack["outputs"]["version"] for stack in up.json["stacks"]}
    for fact in (run, "222222222222", "333333333333", "alice", "eve approved the run", "hot fix"):
        assert fact in said
    assert f"account 222222222222, stack dev, version {versions['dev']}" in said
    assert f"account 333333333333, stack staging, version {versions['staging']}" in said
    assert 'href="https://jenkins.example/job/items/7/"' in said
    assert "in this folder and in the state bucket" in said

    here = project.deploy("report", run[:-2], "--format", "json")
    assert here.code == 0, here
    assert problems("run-report", here.json) == []
    phases = [segment["phase"] for segment in here.json["stacks"][0]["segments"]]
    assert phases == ["preview", "wait", "operation", "smoke test"]
    shutil.rmtree(project.root / ".deploy" / "runs")
    away = project.deploy("report", run, "--output", "json")
    assert away.code == 0, away
    assert {**away.json, "record": None} == {**here.json, "record": None}
    assert away.json["record"] == {"here": False, "kept": True}

    versioning = {"Bucket": "items-dev-222222222222", "VersioningConfiguration": {"Status": "Suspended"}}
    project.client("dev", "s3").put_bucket_versioning(**versioning)
    told_of_drift(project)
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

    accounts = project.deploy("report", "--all", "--format", "json")
    assert problems("overview", accounts.json) == []
    stacks = {one["stack"]: one for account in accounts.json["accounts"] for one in account["stacks"]}
    assert {name: one["is"] for name, one in stacks.items() if not name.endswith("access")} == {
        "tools": "deployed",
        "dev": "drifted",
        "staging": "deployed",
        "prod": "not deployed",
    }
    assert (stacks["dev"]["changed"]["run"], stacks["dev"]["looked"]["run"]) == (run, look["run"])
    assert stacks["dev"]["version"] == versions["dev"]

    compared = project.deploy("compare", "dev", "staging", "--output", "json")
    assert {one["what"]: (one["left"], one["right"]) for one in compared.json["differences"]} == {
        "items:logRetentionDays": (30, 90),
        "items:maxItemBytes": (65536, 262144),
        "lambda/function items environment.variables.MAX_ITEM_BYTES": ("65536", "262144"),
    }

    history = project.deploy("history", "--output", "json")
    assert problems("history", json.loads(history.out)) == []
    assert [(one["run"], one["operation"]) for one in history.json["runs"]] == [
        (look["run"], "drift"),
        (run, "up"),
        *[(one["run"], "bootstrap") for one in history.json["runs"][2:]],
    ]


def told_that_it_went_well(project: Project, up: Ended, team: Receiver) -> None:
    """The team has been told; the address that it is told by is nowhere."""
    (message,) = team.messages
    assert message["title"] == "items: up of dev and staging on sandbox: succeeded"
    assert {"asked by: alice", "reason: hot fix"} <= set(message["message"].splitlines())
    files = [file for file in (project.root / ".deploy").rglob("*") if file.is_file()]
    assert len(files) > len(("record", "logs"))
    everything = up.out + up.err + "".join(file.read_text("utf-8", "replace") for file in files)
    assert TOKEN not in everything


def told_of_drift(project: Project) -> None:
    """Who can be reached is told; who cannot, changes nothing."""
    with receiving() as team:
        urls = f"json://127.0.0.1:1/{TOKEN} {team.url}"
        drift = project.deploy("drift", "--stacks", "dev,staging", "--exit-code", env={"DEPLOY_NOTIFY_URLS": urls})
    assert drift.code == 5, drift
    assert "the 1. (json) of 2 has not taken the message" in drift.err
    assert TOKEN not in drift.out + drift.err
    (message,) = team.messages
    assert message["title"].endswith(": drift")
    assert "expected Enabled, found Suspended; by " in message["message"]


def test_a_record_that_is_altered_cut_off_or_gone_is_found(project: Project) -> None:
    """Whoever holds the deploy role cannot do it; what an administrator does is seen."""
    run, later = (project.deploy("up", "--stacks", "dev", "--output", "json").json["run"] for _ in range(2))
    verified = project.deploy("history", "--verify", "--output", "json")
    assert verified.code == 0, verified
    assert problems("record-check", verified.json) == []
    assert {each["verdict"] for each in verified.json["records"]} == {"whole"}
    assert {run, later} <= {each["run"] for each in verified.json["records"]}

    kept = {"Bucket": STATE, "Key": f".deploy/runs/{run}.jsonl"}
    jenkins, root = at_instance(project.sandbox, "jenkins-deploy").client("s3"), project.client("tools", "s3")
    record: bytes = jenkins.get_object(**kept)["Body"].read()
    lines = record.splitlines(keepends=True)
    without = b"".join(lines[:3] + lines[4:])
    assert refusal(lambda: jenkins.put_object(**kept, Body=without))[0] == "AccessDenied"
    assert refusal(lambda: jenkins.put_object(**kept, Body=without, IfNoneMatch="*"))[0] == "PreconditionFailed"
    assert refusal(lambda: jenkins.delete_object(**kept))[0] == "AccessDenied"

    shutil.rmtree(project.root / ".deploy" / "runs" / run)
    for content, says in (
        (without, f"{run} ALTERED: line 4: it is event 5 of its run: lines are missing"),
        (b"".join(lines[:-1]), f"{run} ALTERED: line {len(lines) - 1}: it does not say how the run ended"),
        (
            record.replace(b'"exit_code": 0', b'"exit_code": 1'),
            f"{run} ALTERED: line {len(lines)}: its last line is not",
        ),
        (None, f"{run} MISSING: run {later} came after it"),
    ):
        root.put_object(**kept, Body=content) if content is not None else remove(root, f".deploy/runs/{run}")
        found = project.deploy("history", "--verify")
        assert found.code == 1, found
        assert says in found.flat, found
    root.put_object(**kept, Body=record)
    one = project.deploy("history", "--verify", run)
    assert (one.code, one.out.splitlines()[-1]) == (0, "1 record: 1 whole"), one


def remove(s3: Any, prefix: str) -> None:
    """Take away whatever begins so, the lines that were sent while the run went on as well."""
    for entry in s3.list_objects_v2(Bucket=STATE, Prefix=prefix)["Contents"]:
        s3.delete_object(Bucket=STATE, Key=entry["Key"])


def test_a_run_that_nobody_knows_is_no_run(project: Project) -> None:
    unknown = project.deploy("report", "20200101-0000-abcdef")
    assert unknown.code == 2, unknown
    assert "no run 20200101-0000-abcdef is on record" in unknown.err
