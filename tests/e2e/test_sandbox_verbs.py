"""`deploy sandbox`: started, looked at, stopped, started again with what it held, emptied; and two side by side."""

from __future__ import annotations

from pathlib import Path

from deploy_driver import remedies
from deploy_sandbox import lifecycle
from deploy_sandbox.accounts import ACCOUNTS
from tests.carried import gone, printed
from tests.e2e.project import SANDBOX, Project, copy_project


def test_what_is_in_the_accounts_survives_down_and_up_and_a_reset_empties_them(project: Project) -> None:
    shown = project.deploy("sandbox", "status", "--output", "json")
    assert shown.code == 0, shown
    assert shown.json["endpoint"] == project.sandbox.endpoint
    assert shown.json["accounts"] == ACCOUNTS
    assert shown.json["region"] == "eu-central-1"
    assert "3." in shown.json["engine"]
    assert "7." in shown.json["plugin"]

    assert project.deploy("sandbox", "up").code == 0
    assert project.deploy("sandbox", "down").code == 0
    down = project.deploy("sandbox", "status")
    assert down.code == 3, down
    assert "deploy sandbox up" in down.err
    assert project.deploy("up", "--stacks", "dev").code == 3

    again = project.deploy("sandbox", "up", "--output", "json")
    assert again.code == 0, again
    assert again.json["endpoint"] == project.sandbox.endpoint
    assert "items-dev-deployment" in project.roles("dev")

    assert project.deploy("sandbox", "reset").code == 0
    assert project.roles("dev") == ["OrganizationAccountAccessRole"]


def test_an_account_of_a_new_stack_file_is_missed_by_name_and_then_made(project: Project) -> None:
    file = (project.root / "Pulumi.dev.yaml").read_text("utf-8")
    (project.root / "Pulumi.qa.yaml").write_text(
        file.replace("222222222222", "555555555555").replace("items-dev", "items-qa"), "utf-8"
    )
    with (project.root / "deploy.toml").open("a", encoding="utf-8") as toml:
        toml.write("\n[stacks.qa]\n")
    missed = project.deploy("bootstrap", "--stacks", "qa-access", "--yes")
    assert missed.code == 3, missed
    assert "the sandbox has no account 555555555555" in missed.err
    [command] = printed(remedies.MAKE_SANDBOX_ACCOUNTS, missed.err).commands
    assert "trust policy" not in missed.err

    again = project.deploy(*command[1:], "--output", "json")
    assert again.code == 0, again
    assert again.json["accounts"] == {**ACCOUNTS, "qa": "555555555555"}
    assert "qa (555555555555)" in again.err
    assert "items-dev-deployment" in project.roles("dev")
    made = project.deploy("bootstrap", "--stacks", "tools,qa-access", "--yes")
    assert made.code == 0, made
    gone(remedies.MAKE_SANDBOX_ACCOUNTS, made.err)


def test_two_run_side_by_side_and_know_nothing_of_each_other(project: Project, tmp_path: Path) -> None:
    other = copy_project(tmp_path / "other")
    neighbour = Project(other, lifecycle.up(other / SANDBOX))
    try:
        assert neighbour.sandbox.endpoint != project.sandbox.endpoint
        assert "items-dev-deployment" in project.roles("dev")
        assert neighbour.roles("dev") == ["OrganizationAccountAccessRole"]
    finally:
        lifecycle.down(other / SANDBOX)
