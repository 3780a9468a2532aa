"""Two agents and one stack: the lease lets one of them deploy, and tells the other who that is before it touches anything."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from deploy_sandbox.accounts import ACCOUNTS
from tests.e2e.project import SANDBOX, Project

STATE = "deploy-state-111111111111"
SERVICES = {"s3.amazonaws.com", "lambda.amazonaws.com", "apigateway.amazonaws.com"}


def another_agent(project: Project, folder: Path) -> Project:
    """The same commit on a machine of its own, deploying to the same accounts."""
    shutil.copytree(project.root, folder, ignore=shutil.ignore_patterns(".deploy"))
    return replace(project, root=folder)


def lease(project: Project, stack: str) -> Mapping[str, Any]:
    """Who holds the stack, or held it last."""
    kept = project.client("tools", "s3").get_object(Bucket=STATE, Key=f".deploy/leases/items/{stack}.json")
    found: Mapping[str, Any] = json.loads(kept["Body"].read())
    return found


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
        by = lease(project, "dev")
        doctor = second.deploy("doctor", env={"DEPLOY_SANDBOX_HOME": str(project.root / SANDBOX)})
        done = first.result()
    assert refused.code == 3, refused
    named = f"dev is being deployed by run {by['run']} on {by['process']['host']} (pid {by['process']['pid']})"
    assert f"lease: {named}" in refused.err
    assert "--lock-timeout 10m" in refused.err
    assert named in doctor.out, doctor
    assert "nobody has held it" in doctor.out
    assert by["run"] == done.json["run"]
    assert (lease(project, "dev")["run"], lease(project, "dev")["released"]) == (by["run"], True)
    assert done.code == 0, done
    assert writers(project) == {
        f"arn:aws:sts::{ACCOUNTS['dev']}:assumed-role/items-dev-deployment/items-dev-local-{done.json['run']}"
    }
    assert project.client("dev", "lambda").get_function_configuration(FunctionName="items-dev")["MemorySize"] != 512

    after = second.deploy("up", "--stacks", "dev", env={"DEPLOY_SANDBOX_HOME": str(project.root / SANDBOX)})
    assert after.code == 0, after
    assert project.client("dev", "lambda").get_function_configuration(FunctionName="items-dev")["MemorySize"] == 512


def test_of_two_that_begin_at_once_one_deploys_and_the_other_has_touched_nothing(
    project: Project, tmp_path: Path
) -> None:
    second = another_agent(project, tmp_path / "second")
    home = {"DEPLOY_SANDBOX_HOME": str(project.root / SANDBOX)}
    with ThreadPoolExecutor(max_workers=2) as pool:
        both = [
            pool.submit(one.deploy, "up", "--stacks", "dev,staging", "--yes", env=home) for one in (project, second)
        ]
        winner, loser = sorted((one.result() for one in both), key=lambda one: one.code)
    assert (winner.code, loser.code) == (0, 3), (winner, loser)
    by = lease(project, "dev")["run"]
    assert by == lease(project, "staging")["run"]
    assert f"is being deployed by run {by} on " in loser.err
    assert "engine failed" not in loser.err + loser.out
    assert len(writers(project)) == 1
    assert project.apis("staging") == ["items-staging"]


def test_who_is_patient_waits_for_the_other_and_goes_on(project: Project, tmp_path: Path) -> None:
    second = another_agent(project, tmp_path / "second")
    home = {"DEPLOY_SANDBOX_HOME": str(project.root / SANDBOX)}
    project.power("POST", "delays", {"action": "lambda:CreateFunction", "seconds": 15, "times": 1})
    with ThreadPoolExecutor(max_workers=1) as pool:
        first = pool.submit(project.deploy, "up", "--stacks", "dev", "--yes", "--output", "json")
        wait_for_the_function(project)
        waited = second.deploy("up", "--stacks", "dev", "--yes", "--lock-timeout", "3m", env=home)
        done = first.result()
    assert (done.code, waited.code) == (0, 0), (done, waited)
    assert f"waiting, for 3 min at most: dev is being deployed by run {done.json['run']} on " in waited.err
    assert project.functions("dev") == ["items-dev"]
