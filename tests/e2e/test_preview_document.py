"""A change as its reviewer sees it, and what the change's own code can do meanwhile: read, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from deploy_sandbox.accounts import ACCOUNTS
from tests.e2e.project import Project, own_program
from tests.schemas import problems

STATE = f"deploy-state-{ACCOUNTS['tools']}"
BUCKET = f"items-dev-{ACCOUNTS['dev']}"


@pytest.mark.both_plugins
def test_a_change_of_two_settings_and_a_policy_is_one_readable_document(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev,staging").code == 0
    project.setting("dev", "items:timeout", "12")
    project.setting("dev", "items:memory", "256")
    policies = own_program(project.root) / "policies" / "buckets.py"
    text = policies.read_text("utf-8")
    policies.write_text(text.replace('"Resource": [bucket_arn, f"{bucket_arn}/*"]', '"Resource": [f"{bucket_arn}/*"]'))

    done = project.deploy("preview", "--all", "--output", "markdown", "--file", "preview.md")
    assert done.code == 0, done
    assert done.out == ""
    document = (project.root / "preview.md").read_text("utf-8")
    first, *rest = document.split("\n")
    assert first == "<!-- deploy:preview items -->"
    rows = [line for line in rest if line.startswith("| <code>")]
    assert [row.split(" | ")[0] for row in rows] == [f"| <code>{env}</code>" for env in ("dev", "staging", "prod")]
    # The function, its alias through the new version, the API's patience with it, the bucket's policy.
    assert "| <code>222222222222</code> |  | 4 |  |  | ✅ would change |" in rows[0]
    assert "| <code>333333333333</code> |  | 1 |  |  | ✅ would change |" in rows[1]
    above, below = document.split("### Everything that would change")
    assert "aws:s3/bucketPolicy:BucketPolicy" in above
    assert '@@ statement "TlsOnly" @@' in above
    assert f'-    "arn:aws:s3:::{BUCKET}",' in above
    assert "- timeout: 10\n+ timeout: 12" in below
    assert "- memorySize: 128\n+ memorySize: 256" in below
    assert "+ functionVersion: [unknown until deployed]" in below
    assert "pulumi:providers" not in document

    told = project.deploy("preview", "--all", "--output", "json")
    assert told.code == 0, told
    assert problems("run-result", told.json) == []
    function = {change["type"]: change for change in told.json["stacks"][0]["resources"]}[
        "aws:lambda/function:Function"
    ]
    differing = {diff["path"]: (diff["kind"], diff["old"], diff["new"]) for diff in function["diffs"]}
    assert differing["timeout"] == ("update", 10, 12)
    assert differing["memorySize"] == ("update", 128, 256)


@pytest.mark.both_plugins
def test_what_would_change_is_all_on_stdout_in_eighty_columns(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev").code == 0
    project.setting("dev", "items:timeout", "12")

    told = project.deploy("preview", "--stacks", "dev,staging").out.splitlines()
    assert max(map(len, told)) <= 80
    head, dev, staging, _, *changes = told
    assert head.split() == ["STACK", "ACCOUNT", "CREATE", "UPDATE", "REPLACE", "DELETE", "RESULT"]
    assert (dev.split()[0], staging.split()[0]) == ("dev", "staging")
    middle = changes.index("")
    assert changes[0] == "dev: 3 to update"
    assert changes[1:3] == ["  update aws:lambda:Function items", "      timeout: 10 -> 12"]
    assert '      functionVersion: "1" -> [unknown until deployed]' in changes[:middle]
    assert changes[middle + 1].startswith("staging: 14 to create")
    assert all(line.startswith("  create aws:") for line in changes[middle + 2 :])
    assert len(changes[middle + 2 :]) == 14
    assert "pulumi:providers" not in "".join(told)


def test_a_stack_that_cannot_be_entered_is_named_beside_the_others(project: Project) -> None:
    project.setting("staging", "deploy:externalId", "items-staging-00000000")
    done = project.deploy("preview", "--all", "--output", "markdown")
    assert done.code == 1, done
    rows = [line for line in done.out.split("\n") if line.startswith("| <code>")]
    assert [row.split(" | ")[0] for row in rows] == [f"| <code>{env}</code>" for env in ("dev", "staging", "prod")]
    assert ["would change" in row for row in rows] == [True, False, True]
    assert "ExternalId" in done.out

    alone = project.deploy("preview", "--stacks", "staging", "--output", "json")
    assert alone.code == 3, alone
    assert problems("run-result", alone.json) == []
    assert [(stack["result"], stack["reason"]) for stack in alone.json["stacks"]] == [("failed", "not entered")]


WRITES = """
import json
from pathlib import Path
import boto3
from botocore.exceptions import ClientError

tried = {}

