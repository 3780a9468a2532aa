"""The story of drift over three accounts: a quiet night, what eve did, what is ignored, undone, done again and put back.

After every look, and after every refusal, the state files are compared with what they were before it, byte by byte.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.e2e.project import Ended, Project

STATE = "deploy-state-111111111111"
BUCKET = "items-dev-222222222222"
RULE = """
[[drift.ignore]]
urn = "urn:pulumi:staging::*Function::items"
property = "environment.variables.DEBUG"
owner = "ada"
reason = "a bug is looked for"
expires = 2999-12-31
"""
OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def states(project: Project, prefix: str = ".pulumi/") -> Mapping[str, str]:
    """Every state file, lock and history of the state bucket, by what is in it; not the record of runs beside them."""
    s3 = project.client("tools", "s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=STATE, Prefix=prefix).get("Contents", [])]
    return {key: hashlib.sha256(s3.get_object(Bucket=STATE, Key=key)["Body"].read()).hexdigest() for key in keys}


def drifted(done: Ended) -> Mapping[tuple[str, str], Any]:
    """What moved, by stack and the last part of the type."""
    return {
        (stack["stack"], resource["type"].rpartition(":")[2]): resource
        for stack in done.json["stacks"]
        for resource in stack["drifted"]
    }


def moved(done: Ended) -> Mapping[tuple[str, str], str]:
    """The class of each."""
    return {place: resource["moved"] for place, resource in drifted(done).items()}


def standings(done: Ended) -> Mapping[tuple[str, str], set[str]]:
    """What the ledger says of the findings of each."""
    return {
        place: {finding["standing"] for finding in resource["findings"]} for place, resource in drifted(done).items()
    }


@dataclass
class Story:
    """Three accounts, the command, and eve, who may do everything in each of them."""

    project: Project
    _keys: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def drift(self, *arguments: str) -> Ended:
        """Look, and nothing in the bucket is another afterwards; or be refused, and no state file is."""
        prefix = ".pulumi/" if "--fix" in arguments else ""
        before = states(self.project, prefix)
        done = self.project.deploy("drift", *arguments, "--exit-code", "--output", "json")
        assert states(self.project, prefix) == before
        assert "pulumi:providers" not in done.out
        return done

    def eve(self, account: str, service: str) -> Any:
        """A client of eve's, an IAM user of that account."""
        if account not in self._keys:
            iam = self.project.client(account, "iam")
            iam.create_user(UserName="eve")
            iam.put_user_policy(UserName="eve", PolicyName="all", PolicyDocument=json.dumps(OPEN))
            key = iam.create_access_key(UserName="eve")["AccessKey"]
            self._keys[account] = {
                "aws_access_key_id": key["AccessKeyId"],
                "aws_secret_access_key": key["SecretAccessKey"],
            }
        sandbox = self.project.sandbox
        new_client: Any = boto3.client
        keys = self._keys[account]
        return new_client(service, region_name=sandbox.region, endpoint_url=sandbox.endpoint, **keys)

    def versioning(self, status: str) -> None:
        """Suspend or enable it in dev."""
        self.eve("dev", "s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})

    def variable(self, account: str, name: str, **more: Any) -> None:
        """Give the function one more variable, and change what else is said."""
        client, function = self.eve(account, "lambda"), f"items-{account}"
        known = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        client.update_function_configuration(
            FunctionName=function, Environment={"Variables": {**known, name: "1"}}, **more
        )

    def let_in(self, account: str) -> None:
        """Let every API in where one was: such a statement can only be taken away and made anew."""
        client, of = self.eve(account, "lambda"), {"FunctionName": f"items-{account}", "Qualifier": "live"}
        (statement,) = json.loads(client.get_policy(**of)["Policy"])["Statement"]
        client.remove_permission(StatementId=statement["Sid"], **of)
        client.add_permission(
            StatementId=statement["Sid"],
            Action=statement["Action"],
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:eu-central-1:{self.project.sandbox.accounts[account]}:*/*",
            **of,
        )

    def git(self, command: str) -> None:
        """Run git in the project."""
        who = ["-c", "user.name=ada", "-c", "user.email=ada@example.com"]
        subprocess.run(["git", *who, *command.split()], cwd=self.project.root, check=True, timeout=30)


@pytest.mark.both_plugins
@pytest.mark.timeout(900)
def test_three_accounts(project: Project) -> None:
    story = Story(project)
    deployed_from_a_commit(story)
    nothing_changed(story)
    everything_at_once(story)
    the_access_layer(story)
    undone(story)
    done_again_and_the_rule_expired(story)
    refused_away_from_the_commit_that_was_deployed(story)
    permission = refused_where_something_would_be_replaced(story)
    put_back(story, permission)
    refused_by_a_gate(story)


def deployed_from_a_commit(story: Story) -> None:
    with (story.project.root / "deploy.toml").open("a", encoding="utf-8") as settings:
        settings.write(RULE)
    (story.project.root / ".gitignore").write_text(".deploy\n__pycache__\n", "utf-8")
    for command in ("init --quiet", "add --all", "commit --quiet -m one"):
        story.git(command)
    assert story.project.deploy("up", "--all").code == 0


def nothing_changed(story: Story) -> None:
    still = story.drift("--all")
    assert still.code == 0, still
    assert moved(still) == {}
    assert [stack["resources"] for stack in still.json["stacks"]] == [14, 14, 14]
    (warning,) = still.json["warnings"]
    assert warning.endswith("(ada: a bug is looked for) matches nothing: remove it, or correct it")


def everything_at_once(story: Story) -> None:
    story.versioning("Suspended")
    story.variable("dev", "VERBOSE")
    story.variable("staging", "DEBUG", Timeout=3)
    story.eve("prod", "lambda").delete_alias(FunctionName="items-prod", Name="live")
    story.project.setting("prod", "items:maxItemBytes", "131072")

    seen = story.drift("--all")
    assert seen.code == 5, seen
    found = drifted(seen)
    cloud, code = "the cloud was changed", "the code is not applied"
    assert {
        place: [(one["property"], one["moved"], one["expected"], one["found"]) for one in resource["findings"]]
        for place, resource in found.items()
    } == {
        ("dev", "BucketVersioning"): [("versioningConfiguration.status", cloud, "Enabled", "Suspended")],
        ("dev", "Function"): [("environment.variables.VERBOSE", cloud, None, "1")],
        ("staging", "Function"): [("timeout", cloud, 10, 3)],
        ("prod", "Function"): [("environment.variables.MAX_ITEM_BYTES", code, "131072", "262144")],
        ("prod", "Alias"): [("", cloud, None, None)],
        ("prod", "Permission"): [("", cloud, None, None)],
    }
    assert [one["fact"] for one in found["prod", "Alias"]["findings"]] == ["deleted"]
    assert {place: one["by"]["event"] for place, one in found.items() if one["by"]} == {
        ("dev", "BucketVersioning"): "PutBucketVersioning",
        ("dev", "Function"): "UpdateFunctionConfiguration20150331v2",
        ("staging", "Function"): "UpdateFunctionConfiguration20150331v2",
        ("prod", "Alias"): "DeleteAlias20150331",
        ("prod", "Permission"): "DeleteAlias20150331",
    }
    assert {one["by"]["identity"] for one in found.values() if one["by"]} == {
        f"arn:aws:iam::{account}:user/eve" for account in ("222222222222", "333333333333", "444444444444")
    }
    assert set().union(*standings(seen).values()) == {"opened"}
    assert [(one["stack"], one["property"], one["owner"]) for one in seen.json["ignored"]] == [
        ("staging", "environment.variables.DEBUG", "ada")
    ]
    assert seen.json["warnings"] == []


def the_access_layer(story: Story) -> None:
    iam = story.eve("dev", "iam")
    (name, *_) = iam.list_role_policies(RoleName="items-dev-deployment")["PolicyNames"]
    before = iam.get_role_policy(RoleName="items-dev-deployment", PolicyName=name)["PolicyDocument"]
    iam.put_role_policy(RoleName="items-dev-deployment", PolicyName=name, PolicyDocument=json.dumps(OPEN))
    seen = story.drift("--stacks", "dev-access,staging-access,prod-access")
    assert seen.code == 5, seen
    ((place, resource),) = drifted(seen).items()
    assert (place, resource["moved"]) == (("dev-access", "RolePolicy"), "the cloud was changed")
    assert (resource["by"]["event"], resource["by"]["identity"]) == (
        "PutRolePolicy",
        "arn:aws:iam::222222222222:user/eve",
    )
    iam.put_role_policy(RoleName="items-dev-deployment", PolicyName=name, PolicyDocument=json.dumps(before))


def undone(story: Story) -> None:
    story.versioning("Enabled")
    later = story.drift("--all")
    assert later.code == 5, later
    assert ("dev", "BucketVersioning") not in moved(later)
    assert set().union(*standings(later).values()) == {"unchanged"}
    assert [entry["path"] for entry in later.json["closed"]] == ["versioningConfiguration.status"]


def done_again_and_the_rule_expired(story: Story) -> None:
    settings = story.project.root / "deploy.toml"
    settings.write_text(settings.read_text("utf-8").replace("2999-12-31", "2026-01-31"), "utf-8")
    story.versioning("Suspended")
    again = story.drift("--stacks", "dev,staging")
    assert again.code == 5, again
    assert standings(again)["dev", "BucketVersioning"] == {"reopened"}
    assert standings(again)["staging", "Function"] == {"unchanged", "reopened"}
    (warning,) = again.json["warnings"]
    assert warning.endswith("expired on 2026-01-31: 1 finding counts again")


def refused_away_from_the_commit_that_was_deployed(story: Story) -> None:
    dirty = story.drift("--stacks", "dev", "--fix")
    assert dirty.code == 4, dirty
    assert "not committed: Pulumi.prod.yaml, deploy.toml" in dirty.err
    story.git("commit --quiet --all -m two")
    other = story.drift("--stacks", "dev", "--fix")
    assert other.code == 4, other
    assert "deployed was" in other.err
    for refused in (dirty, other):
        assert printed(remedies.AS_LAST_DEPLOYED, refused.err)["stacks"] == "dev"
    story.git("checkout --quiet HEAD~1")


def refused_where_something_would_be_replaced(story: Story) -> str:
    story.let_in("dev")
    refused = story.drift("--stacks", "dev", "--fix")
    assert refused.code == 4, refused
    permission = str(drifted(refused)["dev", "Permission"]["urn"])
    assert f"dev: replace {permission}" in refused.err
    printed(remedies.ALLOW_DELETE_OF_FIX, refused.err)
    assert story.project.client("dev", "s3").get_bucket_versioning(Bucket=BUCKET)["Status"] == "Suspended"
    return permission


def put_back(story: Story, permission: str) -> None:
    project = story.project
    fixed = project.deploy("drift", "--all", "--fix", "--allow-delete", permission, "--output", "json")
    assert fixed.code == 0, fixed
    gone(remedies.ALLOW_DELETE_OF_FIX, fixed.err)
    gone(remedies.AS_LAST_DEPLOYED, fixed.err)
    done = fixed.json["fix"]
    assert {(one["stack"], one["urn"].rpartition("::")[0].rpartition(":")[2]) for one in done["restored"]} == {
        *(("dev", kind) for kind in ("BucketVersioning", "Function", "Permission")),
        *(("prod", kind) for kind in ("Alias", "Permission")),
    }
    (left,) = done["left"]
    assert (left["stack"], left["why"]) == (
        "staging",
        "it would undo environment.variables.DEBUG too, which ada answers for until 2999-12-31",
    )
    assert project.client("dev", "s3").get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert project.client("prod", "lambda").get_alias(FunctionName="items-prod", Name="live")["Name"] == "live"
    ledger = json.loads((project.root / ".deploy" / "drift" / "ledger.json").read_text("utf-8"))["entries"].values()
    assert {entry["stack"] for entry in ledger if entry["standing"] not in {"closed", "ignored"}} == {
        "staging",
        "dev-access",
    }
    runs = {run["run"]: run for run in project.deploy("history", "--output", "json").json["runs"]}
    recalled = runs[fixed.json["run"]]
    assert (recalled["operation"], recalled["exitCode"]) == ("drift --fix", 0)
    kept = project.client("tools", "s3").get_object(Bucket=STATE, Key=f".deploy/runs/{fixed.json['run']}.jsonl")
    assert b'"run-finished"' in kept["Body"].read()


def refused_by_a_gate(story: Story) -> None:
    """What was put back stays so; and a limit holds, whatever is named."""
    story.let_in("prod")
    seen = story.drift("--all")
    assert moved(seen).keys() == {("staging", "Function"), ("prod", "Permission")}
    permission = drifted(seen)["prod", "Permission"]["urn"]
    guarded = "--stacks", "prod", "--fix", "--allow-delete", permission
    assert story.drift(*guarded).code == 2, "prod has a limit, and nobody said why"
    refused = story.drift(*guarded, "--reason", "somebody let a stranger in")
    assert refused.code == 4, refused
    (step,) = refused.json["fix"]["stacks"]
    assert (step["result"], step["reason"]) == ("refused", "over a limit")
    assert [(one["stack"], one["why"].partition(":")[0]) for one in refused.json["fix"]["left"]] == [
        ("prod", "refused")
    ]
