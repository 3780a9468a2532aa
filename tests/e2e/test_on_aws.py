"""`--cloud aws` from bootstrap to destroy, with the real AWS plugin: all that the product does there, but for AWS itself.

The sandbox is its AWS. No part of the product knows: a shared config file says where the endpoints are, as a company's own may, and
a variable says where the instance asks for its credentials.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from deploy_sandbox.accounts import ACCOUNTS
from tests.e2e.project import Ended, Project

pytestmark = [
    pytest.mark.real_plugin,
    pytest.mark.parametrize("plugin_home", ["real"], indirect=True, scope="session"),
]

SERVICE = 14
"""The resources of a service stack."""


@dataclass(frozen=True)
class Instance:
    """An EC2 instance with one of the profiles, and the project on it. The stand-in that it asks for is for sandboxes only."""

    project: Project
    name: str

    def deploy(self, *arguments: str, code: int = 0) -> Ended:
        sandbox = self.project.sandbox
        config = self.project.root / "aws-config"
        config.write_text(f"[default]\nendpoint_url = {sandbox.endpoint}\n", "utf-8")
        machine = {
            **self.project.environment,
            "AWS_CONFIG_FILE": str(config),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": sandbox.instances[self.name],
            "AWS_USE_FIPS_ENDPOINT": "true",  # no SDK takes it beside an endpoint, and no run gets it
            "DEPLOY_CLOUD": "aws",
            "DEPLOY_PLUGIN": "stand-in",
        }
        done = replace(self.project, environment=machine).deploy(*arguments)
        assert done.code == code, done
        return done


def only_dev(project: Project) -> None:
    """One target account, so that the story is short."""
    toml = project.root / "deploy.toml"
    toml.write_text(toml.read_text("utf-8").partition("[stacks.staging]")[0], "utf-8")
    for env in ("staging", "prod"):
        (project.root / f"Pulumi.{env}.yaml").unlink()


def test_a_project_lives_on_aws_from_bootstrap_to_destroy(fresh: Project) -> None:
    only_dev(fresh)
    administrator, jenkins, preview = (
        Instance(fresh, name) for name in ("administrator", "jenkins-deploy", "jenkins-preview")
    )

    bootstrapped = administrator.deploy("bootstrap", "--stacks", "tools,dev-access", "--yes")
    assert "on AWS" in bootstrapped.err
    assert "AWS plugin 7.51.1 (installed)" in bootstrapped.err
    assert {"items-dev-deployment", "items-dev-preview"} <= set(fresh.roles("dev"))
    unchanged = administrator.deploy("bootstrap", "--stacks", "dev-access", "--yes", "--output", "json")
    assert [stack["reason"] for stack in unchanged.json["stacks"]] == ["unchanged"]

    planned = preview.deploy("preview", "--stacks", "dev", "--output", "json")
    assert planned.json["stacks"][0]["changes"]["create"] == SERVICE
    assert fresh.functions("dev") == []
    for stranger in (administrator, preview):
        refused = stranger.deploy("up", "--stacks", "dev", "--yes", code=3)
        assert "run this as who may enter that role" in refused.err + refused.out
    assert fresh.functions("dev") == []

    deployed = jenkins.deploy("up", "--stacks", "dev", "--yes", "--output", "json")
    assert deployed.json["stacks"][0]["changes"]["create"] == SERVICE
    assert fresh.functions("dev") == ["items-dev"]
    again = preview.deploy("preview", "--stacks", "dev", "--output", "json").json["stacks"][0]
    assert again["changes"]["same"] == SERVICE

    looked(fresh, administrator, jenkins, preview, deployed.json["run"])

    jenkins.deploy("destroy", "--stacks", "dev", "--yes")
    assert fresh.functions("dev") == []
    administrator.deploy("destroy", "--stacks", "dev-access,tools", "--yes", "--confirm", "dev-access,tools")
    assert fresh.roles("dev") == ["OrganizationAccountAccessRole"]
    assert fresh.roles("tools") == ["Administrator"]


def looked(fresh: Project, administrator: Instance, jenkins: Instance, preview: Instance, run: str) -> None:
    """Everything that only reads, before and after somebody changed the function by hand; and that put back."""
    assert f"none in {SERVICE} resources" in preview.deploy("drift", "--stacks", "dev", "--exit-code").out
    fresh.client("dev", "lambda").update_function_configuration(FunctionName="items-dev", MemorySize=512)
    assert "memorySize" in preview.deploy("drift", "--stacks", "dev", "--exit-code", code=5).out
    jenkins.deploy("up", "--stacks", "dev", "--refresh", "--yes")
    memory = fresh.client("dev", "lambda").get_function_configuration(FunctionName="items-dev")["MemorySize"]
    assert memory == 128
    administrator.deploy("drift", "--stacks", "dev-access,tools", "--exit-code")

    assert "not handed on to a run: AWS_USE_FIPS_ENDPOINT" in jenkins.deploy("doctor").flat
    administrator.deploy("doctor", "--as-administrator")
    proved = administrator.deploy("prove", "--stacks", "dev", "--output", "json")
    assert (proved.json["total"]["wrong"], proved.json["total"]["refused"] > 0) == (0, True)
    audit = jenkins.deploy("audit", run, "--output", "json")
    assert audit.json["findings"] == []
    assert [entry["account"] for entry in audit.json["accounts"]] == [ACCOUNTS["tools"], ACCOUNTS["dev"]]
    assert jenkins.deploy("outputs", "--stacks", "dev", "--output", "json").json["dev"]["account"] == ACCOUNTS["dev"]
    assert run in jenkins.deploy("history").out