def trying(name, call, **arguments):
    try:
        call(**arguments)
        tried[name] = "allowed"
    except ClientError as refused:
        tried[name] = refused.response["Error"]["Code"]

def entered(role):
    sts = boto3.client("sts")
    keys = sts.assume_role(
        RoleArn=f"arn:aws:iam::ACCOUNT:role/deploy/{role}/items-dev-{role}",
        ExternalId="EXTERNAL",
        RoleSessionName="items-dev-pull-request",
        SourceIdentity="items-dev-pull-request",
    )["Credentials"]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

suspended = {"Bucket": "STATE", "VersioningConfiguration": {"Status": "Suspended"}}
own = boto3.client("s3")
trying("read the state", own.list_objects_v2, Bucket="STATE", Prefix=".pulumi/")
state = {"Bucket": "STATE", "Key": ".pulumi/stacks/items/dev.json"}
trying("write the state", lambda: own.put_object(**state, Body=own.get_object(**state)["Body"].read()))
trying("change the state bucket", own.put_bucket_versioning, **suspended)
trying("become deployment", lambda: entered("deployment"))
trying("become preview", lambda: entered("preview"))
for role in ("preview", "deployment"):
    if tried[f"become {role}"] != "allowed":
        continue
    session = entered(role)
    s3, functions = session.client("s3"), session.client("lambda")
    suspended = {"Bucket": "BUCKET", "VersioningConfiguration": {"Status": "Suspended"}}
    trying(f"{role}: read the bucket", s3.get_bucket_versioning, Bucket="BUCKET")
    trying(f"{role}: change the bucket", s3.put_bucket_versioning, **suspended)
    trying(f"{role}: write an item", s3.put_object, Bucket="BUCKET", Key="items/x", Body=b"x")
    trying(f"{role}: change the function", functions.update_function_configuration, FunctionName="items-dev", Timeout=99)

Path("TRIED").write_text(json.dumps(tried))
"""


def plant(project: Project) -> None:
    """Code that a pull request brings: it uses whatever credentials it finds in its process."""
    external = next(
        line.split(": ")[1].strip()
        for line in (project.root / "Pulumi.dev.yaml").read_text("utf-8").splitlines()
        if "deploy:externalId" in line
    )
    facts = {"ACCOUNT": ACCOUNTS["dev"], "EXTERNAL": external, "STATE": STATE, "BUCKET": BUCKET}
    code = WRITES.replace("TRIED", str(project.root / "tried.json"))
    for word, fact in facts.items():
        code = code.replace(word, fact)
    program = project.root / "infra" / "__main__.py"
    program.write_text(program.read_text("utf-8") + code)


def tried(project: Project) -> Mapping[str, str]:
    file = project.root / "tried.json"
    found: Mapping[str, str] = json.loads(file.read_text("utf-8"))
    file.unlink()
    return found


def written(project: Project) -> Mapping[str, Any]:
    """What the code tries to change, seen from outside."""
    tools, dev = project.client("tools", "s3"), project.client("dev", "s3")
    function = project.client("dev", "lambda").get_function_configuration(FunctionName="items-dev")
    return {
        "state": tools.list_objects_v2(Bucket=STATE)["Contents"],
        "state versions": tools.get_bucket_versioning(Bucket=STATE)["Status"],
        "versions": dev.get_bucket_versioning(Bucket=BUCKET)["Status"],
        "items": dev.list_objects_v2(Bucket=BUCKET).get("Contents", []),
        "timeout": function["Timeout"],
    }


def test_a_write_by_the_program_s_own_code_is_refused_under_the_preview_role_and_nothing_changes(
    project: Project,
) -> None:
    assert project.deploy("up", "--stacks", "dev").code == 0
    before = written(project)
    plant(project)

    done = project.deploy("preview", "--stacks", "dev")
    assert done.code == 0, done
    assert tried(project) == {
        "read the state": "allowed",
        "write the state": "AccessDenied",
        "change the state bucket": "AccessDenied",
        "become deployment": "AccessDenied",
        "become preview": "allowed",
        "preview: read the bucket": "allowed",
        "preview: change the bucket": "AccessDenied",
        "preview: write an item": "AccessDenied",
        "preview: change the function": "AccessDeniedException",
    }
    assert written(project) == before
    refused = [event for event in project.events("dev") if event.get("errorCode")]
    assert {"PutBucketVersioning"} <= {event["eventName"] for event in refused}

    # The twin: what has been merged is deployed under the deployment role, which may.
    assert project.deploy("up", "--stacks", "dev").code == 0
    deployed = tried(project)
    assert deployed["become deployment"] == "allowed"
    assert deployed["deployment: change the bucket"] == "allowed"
    assert deployed["deployment: change the function"] == "allowed"
    assert written(project)["versions"] == "Suspended"
