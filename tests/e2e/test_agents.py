"""Agents as Jenkins has them: a container that asks for its credentials, a workspace with an odd name, a home that is none."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.container import TOKEN, answering
from tests.contract.cloud.outsider import at_instance
from tests.e2e.conftest import opened
from tests.e2e.project import Ended, Project

pytestmark = [pytest.mark.sandbox, pytest.mark.engine]


def container(project: Project, role: str) -> AbstractContextManager[str]:
    """A container whose role that is."""
    keys = at_instance(project.sandbox, role)
    return answering({"AccessKeyId": keys.access_key, "SecretAccessKey": keys.secret_key, "Token": str(keys.token)})


def test_a_container_whose_role_is_jenkins_enters_as_an_instance_does(project: Project, tmp_path: Path) -> None:
    config, token = tmp_path / "aws-config", tmp_path / "token"
    config.write_text(f"[default]\nendpoint_url = {project.sandbox.endpoint}\n", "utf-8")

    def enter(where: str, said: str) -> Ended:
        token.write_text(said, "utf-8")
        pod = {
            "AWS_CONFIG_FILE": str(config),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": where,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": "/nonexistent",
        }
        return project.deploy("exec", "--cloud", "aws", "--stack", "dev", "--", "env", env=pod)

    with container(project, "jenkins-deploy") as where:
        entered, refused = enter(where, TOKEN), enter(where, "another token")
    assert entered.code == 0, entered
    assert "AWS_SESSION_TOKEN=" in entered.out
    assert "AWS_CONTAINER" not in entered.out
    assert (refused.code, "403" in refused.err) == (3, True), refused
    sessions = [event for event in project.events("dev") if event["eventName"] == "AssumeRole"]
    assert "items-dev-deployment" in sessions[0]["requestParameters"]["roleArn"]
    with container(project, "jenkins-preview") as where:
        other = enter(where, TOKEN)
    assert other.code == 3, other
    assert "jenkins-preview" in other.err


def test_a_workspace_is_called_as_jenkins_calls_it(templates: Callable[[Path | None], Path], tmp_path: Path) -> None:
    with opened(templates(None), tmp_path / "items_feature%2Fx@2", None) as project:
        done = project.deploy("up", "--stacks", "dev", "--output", "json", env={"JOB_NAME": "items/feature%2Fx"})
        assert done.code == 0, done
        assert project.functions("dev") == ["items-dev"]
