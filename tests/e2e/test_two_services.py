"""Two services and two regions in the same accounts: one Jenkins, one platform, and neither touches what is the other's."""

from __future__ import annotations

import urllib.request
from dataclasses import replace
from functools import partial
from pathlib import Path

import boto3
import pytest

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.contract.cloud.outsider import Someone, at_instance, refusal
from tests.e2e.project import Project, copy_project
from tests.root_keys import root_environment

DEV = "222222222222"
EU_WEST = """
[stacks.dev-eu]
"""


@pytest.fixture
def orders(project: Project, tmp_path: Path) -> Project:
    """A second service, deployed to dev and staging only, from a folder of its own."""
    root = copy_project(tmp_path / "orders")
    for file in (*root.glob("Pulumi*.yaml"), root / "infra" / "__main__.py"):
        text = file.read_text("utf-8")
        file.write_text(text.replace("items", "orders").replace("/orders/{key}", "/items/{key}"), "utf-8")
    (root / "Pulumi.prod.yaml").unlink()
    toml = root / "deploy.toml"
    whole = toml.read_text("utf-8")
    toml.write_text(whole[: whole.index("[stacks.prod]")], "utf-8")
    return replace(
        project, root=root, environment={**project.environment, "DEPLOY_SANDBOX_HOME": str(project.sandbox.home)}
    )


def in_another_region(project: Project) -> None:
    """One more instance of the service in the account dev."""
    text = (project.root / "Pulumi.dev.yaml").read_text("utf-8")
    text = text.replace("eu-central-1", "eu-west-1").replace("items-dev-", "items-dev-eu-")
    (project.root / "Pulumi.dev-eu.yaml").write_text(text, "utf-8")
    with (project.root / "deploy.toml").open("a", encoding="utf-8") as toml:
        toml.write(EU_WEST)


def answers(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
        return bool(answer.status == 200)


def enter(jenkins: Someone, service: str, external_id: str) -> Someone:
    """Become the deployment role of a service in dev, as its own run would."""
    return jenkins.become(
        f"arn:aws:iam::{DEV}:role/deploy/deployment/{service}-dev-deployment",
        RoleSessionName=f"{service}-dev-visit",
        SourceIdentity=f"{service}-dev-visit",
        ExternalId=external_id,
    )


def test_two_services_share_the_accounts_and_the_platform(project: Project, orders: Project) -> None:
    made = orders.deploy("bootstrap", "--yes")
    assert made.code == 0, made
    both = [each.deploy("up", "--stacks", "dev,staging", "--output", "json") for each in (project, orders)]
    assert [done.code for done in both] == [0, 0], both
    assert all(answers(stack["outputs"]["url"]) for done in both for stack in done.json["stacks"])
    assert sorted(project.functions("dev")) == ["items-dev", "orders-dev"]
    later = project.deploy("up", "--stacks", "prod")  # where orders does not deploy, and bootstrapped last
    assert later.code == 0, later

    for each in (project, orders):
        checked = each.deploy("iam", "check")
        assert checked.code == 0, checked
        looked = each.deploy("doctor", "--as-administrator")
        assert looked.code == 0, looked
        drift = each.deploy("drift", "--stacks", "dev,staging", "--exit-code")
        assert drift.code == 0, drift


def test_neither_touches_reads_or_names_what_is_the_others(project: Project, orders: Project) -> None:
    assert orders.deploy("bootstrap", "--yes").code == 0
    for each in (project, orders):
        done = each.deploy("up", "--stacks", "dev")
        assert done.code == 0, done
    ids = {"items": "items-dev-5f0c0e1b", "orders": "orders-dev-5f0c0e1b"}
    jenkins = at_instance(project.sandbox, "jenkins-deploy")
    entered = {name: enter(jenkins, name, ids[name]) for name in ids}
    for name, other in (("items", "orders"), ("orders", "items")):
        functions, s3 = entered[name].client("lambda"), entered[name].client("s3")
        functions.get_function(FunctionName=f"{name}-dev")
        theirs = f"{other}-dev-{DEV}"
        for refused in (
            partial(functions.get_function, FunctionName=f"{other}-dev"),
            partial(functions.delete_function, FunctionName=f"{other}-dev"),
            partial(s3.list_objects_v2, Bucket=theirs),
            partial(s3.put_object, Bucket=theirs, Key="x", Body=b""),
        ):
            assert refusal(refused)[0] in {"AccessDenied", "AccessDeniedException"}
        assert refusal(partial(enter, jenkins, name, ids[other]))[0] == "AccessDenied"


def test_one_service_in_two_regions_of_an_account(project: Project) -> None:
    in_another_region(project)
    made = project.deploy("bootstrap", "--yes")
    assert made.code == 0, made
    done = project.deploy("up", "--stacks", "dev,dev-eu", "--output", "json")
    assert done.code == 0, done
    assert all(answers(stack["outputs"]["url"]) for stack in done.json["stacks"])
    arns = {stack["stack"]: stack["outputs"]["function"] for stack in done.json["stacks"]}
    assert arns == {"dev": "items-dev", "dev-eu": "items-dev-eu"}
    keys, there = root_environment(project.sandbox, "dev"), "eu-west-1"
    functions = boto3.client(
        "lambda",
        region_name=there,
        endpoint_url=project.sandbox.endpoint,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    ).list_functions()["Functions"]
    assert [one["FunctionName"] for one in functions] == ["items-dev-eu"]
    assert project.deploy("drift", "--stacks", "dev,dev-eu", "--exit-code").code == 0
    looked = project.deploy("doctor", "--as-administrator")
    assert looked.code == 0, looked
    destroyed = project.deploy("destroy", "--stacks", "dev-eu", "--yes")
    assert destroyed.code == 0, destroyed
    assert project.functions("dev") == ["items-dev"]


def test_no_service_changes_the_platform_under_another(project: Project, orders: Project) -> None:
    assert orders.deploy("bootstrap", "--yes").code == 0
    before = project.roles("tools")
    orders.setting("tools", "deploy:jenkinsPreviewRole", "jenkins-looks")
    refused = orders.deploy("bootstrap", "--yes")
    assert refused.code == 4, refused
    assert "items made what all projects share" in refused.err
    assert "deploy:jenkinsPreviewRole: it is 'jenkins-preview' in the platform, 'jenkins-looks' here" in refused.err
    kept = project.deploy("destroy", "--stacks", "tools", "--yes", "--confirm", "tools")
    assert kept.code == 4, kept
    assert "orders is deployed by the roles of the stack tools too; nothing was destroyed" in kept.err
    printed(remedies.DESTROY_OTHERS_FIRST, kept.err)
    assert project.roles("tools") == before

    orders.setting("tools", "deploy:jenkinsPreviewRole", "jenkins-preview")
    left = orders.deploy(
        "destroy", "--stacks", "dev-access,staging-access", "--yes", "--confirm", "dev-access,staging-access"
    )
    assert left.code == 0, left
    last = project.deploy(
        "destroy",
        "--stacks",
        "dev-access,staging-access,prod-access,tools",
        "--yes",
        "--confirm",
        "dev-access,staging-access,prod-access,tools",
    )
    assert last.code == 0, last
    gone(remedies.DESTROY_OTHERS_FIRST, last.err)
