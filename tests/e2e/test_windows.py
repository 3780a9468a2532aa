"""A frozen stack is not touched, and nothing before it; whoever cannot wait says why, and everybody can read that afterwards."""

from __future__ import annotations

from deploy_sandbox.accounts import ACCOUNTS
from tests.e2e.project import Project

TRAIL = [f"deploy-trail-{ACCOUNTS['dev']}"]
FREEZE = """
[[freeze]]
from = 2026-01-01T00:00:00
until = 2999-01-01T00:00:00
why = "the books are closed"
stacks = ["staging"]
"""


def test_a_freeze_keeps_a_run_from_beginning_until_somebody_says_why(project: Project) -> None:
    toml = project.root / "deploy.toml"
    toml.write_text(f'time-zone = "Europe/Berlin"\n{toml.read_text("utf-8")}{FREEZE}', "utf-8")
    up = ("up", "--stacks", "dev,staging", "--yes")

    refused = project.deploy(*up)
    assert refused.code == 4, refused
    assert "frozen until Tue 2999-01-01 00:00: the books are closed" in refused.err
    assert "--override freeze --reason WHY" in refused.err
    assert project.buckets("dev") == TRAIL
    assert project.deploy("preview", "--stacks", "staging").code == 0
    assert project.deploy(*up, "--override", "window", "--reason", "orders are lost").code == 4
    assert project.deploy(*up, "--override", "freeze").code == 2
    assert project.buckets("dev") == TRAIL

    done = project.deploy(*up, "--override", "freeze", "--output", "json", env={"DEPLOY_REASON": "orders are lost"})
    assert done.code == 0, done
    lifted = {
        stack["stack"]: [(one["gate"], one["why"]) for one in stack["overridden"]] for stack in done.json["stacks"]
    }
    assert lifted == {"dev": [], "staging": [("freeze", "orders are lost")]}
    assert "overrode staging freeze" in project.deploy("history").flat
    assert "overrode freeze: orders are lost" in project.deploy("report", done.json["run"]).out

    assert project.deploy("destroy", "--stacks", "staging", "--yes").code == 4
    assert project.buckets("staging") != TRAIL
    gone = project.deploy("destroy", "--stacks", "staging,dev", "--yes", "--override", "freeze", "--reason", "moved")
    assert gone.code == 0, gone
