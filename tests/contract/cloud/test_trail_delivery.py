"""A trail that logs delivers to its bucket, if the bucket's policy lets CloudTrail write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from deploy_sandbox import lifecycle
from tests.contract.cloud.outsider import Someone, document, refusal
from tests.contract.cloud.records import delivered, letting_cloudtrail_in, make_bucket, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.sandbox

PROD = "444444444444"


@pytest.fixture
def owner(root: Callable[[str], Someone]) -> Someone:
    return root("prod")


def make_trail(owner: Someone, name: str, **facts: Any) -> None:
    make_bucket(owner, name, letting_cloudtrail_in(name, PROD, name))
    owner.client("cloudtrail").create_trail(Name=name, S3BucketName=name, **facts)


def names(owner: Someone, bucket: str) -> list[str]:
    return [record["eventName"] for records in delivered(owner, bucket).values() for record in records]


def test_what_happens_while_a_trail_logs_is_delivered(owner: Someone, unique: str) -> None:
    trails = owner.client("cloudtrail")
    make_trail(owner, unique)
    owner.client("logs").create_log_group(logGroupName=f"{unique}-before")
    trails.start_logging(Name=unique)
    owner.client("logs").create_log_group(logGroupName=unique)
    assert wait_until(lambda: "CreateLogGroup" in names(owner, unique))
    trails.stop_logging(Name=unique)
    owner.client("logs").delete_log_group(logGroupName=unique)
    records = [record for found in delivered(owner, unique).values() for record in found]
    made = [record for record in records if record["eventName"] == "CreateLogGroup"]
    assert [record["requestParameters"]["logGroupName"] for record in made] == [unique]
    assert "DeleteLogGroup" not in names(owner, unique)


def test_a_log_file_is_named_as_aws_names_it_and_the_status_tells_of_it(owner: Someone, unique: str) -> None:
    make_trail(owner, unique)
    trails = owner.client("cloudtrail")
    assert "LatestDeliveryTime" not in trails.get_trail_status(Name=unique)
    trails.start_logging(Name=unique)
    assert wait_until(lambda: bool(names(owner, unique)))
    file = rf"{PROD}_CloudTrail_eu-central-1_\d{{8}}T\d{{4}}Z_\w{{16}}\.json\.gz"
    pattern = rf"AWSLogs/{PROD}/CloudTrail/eu-central-1/\d{{4}}/\d\d/\d\d/{file}"
    assert all(re.fullmatch(pattern, key) for key in delivered(owner, unique))
    assert "LatestDeliveryTime" in trails.get_trail_status(Name=unique)


def test_global_services_reach_a_trail_of_all_regions_only(owner: Someone, unique: str) -> None:
    everywhere, here = f"{unique}-all", f"{unique}-one"
    make_trail(owner, everywhere, IsMultiRegionTrail=True)
    make_trail(owner, here)
    for name in (everywhere, here):
        owner.client("cloudtrail").start_logging(Name=name)
    owner.client("iam").list_roles()
    owner.client("logs").describe_log_groups()
    assert wait_until(lambda: "ListRoles" in names(owner, everywhere) and "DescribeLogGroups" in names(owner, here))
    assert "ListRoles" not in names(owner, here)
    assert any(f"/{PROD}/CloudTrail/us-east-1/" in key for key in delivered(owner, everywhere))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda _statements: [], id="no policy"),
        pytest.param(lambda statements: statements[1:], id="no GetBucketAcl"),
        pytest.param(lambda statements: statements[:1], id="no PutObject"),
    ],
)
def test_a_trail_needs_a_bucket_that_lets_cloudtrail_write(owner: Someone, unique: str, wrong: Any) -> None:
    statements = letting_cloudtrail_in(unique, PROD, unique)
    make_bucket(owner, unique, wrong(statements))
    trails = owner.client("cloudtrail")
    assert (
        refusal(lambda: trails.create_trail(Name=unique, S3BucketName=unique))[0]
        == "InsufficientS3BucketPolicyException"
    )
    owner.client("s3").put_bucket_policy(Bucket=unique, Policy=document(*statements))
    assert trails.create_trail(Name=unique, S3BucketName=unique)["S3BucketName"] == unique


def test_a_bucket_that_trusts_another_trail_is_not_enough(owner: Someone, unique: str) -> None:
    make_bucket(owner, unique, letting_cloudtrail_in(unique, PROD, "another"))
    create = owner.client("cloudtrail").create_trail
    assert refusal(lambda: create(Name=unique, S3BucketName=unique))[0] == "InsufficientS3BucketPolicyException"


def test_a_bucket_that_does_not_exist_is_said_so(owner: Someone, unique: str) -> None:
    create = owner.client("cloudtrail").create_trail
    assert refusal(lambda: create(Name=unique, S3BucketName=unique))[0] == "S3BucketDoesNotExistException"


def test_a_bucket_shut_later_is_told_in_the_status_and_gets_the_rest_when_it_opens(owner: Someone, unique: str) -> None:
    make_trail(owner, unique)
    trails, s3 = owner.client("cloudtrail"), owner.client("s3")
    s3.delete_bucket_policy(Bucket=unique)
    trails.start_logging(Name=unique)
    assert wait_until(lambda: trails.get_trail_status(Name=unique).get("LatestDeliveryError") == "AccessDenied")
    assert delivered(owner, unique) == {}
    s3.put_bucket_policy(Bucket=unique, Policy=document(*letting_cloudtrail_in(unique, PROD, unique)))
    assert wait_until(lambda: "StartLogging" in names(owner, unique))
    assert "LatestDeliveryError" not in trails.get_trail_status(Name=unique)


def test_the_tags_given_at_creation_are_kept_until_the_trail_goes(owner: Someone, unique: str) -> None:
    trails = owner.client("cloudtrail")
    make_trail(owner, unique, TagsList=[{"Key": "owner", "Value": "platform"}])
    arn = trails.get_trail(Name=unique)["Trail"]["TrailARN"]
    assert trails.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == [
        {"Key": "owner", "Value": "platform"}
    ]
    trails.delete_trail(Name=unique)
    trails.create_trail(Name=unique, S3BucketName=unique)
    assert trails.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == []


def test_a_stop_delivers_what_waits(tmp_path: Path) -> None:
    home = tmp_path / "home"
    try:
        started = lifecycle.up(home)
        owner = Someone(started, PROD, "test")
        make_trail(owner, "last-words")
        owner.client("cloudtrail").start_logging(Name="last-words")
        lifecycle.down(home)
        again = Someone(lifecycle.up(home), PROD, "test")
        assert "StartLogging" in names(again, "last-words")
    finally:
        lifecycle.down(home)
