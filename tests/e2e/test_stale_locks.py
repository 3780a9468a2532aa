"""The lock of a dead engine stops nobody, and that of a living one is never broken into."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from typing import Any

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.e2e.project import Project
from tests.e2e.test_interruption import BUCKET, CREATING, Running, assert_completed_by_up, hold, locks, until
from tests.e2e.test_two_agents import lease


def started_engines(run: Running) -> list[int]:
    return [event["process"]["pid"] for event in run.records() if event["kind"] == "engine-started"]


def removed(run: Running) -> list[Mapping[str, Any]]:
    return [event for event in run.records() if event["kind"] == "lock-removed"]


def test_after_driver_and_engine_were_killed_the_next_run_is_not_stopped_by_what_they_left(project: Project) -> None:
    hold(project, seconds=20)
    run = Running(project, "up", "--stacks", "dev", "--yes")
    run.await_line(CREATING)
    for pid in (run.child.pid, started_engines(run)[-1]):
        os.kill(pid, signal.SIGKILL)
    run.end()
    (left,) = locks(project)
    killed = lease(project, "dev")
    assert killed["released"] is False
    seen = project.deploy("doctor").flat
    assert "is dead: the next run takes its place" in seen
    assert "the next run removes the lock of" in seen
    assert locks(project) == [left]

    again = Running(project, "repair", "--stack", "dev", "--yes")
    code, out, err = again.end()
    assert code == 0, err
    assert "locked" not in out
    assert locks(project) == []
    (event,) = removed(again)
    assert (event["stack"], event["key"]) == ("dev", left)
    assert f"removed the lock of {event['by']}: there is no process" in err
    after = lease(project, "dev")
    assert (after["run"] != killed["run"], after["released"]) == (True, True)


def test_a_living_engine_without_its_driver_is_waited_for_and_never_broken_into(project: Project) -> None:
    hold(project, seconds=40)
    run = Running(project, "up", "--stacks", "dev", "--yes")
    run.await_line(CREATING)
    run.child.kill()
    run.end()
    kept, killed = locks(project), lease(project, "dev")
    assert len(kept) == 1

    refused = project.deploy("up", "--stacks", "dev", "--yes")
    assert refused.code == 3, refused
    assert f"the engine of run {killed['run']} on {killed['process']['host']}" in refused.err
    assert "is still at work" in refused.err
    assert locks(project) == kept
    assert lease(project, "dev") == killed, "the dead run is still the last one that held it"

    timeout = printed(remedies.WAIT_FOR_DEAD, refused.err)["timeout"]
    waited = project.deploy("up", "--stacks", "dev", "--yes", "--lock-timeout", f"{timeout}m")
    assert waited.code == 0, waited
    gone(remedies.WAIT_FOR_DEAD, waited.err)
    assert " at most: the stack is locked by" in waited.err
    assert "removed the lock" not in waited.err
    assert_completed_by_up(project, "dev")


def test_a_dead_run_of_another_machine_holds_a_stack_until_its_lease_runs_out(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev", "--yes").code == 0
    s3, key = project.client("tools", "s3"), ".deploy/leases/items/dev.json"
    last = lease(project, "dev")
    elsewhere = {
        **last,
        "run": "20261123-0000-dddddd",
        "process": {**last["process"], "host": "agent-9"},
        "released": False,
    }
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(elsewhere).encode())
    theirs = {"pid": 4711, "username": "jenkins", "hostname": "agent-9", "timestamp": "2026-11-23T01:00:00Z"}
    lock = ".pulumi/locks/organization/items/dev/1b1b.json"
    s3.put_object(Bucket=BUCKET, Key=lock, Body=json.dumps(theirs).encode())
    refused = project.deploy("up", "--stacks", "dev", "--yes")
    assert refused.code == 3, refused
    assert "dev is being deployed by run 20261123-0000-dddddd on agent-9" in refused.err

    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps({**elsewhere, "expires": elsewhere["taken"]}).encode())
    refused = project.deploy("up", "--stacks", "dev", "--yes")
    assert refused.code == 3, refused
    assert "may still be at work" in refused.err
    assert locks(project) == [lock]
    s3.delete_object(Bucket=BUCKET, Key=lock)
    assert project.deploy("up", "--stacks", "dev", "--yes").code == 0
    until(lambda: lease(project, "dev")["released"])
