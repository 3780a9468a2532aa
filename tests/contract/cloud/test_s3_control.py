"""Buckets are tagged through S3 Control under their own permissions, from the name that an SDK makes of the account, and on record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.cloud.outsider import Someone, refusal
from tests.contract.cloud.powers import Powers
from tests.contract.cloud.records import look_up

pytestmark = pytest.mark.sandbox

DEV = "222222222222"
WHERE = {"LocationConstraint": "eu-central-1"}


def arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def allow(*actions: str, on: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [f"s3:{action}" for action in actions], "Resource": on}


@pytest.fixture
def bucket(as_root: Callable[[str, str], Any], unique: str) -> str:
    """A bucket of dev's with the tag a=1."""
    configuration = {**WHERE, "Tags": [{"Key": "a", "Value": "1"}]}
    as_root("dev", "s3").create_bucket(Bucket=unique, CreateBucketConfiguration=configuration)
    return unique


def test_tags_are_listed_set_and_taken_away_and_are_the_ones_that_s3_shows(
    someone: Callable[..., Someone], as_root: Callable[[str, str], Any], bucket: str
) -> None:
    who = someone("dev", allow("TagResource", "UntagResource", "ListTagsForResource", on=arn(bucket)))
    control, of = who.client("s3control"), {"AccountId": DEV, "ResourceArn": arn(bucket)}
    assert control.list_tags_for_resource(**of)["Tags"] == [{"Key": "a", "Value": "1"}]
    control.tag_resource(**of, Tags=[{"Key": "b", "Value": "2"}])
    control.untag_resource(**of, TagKeys=["a"])
    assert control.list_tags_for_resource(**of)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert as_root("dev", "s3").get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "b", "Value": "2"}]


@pytest.mark.parametrize(
    ("call", "facts"),
    [
        ("tag_resource", {"Tags": [{"Key": "b", "Value": "2"}]}),
        ("untag_resource", {"TagKeys": ["a"]}),
        ("list_tags_for_resource", {}),
    ],
)
def test_each_needs_its_own_permission_on_the_bucket(
    someone: Callable[..., Someone], root: Callable[[str], Someone], bucket: str, call: str, facts: dict[str, Any]
) -> None:
    action = "".join(word.capitalize() for word in call.split("_"))
    others = {"TagResource", "UntagResource", "ListTagsForResource", "PutBucketTagging", "GetBucketTagging"} - {action}
    who = someone("dev", allow(*others, on=arn(bucket)), allow(action, on=arn("another")))
    code, message = refusal(
        lambda: getattr(who.client("s3control"), call)(AccountId=DEV, ResourceArn=arn(bucket), **facts)
    )
    assert code == "AccessDenied"
    assert f's3:{action} on resource: "{arn(bucket)}" because no identity-based policy allows' in message
    assert root("dev").client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "1"}]


def test_a_bucket_that_is_not_there_and_another_s_account(root: Callable[[str], Someone], bucket: str) -> None:
    control = root("dev").client("s3control")
    nowhere = refusal(lambda: control.tag_resource(AccountId=DEV, ResourceArn=arn("nobody-s"), Tags=[]))
    assert nowhere[0] == "NoSuchResource"
    assert refusal(lambda: control.list_tags_for_resource(AccountId="1" * 12, ResourceArn=arn(bucket)))[0] == (
        "AccessDenied"
    )
    others = root("staging").client("s3control")
    ours = {"AccountId": "333333333333", "ResourceArn": arn(bucket)}
    assert refusal(lambda: others.list_tags_for_resource(**ours))[0] == "NoSuchResource"


def test_tags_at_birth_need_the_permission_to_tag(someone: Callable[..., Someone], unique: str) -> None:
    configuration = {**WHERE, "Tags": [{"Key": "a", "Value": "1"}]}
    creator = someone("dev", allow("CreateBucket", on=arn(unique))).client("s3")
    code, message = refusal(lambda: creator.create_bucket(Bucket=unique, CreateBucketConfiguration=configuration))
    assert code == "AccessDenied"
    assert "s3:TagResource" in message
    tagger = someone("dev", allow("CreateBucket", "TagResource", "ListTagsForResource", on=arn(unique)))
    tagger.client("s3").create_bucket(Bucket=unique, CreateBucketConfiguration=configuration)
    listed = tagger.client("s3control").list_tags_for_resource(AccountId=DEV, ResourceArn=arn(unique))
    assert listed["Tags"] == [{"Key": "a", "Value": "1"}]


def test_without_tags_a_creator_needs_nothing_more(someone: Callable[..., Someone], unique: str) -> None:
    creator = someone("dev", allow("CreateBucket", on=arn(unique))).client("s3")
    assert creator.create_bucket(Bucket=unique, CreateBucketConfiguration=WHERE)["Location"]


def test_what_was_done_and_what_was_refused_is_on_record(
    someone: Callable[..., Someone], root: Callable[[str], Someone], bucket: str
) -> None:
    who = someone("dev", allow("TagResource", on=arn(bucket)))
    control, of = who.client("s3control"), {"AccountId": DEV, "ResourceArn": arn(bucket)}
    control.tag_resource(**of, Tags=[{"Key": "b", "Value": "2"}])
    assert refusal(lambda: control.list_tags_for_resource(**of))[0] == "AccessDenied"
    records = look_up(root("dev"), ResourceName=arn(bucket))
    assert {(record["eventName"], record["readOnly"], record.get("errorCode")) for record in records} == {
        ("TagResource", False, None),
        ("ListTagsForResource", True, "AccessDenied"),
    }
    assert {record["eventSource"] for record in records} == {"s3.amazonaws.com"}


def test_a_fault_can_be_asked_for(powers: Powers, root: Callable[[str], Someone], bucket: str) -> None:
    powers.use("POST", "/_sandbox/faults", action="s3:TagResource", error="SlowDown", status=503, times=1)
    control, of = root("dev").client("s3control"), {"AccountId": DEV, "ResourceArn": arn(bucket)}
    assert refusal(lambda: control.tag_resource(**of, Tags=[{"Key": "b", "Value": "2"}]))[0] == "SlowDown"
    control.tag_resource(**of, Tags=[{"Key": "b", "Value": "2"}])
