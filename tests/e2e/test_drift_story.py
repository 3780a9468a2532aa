"""The story of a drift over three accounts: what was changed, which side moved, and who did it."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from typing import Any

from tests.e2e.project import Ended, Project

STATE = "deploy-state-111111111111"
ALL = ("drift", "--all", "--exit-code", "--output", "json")


def digests(project: Project) -> Mapping[str, str]:
    """Every object of the state bucket, by what is in it."""
    s3 = project.client("tools", "s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=STATE)["Contents"]]
    return {key: hashlib.sha256(s3.get_object(Bucket=STATE, Key=key)["Body"].read()).hexdigest() for key in keys}


def states(project: Project) -> Mapping[str, str]:
    """The same without the records of runs: a fix that is refused is on record."""
    return {key: digest for key, digest in digests(project).items() if not key.startswith(".deploy/runs/")}


def drifted(done: Ended) -> Mapping[tuple[str, str], Any]:
    """What moved, by stack and the last part of the type."""
    return {
        (stack["stack"], resource["type"].rpartition(":")[2]): resource
        for stack in done.json["stacks"]
        for resource in stack["drifted"]
    }


def test_three_accounts(project: Project) -> None:
    assert project.deploy("up", "--all").code == 0
    before = digests(project)
    still = project.deploy(*ALL)
    assert still.code == 0, still
    assert drifted(still) == {}
    assert digests(project) == before

    project.client("dev", "s3").put_bucket_versioning(
        Bucket="items-dev-222222222222", VersioningConfiguration={"Status": "Suspended"}
    )
    function = project.client("staging", "lambda")
    variables = function.get_function_configuration(FunctionName="items-staging")["Environment"]["Variables"]
    function.update_function_configuration(
        FunctionName="items-staging", Environment={"Variables": {**variables, "DEBUG": "1"}}
    )
    project.client("prod", "lambda").delete_alias(FunctionName="items-prod", Name="live")
    project.setting("prod", "items:maxItemBytes", "131072")

    seen = project.deploy(*ALL)
    assert seen.code == 5, seen
    found = drifted(seen)
    assert {key: resource["moved"] for key, resource in found.items()} == {
        ("dev", "BucketVersioning"): "the cloud was changed",
        ("staging", "Function"): "the cloud was changed",
        ("prod", "Function"): "the code is not applied",
        ("prod", "Alias"): "the cloud was changed",
        ("prod", "Permission"): "the cloud was changed",
    }
    (versioning,) = found["dev", "BucketVersioning"]["findings"]
    assert (versioning["property"], versioning["expected"], versioning["found"]) == (
        "versioningConfiguration.status",
        "Enabled",
        "Suspended",
    )
    (variable,) = found["staging", "Function"]["findings"]
    assert (variable["property"], variable["expected"], variable["found"]) == ("environment.variables.DEBUG", None, "1")
    assert [finding["fact"] for finding in found["prod", "Alias"]["findings"]] == ["deleted"]
    assert {key: (resource["by"] or {}).get("event") for key, resource in found.items()} == {
        ("dev", "BucketVersioning"): "PutBucketVersioning",
        ("staging", "Function"): "UpdateFunctionConfiguration20150331v2",
        ("prod", "Function"): None,
        ("prod", "Alias"): "DeleteAlias20150331",
        ("prod", "Permission"): "DeleteAlias20150331",
    }
    assert found["dev", "BucketVersioning"]["by"]["identity"] == "arn:aws:iam::222222222222:root"
    assert {finding["standing"] for resource in found.values() for finding in resource["findings"]} == {"opened"}

    with (project.root / "deploy.toml").open("a", encoding="utf-8") as settings:
        settings.write(
            '[[drift.ignore]]\nurn = "urn:pulumi:staging::*Function::items"\nproperty = "environment.variables.DEBUG"\n'
            'owner = "ada"\nreason = "a bug is looked for"\nexpires = 2999-12-31\n'
        )
    project.client("dev", "s3").put_bucket_versioning(
        Bucket="items-dev-222222222222", VersioningConfiguration={"Status": "Enabled"}
    )
    later = project.deploy(*ALL)
    assert later.code == 5, later
    assert {stack for stack, _ in drifted(later)} == {"prod"}
    assert [one["owner"] for one in later.json["ignored"]] == ["ada"]
    assert [entry["path"] for entry in later.json["closed"]] == ["versioningConfiguration.status"]
    assert digests(project) == before


def test_one_that_cannot_be_looked_at_keeps_no_other_from_it(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev").code == 0
    project.setting("staging", "deploy:externalId", "items-staging-wrong")
    seen = project.deploy("drift", "--stacks", "dev,staging", "--output", "json")
    assert seen.code == 1, seen
    assert [(stack["stack"], stack["looked"], stack["drifted"]) for stack in seen.json["stacks"]] == [
        ("dev", True, []),
        ("staging", False, []),
    ]
    assert "AccessDenied" in seen.json["stacks"][1]["failure"]


def test_a_policy_of_the_deployment_role_is_looked_at_as_administrator(project: Project) -> None:
    iam = project.client("dev", "iam")
    (name, *_) = iam.list_role_policies(RoleName="items-dev-deployment")["PolicyNames"]
    open_to_all = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    iam.put_role_policy(RoleName="items-dev-deployment", PolicyName=name, PolicyDocument=open_to_all)
    seen = project.deploy("drift", "--stacks", "dev-access,staging-access", "--exit-code", "--output", "json")
    assert seen.code == 5, seen
    ((place, resource),) = drifted(seen).items()
    assert (place, resource["moved"]) == (("dev-access", "RolePolicy"), "the cloud was changed")
    assert (resource["by"]["event"], resource["by"]["identity"]) == ("PutRolePolicy", "arn:aws:iam::222222222222:root")


def test_what_the_cloud_lost_is_put_back_at_the_commit_that_was_deployed(project: Project) -> None:
    (project.root / ".gitignore").write_text(".deploy\n__pycache__\n", "utf-8")
    for command in (
        "init --quiet",
        "add --all",
        "-c user.name=ada -c user.email=ada@example.com commit --quiet -m one",
    ):
        subprocess.run(["git", *command.split()], cwd=project.root, check=True, timeout=30)
    assert project.deploy("up", "--stacks", "dev").code == 0
    function = project.client("dev", "lambda")
    function.delete_alias(FunctionName="items-dev", Name="live")
    before = states(project)

    text = (project.root / "Pulumi.dev.yaml").read_text("utf-8")
    project.setting("dev", "items:timeout", "20")
    refused = project.deploy("drift", "--stacks", "dev", "--fix")
    assert refused.code == 4, refused
    assert "not committed: Pulumi.dev.yaml" in refused.err
    assert states(project) == before

    (project.root / "Pulumi.dev.yaml").write_text(text, "utf-8")
    fixed = project.deploy("drift", "--stacks", "dev", "--fix")
    assert fixed.code == 0, fixed
    assert function.get_alias(FunctionName="items-dev", Name="live")["Name"] == "live"
    assert project.deploy("drift", "--stacks", "dev", "--exit-code").code == 0


def test_what_stands_where_we_would_have_made_one(project: Project) -> None:
    project.client("dev", "s3").create_bucket(
        Bucket="items-dev-222222222222", CreateBucketConfiguration={"LocationConstraint": project.sandbox.region}
    )
    found = drifted(project.deploy("drift", "--stacks", "dev", "--output", "json"))
    (bucket,) = found["dev", "Bucket"]["findings"]
    assert (bucket["fact"], bucket["moved"]) == ("there already, not made by us", "both")
    assert found["dev", "Bucket"]["by"]["identity"] == "arn:aws:iam::222222222222:root"
    assert found["dev", "Api"]["findings"][0]["fact"] == "not made yet"
