"""Agents as Jenkins has them: a container that asks for its credentials, a workspace with an odd name, a home that is none."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.container import TOKEN, answering
from tests.contract.cloud.outsider import at_instance
from tests.e2e import pages
from tests.e2e.conftest import opened
from tests.e2e.project import Ended, Project
from tests.issuer import TokenIssuer

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


def federated(project: Project) -> TokenIssuer:
    """The issuer of the page on agents, once an administrator has done what the page says."""
    page = pages.read("agents.md")
    with (project.root / "Pulumi.tools.yaml").open("a", encoding="utf-8") as tools:
        tools.write(pages.shown(page, "yaml"))
    said = shlex.split(pages.shown(page, "sh"))
    url, audience = said[said.index("--url") + 1], said[said.index("--client-id-list") + 1]
    project.client("tools", "iam").create_open_id_connect_provider(Url=url, ClientIDList=[audience])
    issuer = TokenIssuer(url)
    issuer.publish(project.sandbox.home)
    assert len([command.typed for command in pages.typed(page, project)]) == 2
    return issuer


def bringing(project: Project, token: str, role: str = "jenkins-deploy") -> Mapping[str, str]:
    """The environment of an agent that has a token and the name of a role, and nothing else.

    The Go SDK asks for the session before it has read the endpoint of all services, but not before that of STS.
    """
    config, file = project.root / "aws-config", project.root / "token"
    url = f"endpoint_url = {project.sandbox.endpoint}"
    config.write_text(f"[default]\n{url}\nservices = here\n[services here]\nsts =\n  {url}\n", "utf-8")
    file.write_text(token, "utf-8")
    return {
        "AWS_CONFIG_FILE": str(config),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ROLE_ARN": f"arn:aws:iam::{project.sandbox.accounts['tools']}:role/{role}",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(file),
        "DEPLOY_CLOUD": "aws",
    }


@pytest.mark.real_plugin
@pytest.mark.parametrize("plugin_home", ["real"], indirect=True, scope="session")
def test_an_agent_that_brings_a_token_deploys_and_no_other_does(project: Project) -> None:
    issuer = federated(project)
    agent = bringing(project, issuer.token("agents-deploy"))
    deployed = project.deploy("up", "--stacks", "dev", "--yes", env=agent)
    assert deployed.code == 0, str(deployed)
    assert project.functions("dev") == ["items-dev"]

    wrong = {
        issuer.token("agents-preview"): "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        issuer.token("agents-deploy", ends_in=-900): "Token expired",
        "": "AWS_WEB_IDENTITY_TOKEN_FILE",
    }
    for token, said in wrong.items():
        refused = project.deploy("exec", "--stack", "dev", "--", "true", env=bringing(project, token))
        assert (refused.code, said in refused.err, "Traceback" in refused.err) == (3, True, False), refused
        assert f"the web identity token in {project.root / 'token'}" in refused.err
        printed(remedies.BRING_TOKEN, refused.err)
    gone(remedies.BRING_TOKEN, deployed.err)
    preview = bringing(project, issuer.token("agents-preview"), "jenkins-preview")
    other = project.deploy("exec", "--stack", "dev", "--", "true", env=preview)
    assert (other.code, "jenkins-preview" in other.err) == (3, True), other
