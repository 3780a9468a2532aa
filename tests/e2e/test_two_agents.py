"""Two agents and one stack: the lock lets one of them deploy, and tells the other who that is before it touches anything."""

from __future__ import annotations

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from deploy_sandbox.accounts import ACCOUNTS
from tests.e2e.conftest import SANDBOX
from tests.e2e.project import Project

STATE = "deploy-state-111111111111"
LOCKS = ".pulumi/locks/organization/items/dev/"
SERVICES = {"s3.amazonaws.com", "lambda.amazonaws.com", "apigateway.amazonaws.com"}


def another_agent(project: Project, folder: Path) -> Project:
    """The same commit on a machine of its own, deploying to the same accounts."""
    shutil.copytree(project.root, folder, ignore=shutil.ignore_patterns(".deploy"))
    return replace(project, root=folder)


def holder(project: Project) -> str:
    """Who has locked the stack; empty when nobody has."""
    s3 = project.client("tools", "s3")
    for entry in s3.list_objects_v2(Bucket=STATE, Prefix=LOCKS).get("Contents", []):
        lock = json.loads(s3.get_object(Bucket=STATE, Key=entry["Key"])["Body"].read())
        return f"{lock['username']}@{lock['hostname']} (pid {lock['pid']})"
    return ""


def wait_for_the_function(project: Project) -> None:
    """Until the engine is about to make it, and waits for AWS."""
    end = time.monotonic() + 120
    while f"items-dev-{ACCOUNTS['dev']}" not in project.buckets("dev"):
        assert time.monotonic() < end, "nobody deploys"
        time.sleep(0.1)


def writers(project: Project) -> set[str]:
    """Who wrote to what is the service's, by role session."""
    return {
        event["userIdentity"].get("arn")
        for event in project.events("dev")
        if event["eventSource"] in SERVICES
        and not event["readOnly"]
        and "items-dev" in json.dumps(event.get("requestParameters"))
    }


def test_the_second_is_refused_by_name_of_the_first_and_touches_nothing(project: Project, tmp_path: Path) -> None:
    second = another_agent(project, tmp_path / "second")
    second.setting("dev", "items:memory", "512")
    project.power("POST", "delays", {"action": "lambda:CreateFunction", "seconds": 30, "times": 1})
    with ThreadPoolExecutor(max_workers=1) as pool:
        first = pool.submit(project.deploy, "up", "--stacks", "dev", "--output", "json")
        wait_for_the_function(project)
        refused = second.deploy("up", "--stacks", "dev", env={"DEPLOY_SANDBOX_HOME": str(project.root / SANDBOX)})
        by = holder(project)
        done = first.result()
    assert refused.code == 3, refused
    assert by
    assert f"the stack is locked by {by} since " in refused.err
    assert done.code == 0, done
    assert writers(project) == {
        f"arn:aws:sts::{ACCOUNTS['dev']}:assumed-role/items-dev-deployment/items-dev-local-{done.json['run']}"
    }
    assert project.client("dev", "lambda").get_function_configuration(FunctionName="items-dev")["MemorySize"] != 512

    after = second.deploy("up", "--stacks", "dev", env={"DEPLOY_SANDBOX_HOME": str(project.root / SANDBOX)})
    assert after.code == 0, after
    assert project.client("dev", "lambda").get_function_configuration(FunctionName="items-dev")["MemorySize"] == 512
