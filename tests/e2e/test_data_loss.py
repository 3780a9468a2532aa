"""What holds data is deleted by an up only with a word for it, and emptied only by a destroy; access layers lose nothing by the way."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from deploy_sandbox.accounts import ACCOUNTS
from tests.e2e.project import Ended, Project, own_program

STATE = "deploy-state-111111111111"
BUCKET = f"items-dev-{ACCOUNTS['dev']}"


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


def fill(project: Project, bucket: str) -> None:
    """Objects with versions and a delete marker, as people leave them."""
    s3 = project.client("dev", "s3")
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="items/a", Body=body)
    s3.put_object(Bucket=bucket, Key="items/b", Body=b"three")
    s3.delete_object(Bucket=bucket, Key="items/b")


def empty(project: Project, bucket: str) -> None:
    s3 = project.client("dev", "s3")
    found = s3.list_object_versions(Bucket=bucket)
    for one in (*found.get("Versions", []), *found.get("DeleteMarkers", [])):
        s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])


def may_be_emptied(project: Project) -> bool:
    """What the state says of dev's bucket."""
    body = project.client("tools", "s3").get_object(Bucket=STATE, Key=".pulumi/stacks/items/dev.json")["Body"].read()
    resources: list[Any] = json.loads(body)["checkpoint"]["latest"]["resources"]
    (bucket,) = (one for one in resources if one["type"] == "aws:s3/bucket:Bucket")
    return bool(bucket["outputs"].get("forceDestroy"))


def words(refused: Ended) -> list[str]:
    """The options that the refusal says to add."""
    assert refused.code == 4, refused
    return [
        part
        for urn in re.findall(r"--allow-delete '([^']+)'", refused.err + refused.out)
        for part in ("--allow-delete", urn)
    ]


def test_a_bucket_goes_with_a_word_for_it_and_its_objects_only_in_a_destroy(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev").code == 0
    fill(project, BUCKET)
    own = own_program(project.root)
    component = own / "private_bucket.py"
    edit(component, "force_destroy=empties", "force_destroy=True")
    assert project.deploy("up", "--stacks", "dev").code == 0
    assert may_be_emptied(project)
    edit(component, "force_destroy=True", "force_destroy=empties")
    assert project.deploy("up", "--stacks", "dev").code == 0
    assert not may_be_emptied(project)

    program = project.root / "infra" / "__main__.py"
    whole = program.read_text("utf-8")
    edit(program, 'here.bucket("items")', 'f"items-dev-{here.account}"')
    edit(program, "    may=[store.read_write],\n", "")
    edit(program, "store.bucket.bucket", "store")
    refused = project.deploy("up", "--stacks", "dev", "--yes", "--output", "json")
    assert refused.code == 4, refused
    assert refused.json["stacks"][0]["reason"] == "would lose data"
    assert project.buckets("dev") == [f"deploy-trail-{ACCOUNTS['dev']}", BUCKET]

    saved = ("preview", "--stacks", "dev", "--allow-dirty", "--save", "plan")
    unsaved = project.deploy(*saved)
    assert "no plan is saved" in unsaved.err
    assert not (project.root / "plan").exists()
    word = words(unsaved)
    assert project.deploy(*saved, *word).code == 0
    assert "allowed to be deleted or replaced" in (project.root / "plan" / "plan.md").read_text("utf-8")
    assert project.deploy("up", "--plan", "plan", "--allow-delete", "all").code == 2
    empty(project, BUCKET)
    applied = project.deploy("up", "--plan", "plan", "--yes")
    assert applied.code == 0, applied
    assert project.buckets("dev") == [f"deploy-trail-{ACCOUNTS['dev']}"]

    program.write_text(whole, "utf-8")
    assert project.deploy("up", "--stacks", "dev").code == 0
    fill(project, BUCKET)
    destroyed = project.deploy("destroy", "--stacks", "dev", "--yes")
    assert destroyed.code == 0, destroyed
    assert "what is in it is deleted for good: its objects (Bucket items)" in destroyed.err
    assert project.buckets("dev") == [f"deploy-trail-{ACCOUNTS['dev']}"]


def test_an_access_layer_loses_nothing_above_its_limit_and_no_data_without_a_word(project: Project) -> None:
    logs = project.client("dev", "logs")
    target = own_program(project.root) / "access" / "target.py"
    edit(target, "aws.cloudwatch.LogGroup(name, ", "dict(")
    bootstrap = ("bootstrap", "--stacks", "dev-access", "--yes", "--output", "json")
    limited = project.deploy(*bootstrap)
    assert limited.code == 4, limited
    assert limited.json["stacks"][0]["reason"] == "over a limit"
    assert "raise access.max-deletes in deploy.toml" in limited.err + limited.out

    toml = project.root / "deploy.toml"
    toml.write_text(f"{toml.read_text('utf-8')}\n[access]\nmax-deletes = 1\n", "utf-8")
    lossy = project.deploy(*bootstrap)
    assert lossy.json["stacks"][0]["reason"] == "would lose data"
    assert [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]] == ["/aws/lambda/items-dev"]
    allowed = project.deploy(*bootstrap, *words(lossy))
    assert allowed.code == 0, allowed
    assert logs.describe_log_groups()["logGroups"] == []
