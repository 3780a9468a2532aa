"""After any death one `deploy resume` ends the job: what is done stays, what was begun is found out, the rest follows."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Mapping
from typing import Any

import pytest

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.e2e.project import Project
from tests.e2e.test_interruption import BUCKET, Running, hold, locks, state
from tests.e2e.test_repair import below

STACKS = ("dev", "staging", "prod")


def killed_in(project: Project, stack: str) -> str:
    """Kill driver, engine and plugin while AWS makes the stack's function, which is made nevertheless; the run's id."""
    run = Running(project, "up", "--stacks", ",".join(STACKS), "--yes")
    run.await_event("step-started", f'"{stack}"')
    hold(project, seconds=5)
    run.await_event("resource-started", f'"{stack}"', "lambda/function:Function", '"preview": false')
    time.sleep(2)
    for pid, _ in below(run.child.pid):
        os.kill(pid, signal.SIGKILL)
    run.end()
    time.sleep(5)
    return str(run.records()[0]["run"])


def begun(project: Project, run: str) -> list[str]:
    """The stacks on which that run's engines worked."""
    record = (project.root / ".deploy" / "runs" / run / "events.jsonl").read_text("utf-8")
    events: list[Mapping[str, Any]] = [json.loads(line) for line in record.splitlines()]
    return list(dict.fromkeys(event["stack"] for event in events if event["kind"] == "engine-started"))


def held(project: Project) -> list[str]:
    """The stacks whose leases nobody has given back."""
    s3 = project.client("tools", "s3")
    keys = [f".deploy/leases/items/{stack}.json" for stack in STACKS]
    bodies = {key: json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) for key in keys}
    return [key for key, lease in bodies.items() if not lease["released"]]


def assert_whole(project: Project) -> None:
    assert locks(project) == []
    assert held(project) == []
    for stack in STACKS:
        assert not state(project, stack).get("pending_operations")
        assert project.functions(stack) == [f"items-{stack}"]
        assert project.apis(stack) == [f"items-{stack}"]
    preview = project.deploy("preview", "--all")
    assert preview.out.count("no changes") == len(STACKS), preview


@pytest.mark.both_plugins
def test_a_run_that_was_killed_is_ended_by_another_agent(project: Project) -> None:
    dead = killed_in(project, "staging")
    assert project.functions("prod") == []
    shutil.rmtree(project.root / ".deploy" / "runs" / dead)  # another agent has never seen it

    stopped = project.deploy("up", "--stacks", "staging", "--yes")
    assert stopped.code == 3, stopped
    resume = printed(remedies.RESUME_OR_REPAIR, stopped.err).commands[0]

    resumed = project.deploy(*resume[1:], "--yes", "--output", "json")
    gone(remedies.RESUME_OR_REPAIR, resumed.err)
    assert resumed.code == 0, str(resumed)
    assert f"dev       run {dead} left it done" in resumed.err, resumed.err
    assert f"staging   run {dead} left it outcome unknown" in resumed.err
    assert f"prod      run {dead} left it not begun" in resumed.err
    assert begun(project, resumed.json["run"]) == ["staging", "prod"]
    assert_whole(project)
    verified = project.deploy("history", "--verify")
    assert (verified.code, f"{dead} no end" in verified.out) == (0, True), verified

    again = project.deploy("resume", "--yes")
    assert (again.code, again.out) == (0, ""), again
    assert "nothing to resume" in again.err


def test_it_is_refused_where_something_moved_and_done_where_it_was_put_back(project: Project) -> None:
    hold(project, seconds=5)
    stopped = project.interrupted("creating aws:lambda/function:Function", signal.SIGTERM, "up", "--all", "--yes")
    assert stopped.code == 143, stopped

    memory = "512"
    before = (project.root / "Pulumi.prod.yaml").read_text("utf-8")
    project.setting("prod", "items:memory", memory)
    moved = project.deploy("resume", "--yes")
    assert moved.code == 4, moved
    assert "prod: settings: then sha256:" in moved.err
    printed(remedies.PUT_BACK, moved.err)
    printed(remedies.PUT_BACK_AND_RESUME, moved.err)
    assert project.functions("staging") == []

    (project.root / "Pulumi.prod.yaml").write_text(before, "utf-8")
    resumed = project.deploy("resume", "--yes")
    assert resumed.code == 0, str(resumed)
    gone(remedies.PUT_BACK, resumed.err)
    gone(remedies.PUT_BACK_AND_RESUME, resumed.err)
    assert_whole(project)


def test_a_stack_that_fails_blocks_only_what_needs_it_and_resume_ends_the_rest(project: Project) -> None:
    project.power(
        "POST",
        "faults",
        {"action": "lambda:CreateFunction", "status": 400, "error": "InvalidParameterValueException", "times": 50},
    )
    failed = project.deploy("up", "--all", "--yes", "--on-failure", "continue", "--output", "json")
    results = {step["stack"]: (step["result"], step["reason"]) for step in failed.json["stacks"]}
    assert failed.code == 1, failed
    assert results["dev"] == ("failed", "engine failed"), failed
    project.power("DELETE", "faults", {})
    resumed = project.deploy("resume", "--yes")
    assert resumed.code == 0, str(resumed)
    assert_whole(project)


def test_what_became_of_the_states_meanwhile_is_put_back_in_the_same_command(project: Project) -> None:
    dead = killed_in(project, "staging")
    s3, key = project.client("tools", "s3"), ".pulumi/stacks/items/{}.json".format
    left = s3.get_object(Bucket=BUCKET, Key=key("dev"))["Body"].read()
    s3.delete_object(Bucket=BUCKET, Key=key("staging"))

    s3.put_object(
        Bucket=BUCKET, Key=key("dev"), Body=s3.get_object(Bucket=BUCKET, Key=f"{key('staging')}.bak")["Body"].read()
    )
    foreign = project.deploy("resume", "--yes")
    assert (foreign.code, "dev: its state moved" in foreign.err) == (4, True), foreign
    printed(remedies.PUT_BACK_AND_RESUME, foreign.err)

    s3.put_object(Bucket=BUCKET, Key=key("dev"), Body=left[: len(left) // 2])
    asked = project.deploy("resume")
    assert (asked.code, "pass --yes" in asked.err) == (4, True), asked
    assert "it is not whole JSON" in asked.err
    assert project.functions("prod") == []

    resumed = project.deploy("resume", "--yes", "--output", "json")
    assert resumed.code == 0, str(resumed)
    assert "the state has vanished: nothing says what is deployed; this takes its place" in resumed.err
    assert f"run {dead} left it done: it stays as it is" in resumed.err
    assert begun(project, resumed.json["run"]) == ["staging", "prod"]
    assert s3.get_object(Bucket=BUCKET, Key=key("dev"))["Body"].read() == left
    assert_whole(project)

    s3.put_object(Bucket=BUCKET, Key=key("prod"), Body=b"")
    repaired = project.deploy("repair", "--stack", "prod", "--yes")
    assert repaired.code == 0, str(repaired)
    assert_whole(project)
