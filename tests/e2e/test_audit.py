"""What a run did, read back from both accounts' trails by `deploy audit`."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from deploy_driver import remedies
from deploy_sandbox.accounts import ACCOUNTS
from tests.carried import gone, printed
from tests.e2e.project import Ended, Project


def audited(project: Project, run: str, *options: str) -> Ended:
    return project.deploy("audit", run, "--output", "json", *options)


def calls(picture: Any, account: str) -> set[str]:
    (found,) = [entry for entry in picture["accounts"] if entry["account"] == ACCOUNTS[account]]
    return {call["call"] for call in found["calls"]}


def test_a_run_is_complete_from_the_event_history_and_from_the_delivered_files(project: Project) -> None:
    done = project.deploy("up", "--stacks", "dev", "--output", "json", env={"BUILD_NUMBER": "42"})
    assert done.code == 0, done
    run = done.json["run"]

    looked_up = audited(project, run)
    assert looked_up.code == 0, looked_up
    assert looked_up.json["findings"] == []
    assert [entry["account"] for entry in looked_up.json["accounts"]] == [ACCOUNTS["tools"], ACCOUNTS["dev"]]
    assert calls(looked_up.json, "dev") >= {"s3:CreateBucket", "apigateway:CreateApi", "lambda:CreateFunction20150331"}
    assert calls(looked_up.json, "tools") >= {"sts:AssumeRole", "kms:Decrypt"}
    assert {entry["sourceIdentity"] for entry in looked_up.json["entrances"]} == {f"items-dev-b42-{run}"}
    assert all(entry["tools"] and entry["target"] for entry in looked_up.json["entrances"])

    delivered = audited(project, "latest", "--source", "delivered", "--wait", "15")
    assert delivered.code == 0, delivered
    assert calls(delivered.json, "dev") == calls(looked_up.json, "dev")
    assert delivered.json["entrances"] == looked_up.json["entrances"]

    shutil.rmtree(project.root / ".deploy" / "runs" / run)
    nobodys = "20200101-0000-abcdef"
    unknown = audited(project, nobodys)
    assert (unknown.code, nobodys in unknown.err) == (2, True), unknown
    [history] = printed(remedies.RUNS_OF_FOLDER, unknown.err).commands
    assert run in {one["run"] for one in project.deploy(*history[1:], "--output", "json").json["runs"]}
    from_trails_alone = audited(project, run)
    assert from_trails_alone.code == 0, from_trails_alone
    assert from_trails_alone.json["recorded"] is False
    assert calls(from_trails_alone.json, "dev") == calls(looked_up.json, "dev")
    gone(remedies.RUNS_OF_FOLDER, from_trails_alone.err)


@pytest.mark.both_plugins
def test_a_run_that_was_refused_something_says_so(project: Project) -> None:
    fault = {"action": "s3:PutBucketPolicy", "error": "AccessDenied", "status": 403, "times": 9}
    project.power("POST", "faults", fault)
    failed = project.deploy("up", "--stacks", "dev", "--output", "json")
    assert failed.code == 1, failed
    seen = audited(project, failed.json["run"])
    assert seen.code == 1, seen
    assert {finding["kind"] for finding in seen.json["findings"]} == {"denied call"}
    assert "s3:PutBucketPolicy" in seen.json["findings"][0]["fact"]


def test_a_trail_that_may_not_be_read_is_no_empty_trail(project: Project) -> None:
    done = project.deploy("preview", "--stacks", "dev", "--output", "json")
    assert audited(project, done.json["run"]).code == 0
    policies = {"RoleName": "items-dev-preview"}
    iam = project.client("dev", "iam")
    for name in iam.list_role_policies(**policies)["PolicyNames"]:
        iam.delete_role_policy(**policies, PolicyName=name)
    closed = audited(project, done.json["run"])
    assert closed.code == 3, closed
    assert "event history of 222222222222" in closed.err
