"""A run that is told to stop ends the engine cleanly, says so in its exit code, and leaves no lock."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.project import Project


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_no_lock_is_left_and_the_next_run_goes_through(project: Project, number: signal.Signals, code: int) -> None:
    project.power("POST", "delays", {"action": "lambda:CreateFunction", "seconds": 5, "times": 1})
    stopped = project.interrupted("creating aws:lambda/function:Function", number, "up", "--all")
    assert stopped.code == code, stopped
    assert "interrupted" in stopped.out
    assert project.functions("staging") == []
    listed = project.client("tools", "s3").list_objects_v2(Bucket="deploy-state-111111111111", Prefix=".pulumi/locks/")
    assert listed.get("KeyCount") == 0
    again = project.deploy("up", "--stacks", "dev")
    assert again.code == 0, again
