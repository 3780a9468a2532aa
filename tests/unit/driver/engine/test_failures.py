"""What the engine and the plugins said, as recorded, and what a person is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from deploy_driver.adapters.engine.failures import Said, classify

ROWS = YAML(typ="safe").load(Path(__file__).with_name("recorded.yaml"))
ENGINES = [
    pytest.param(row["said"].rstrip(), row["reason"], row["remedy"], id=row["reason"][:60])
    for row in ROWS
    if "by" not in row
]
RESOURCES = [
    pytest.param(row["said"].rstrip(), row["reason"], row["remedy"], id=f"{row['by']}: {row['reason'][-60:]}")
    for row in ROWS
    if "by" in row
]


@pytest.mark.parametrize(("said", "reason", "remedy"), ENGINES)
def test_a_recorded_failure_has_its_reason_and_its_remedy(said: str, reason: str, remedy: str) -> None:
    failure = classify([], said, 1)
    assert failure.reason == reason
    assert remedy in failure.remedy


@pytest.mark.parametrize(("said", "reason", "remedy"), ENGINES)
def test_it_has_them_as_a_diagnostic_of_the_engine_too(said: str, reason: str, remedy: str) -> None:
    failure = classify([Said(said.removeprefix("error: "))], "", 1)
    assert failure.reason == reason
    assert remedy in failure.remedy


@pytest.mark.parametrize(("said", "reason", "remedy"), RESOURCES)
def test_what_a_plugin_says_of_a_resource_is_the_resources_affair(said: str, reason: str, remedy: str) -> None:
    failure = classify([Said(said, resource=True)], "", 1, "dev")
    assert failure.reason == reason
    assert remedy in failure.remedy
    assert "state" not in failure.reason


def test_the_same_words_are_the_backends_when_the_engine_says_them_of_itself() -> None:
    denied = (
        "operation error S3: PutObject, https response error StatusCode: 403, api error AccessDenied: Access Denied"
    )
    assert classify([Said(denied)], "", 1).reason == "s3:PutObject on the state bucket is denied"
    assert classify([Said(denied, resource=True)], "", 1).reason == denied


def test_the_backend_goes_first_and_then_the_first_resource() -> None:
    function = Said("updating Lambda Function (a): api error AccessDeniedException: no:", resource=True)
    bucket = Said("creating S3 Bucket (b): BucketAlreadyOwnedByYou: :", resource=True)
    assert classify([function, bucket], "", 1).reason == function.message.rstrip(":")
    assert classify([bucket, function], "", 1).reason == bucket.message.rstrip(": ")
    full = "error: writing checkpoint: write /state/dev.json: no space left on device"
    assert classify([bucket, function], full, 1).reason == "the disk is full"


@pytest.mark.parametrize("resource", [False, True])
def test_a_role_that_cannot_be_assumed_is_the_same_whoever_says_so(resource: bool) -> None:
    said = "IAM Role (arn:aws:iam::222222222222:role/nosuch) cannot be assumed."
    assert classify([Said(said, resource)], "", 1).reason == said.replace("IAM Role (", "the role ").replace(
        ") cannot be assumed.", " cannot be assumed"
    )


def test_what_no_row_knows_keeps_the_engines_own_words() -> None:
    failure = classify([Said("aws:s3/bucket:Bucket b: CreateBucket was refused with InvalidBucketName\nmore")], "", 1)
    assert failure.reason == "aws:s3/bucket:Bucket b: CreateBucket was refused with InvalidBucketName"
    assert failure.remedy == ""


def test_a_silent_end_is_told_as_one() -> None:
    assert classify([], "", 255).reason == "the engine ended with code 255 and did not say why"


def test_a_killed_engine_is_told_with_its_lock() -> None:
    failure = classify([], "", -9)
    assert failure.reason == "the engine was killed (SIGKILL)"
    assert "lock" in failure.remedy
