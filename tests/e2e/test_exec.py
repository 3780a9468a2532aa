"""`deploy exec -- pulumi`: the engine on a stack's own state, as a run of the driver uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.planted import STATE
from tests.e2e.project import Ended, Project
from tests.typed import typed


@pytest.fixture
def deployed(project: Project) -> Project:
    done = project.deploy("up", "--stacks", "dev")
    assert done.code == 0, done
    return project


def pulumi(project: Project, *arguments: str, stack: str = "dev") -> Ended:
    return project.deploy("exec", "--stack", stack, "--", "pulumi", *arguments)


def test_pulumi_works_on_the_stack_that_is_named(deployed: Project, tmp_path: Path) -> None:
    outputs = json.loads(deployed.deploy("outputs", "--stacks", "dev", "-o", "json").out)
    assert pulumi(deployed, "stack", "output", "--json").json == outputs["dev"]
    assert pulumi(deployed, "stack", "output", "url").out.strip() == outputs["dev"]["url"]
    settings = pulumi(deployed, "config", "--json").json
    assert settings["items:memory"]["value"] == "128"
    assert pulumi(deployed, "stack", "output", "nothing").code != 0

    elsewhere = deployed.deploy("exec", "--project", str(deployed.root), "--stack", "dev", "--", "pulumi", "config")
    assert "memory  " in elsewhere.out
    access = pulumi(deployed, "stack", "export", stack="dev-access")
    assert access.json["deployment"]["resources"][0]["urn"].startswith("urn:pulumi:dev-access::items::")

    with_secret = pulumi(
        deployed, "config", "set", "--secret", "app:token", "T0k3n", "--config-file", str(tmp_path / "x.yaml")
    )
    assert with_secret.code == 0, with_secret
    written = (tmp_path / "x.yaml").read_text("utf-8")
    assert "secure:" in written
    assert "T0k3n" not in written


def test_pulumi_is_kept_from_a_state_that_is_not_fit(deployed: Project) -> None:
    key = ".pulumi/stacks/items/dev.json"
    deployed.client("tools", "s3").put_object(Bucket=STATE, Key=key, Body=b"{}")
    done = pulumi(deployed, "stack", "output")
    assert (done.code, done.out) == (3, "")
    assert "not fit" in done.err


def test_reading_only_is_not_promised_of_pulumi(project: Project) -> None:
    done = project.deploy("exec", "--stack", "dev", "--read-only", "--", "pulumi", "preview")
    assert (done.code, done.out) == (2, "")
    assert "deploy preview" in done.err


def test_a_lock_that_nobody_holds_is_taken_away_as_its_remedy_says(deployed: Project) -> None:
    lock = {"pid": 1, "username": "nobody", "hostname": "gone", "timestamp": "2026-11-23T01:02:03Z"}
    key = ".pulumi/locks/organization/items/dev/5f0c0e1b.json"
    s3 = deployed.client("tools", "s3")
    s3.put_object(Bucket=STATE, Key=key, Body=json.dumps(lock).encode())
    locked = deployed.deploy("up", "--stacks", "dev")
    assert (locked.code, "--lock-timeout 16m" in locked.err) == (3, True), locked

    s3.delete_object(Bucket=STATE, Key=".deploy/leases/items/dev.json")  # as where no run has ever held the stack
    locked = deployed.deploy("up", "--stacks", "dev")
    assert locked.code == 3, locked
    (_, *words), *_ = (found for found in typed(locked.err) if "cancel" in found)
    assert deployed.deploy(*words).code == 0
    assert deployed.deploy("up", "--stacks", "dev").code == 0
