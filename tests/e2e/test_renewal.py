"""A run outlasts its sessions: those of the target's role, and those of the machine that holds the state."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.e2e.project import Ended, Project

ROLE = "items-dev-deployment"


def up_meanwhile(project: Project, meanwhile: Callable[[], None], *, seconds: float) -> Ended:
    """Deploy dev, whose function takes `seconds` to be created; once that is going on, do something else."""
    project.power("POST", "delays", {"action": "lambda:CreateFunction", "seconds": seconds, "times": 1})
    ended: list[Ended] = []
    run = threading.Thread(target=lambda: ended.append(project.deploy("up", "--stacks", "dev", "--output", "json")))
    run.start()
    begun = time.monotonic()
    while "items-dev-222222222222" not in project.buckets("dev"):
        assert run.is_alive(), ended
        assert time.monotonic() - begun < 60
        time.sleep(0.05)
    time.sleep(0.5)
    meanwhile()
    run.join()
    return ended[0]


def keys(project: Project, account: str, of_the_run: Callable[[Any], bool]) -> set[str]:
    """The access key ids that the account's trail shows for the run; what IAM was asked is on record in its own region."""
    of_iam = replace(project, sandbox=replace(project.sandbox, region="us-east-1"))
    events = (*project.events(account), *of_iam.events(account))
    return {event["userIdentity"]["accessKeyId"] for event in events if of_the_run(event)}


def issued(project: Project) -> set[str]:
    """The sessions that EC2 got for the instances of the tools account, by their access key ids."""
    return {
        event["responseElements"]["credentials"]["accessKeyId"]
        for event in project.events("tools")
        if event["eventName"] == "AssumeRole" and event["userIdentity"].get("invokedBy") == "ec2.amazonaws.com"
    }


def test_the_role_s_session_ends_in_mid_run(project: Project) -> None:
    done = up_meanwhile(
        project,
        lambda: project.power("POST", "expire", {"roleName": ROLE, "account": "222222222222"}),
        seconds=3,
    )
    assert done.code == 0, done
    assert "FAILED" not in done.err
    session = f"/items-dev-local-{done.json['run']}"
    used = keys(project, "dev", lambda event: session in event["userIdentity"].get("arn", ""))
    assert len(used) >= 2
    audited = project.deploy("audit", done.json["run"], "--output", "json")
    assert audited.code == 0, audited
    assert {account["account"]: account["keys"] for account in audited.json["accounts"]}["222222222222"] == len(used)


def test_the_machine_s_sessions_are_shorter_than_the_run(project: Project) -> None:
    project.power("POST", "lives", {"seconds": 15})
    before = issued(project)
    done = up_meanwhile(project, lambda: None, seconds=20)
    assert done.code == 0, done
    assert "ExpiredToken" not in done.out + done.err
    assert len(issued(project) - before) >= 2
    key = ".pulumi/stacks/items/dev.json"
    state = project.client("tools", "s3").get_object(Bucket="deploy-state-111111111111", Key=key)["Body"].read()
    kept = {entry["urn"] for entry in json.loads(state)["checkpoint"]["latest"]["resources"]}
    assert {change["urn"] for change in done.json["stacks"][0]["resources"]} <= kept


def test_a_session_is_as_long_as_the_stack_says_or_as_aws_gives(project: Project) -> None:
    project.setting("dev", "deploy:sessionDuration", "900")
    short = project.deploy("preview", "--stacks", "dev", "--output", "json")
    assert short.code == 0, short
    assert short.json["stacks"][0]["session"] == {"asked": 900, "got": 900, "why": "as asked"}

    project.setting("dev", "deploy:sessionDuration", "43200")
    longer = project.deploy("preview", "--stacks", "dev", "--output", "json")
    assert longer.code == 0, longer
    session = longer.json["stacks"][0]["session"]
    assert (session["asked"], session["got"]) == (43_200, 3600)
    assert session["why"].startswith("role chaining")
    assert "session of 3600 s instead of 43200 s" in longer.err
    asked = [
        event["requestParameters"]["durationSeconds"]
        for event in project.events("dev")
        if event["eventName"] == "AssumeRole" and longer.json["run"] in json.dumps(event["requestParameters"])
    ]
    assert set(asked) == {3600}
