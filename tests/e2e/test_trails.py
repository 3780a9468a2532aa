"""Every account's trail: bootstrap makes it and puts it back, and no destroy takes it or its records away."""

from __future__ import annotations

import json

from tests.e2e.project import Project

TRAIL, BUCKET = "deploy-trail", "deploy-trail-222222222222"


def trail(project: Project) -> dict[str, object]:
    client = project.client("dev", "cloudtrail")
    found = client.get_trail(Name=TRAIL)["Trail"]
    said = (
        "S3BucketName",
        "IsMultiRegionTrail",
        "IncludeGlobalServiceEvents",
        "LogFileValidationEnabled",
        "HomeRegion",
    )
    return {**{key: found[key] for key in said}, "logging": client.get_trail_status(Name=TRAIL)["IsLogging"]}


def bucket(project: Project) -> dict[str, object]:
    s3 = project.client("dev", "s3")
    return {
        "versioning": s3.get_bucket_versioning(Bucket=BUCKET)["Status"],
        "block": s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"],
        "owned": s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"],
        "encrypted": s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"],
        "policy": json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"]),
    }


WHOLE = {
    "S3BucketName": BUCKET,
    "IsMultiRegionTrail": True,
    "IncludeGlobalServiceEvents": True,
    "LogFileValidationEnabled": True,
    "HomeRegion": "eu-central-1",
    "logging": True,
}


def test_what_somebody_changed_bootstrap_puts_back(project: Project) -> None:
    was = bucket(project)
    assert trail(project) == WHOLE
    assert {statement["Sid"] for statement in was["policy"]["Statement"]} == {  # type: ignore[index]
        "AWSCloudTrailAclCheck",
        "AWSCloudTrailWrite",
        "TlsOnly",
    }
    client, s3 = project.client("dev", "cloudtrail"), project.client("dev", "s3")
    client.update_trail(Name=TRAIL, IsMultiRegionTrail=False, EnableLogFileValidation=False)
    client.stop_logging(Name=TRAIL)
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.delete_bucket_policy(Bucket=BUCKET)
    done = project.deploy("bootstrap", "--stacks", "dev-access", "--yes")
    assert done.code == 0, done
    assert trail(project) == WHOLE
    assert bucket(project) == was
    client.delete_trail(Name=TRAIL)
    again = project.deploy("bootstrap", "--stacks", "dev-access", "--yes")
    assert again.code == 0, again
    assert "making the trail deploy-trail" in again.err
    assert trail(project) == WHOLE


def test_a_destroy_leaves_the_trail_and_its_records(project: Project) -> None:
    def records() -> set[str]:
        listed = project.client("dev", "s3").list_objects_v2(Bucket=BUCKET)
        return {str(one["Key"]) for one in listed.get("Contents", [])}

    before = records()
    gone = project.deploy("destroy", "--stacks", "dev-access", "--yes", "--confirm", "dev-access")
    assert gone.code == 0, gone
    assert trail(project) == WHOLE
    assert records() >= before
    made = project.deploy("bootstrap", "--stacks", "dev-access", "--yes")
    assert made.code == 0, made
    assert records() >= before
