"""S3 writes an object once when it is asked to, and a policy can demand that it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import Someone, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.sandbox

ONCE = {"Null": {"s3:if-none-match": "false"}}


@pytest.fixture
def bucket(as_root: Any, unique: str) -> str:
    as_root("tools", "s3").create_bucket(
        Bucket=unique, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return unique


def test_what_is_put_once_is_not_replaced(as_root: Any, bucket: str) -> None:
    s3 = as_root("tools", "s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", IfNoneMatch="*")
    code, _ = refusal(lambda: s3.put_object(Bucket=bucket, Key="a", Body=b"2", IfNoneMatch="*"))
    assert code == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    s3.put_object(Bucket=bucket, Key="a", Body=b"2")
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"2"


def test_what_was_seen_is_replaced_and_nothing_else(as_root: Any, bucket: str) -> None:
    s3 = as_root("tools", "s3")
    first = s3.put_object(Bucket=bucket, Key="a", Body=b"1", IfNoneMatch="*")["ETag"]
    second = s3.put_object(Bucket=bucket, Key="a", Body=b"2", IfMatch=first)["ETag"]
    assert second != first
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="a", Body=b"3", IfMatch=first))[0] == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"2"
    s3.delete_object(Bucket=bucket, Key="a")
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="a", Body=b"3", IfMatch=second))[0] == "NoSuchKey"


def test_the_condition_takes_an_asterisk_and_nothing_else(as_root: Any, bucket: str) -> None:
    s3 = as_root("tools", "s3")
    etag = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["ETag"]
    for condition in (
        {"IfNoneMatch": '"0123456789abcdef0123456789abcdef"'},
        {"IfNoneMatch": etag},
        {"IfNoneMatch": "*", "IfMatch": etag},
    ):
        code, _ = refusal(
            lambda condition=condition: s3.put_object(Bucket=bucket, Key="a", Body=b"2", **condition)  # type: ignore[misc]
        )
        assert code == "NotImplemented"
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"


def test_a_policy_can_demand_the_condition(someone: Callable[..., Someone], bucket: str) -> None:
    files = f"arn:aws:s3:::{bucket}/*"
    put = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": files, "Condition": ONCE}
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": files}
    s3 = someone("tools", put, read).client("s3")
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="a", Body=b"1"))[0] == "AccessDenied"
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", IfNoneMatch="*")
    for other in (
        lambda: s3.put_object(Bucket=bucket, Key="a", Body=b"2"),
        lambda: s3.put_object(Bucket=bucket, Key="a", Body=b"2", IfMatch='"x"'),
        lambda: s3.copy_object(Bucket=bucket, Key="a", CopySource={"Bucket": bucket, "Key": "a"}),
        lambda: s3.create_multipart_upload(Bucket=bucket, Key="a"),
    ):
        assert refusal(other)[0] == "AccessDenied"
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="a", Body=b"2", IfNoneMatch="*"))[0] == "PreconditionFailed"


def test_the_keys_are_empty_without_the_headers(someone: Callable[..., Someone], bucket: str) -> None:
    files = f"arn:aws:s3:::{bucket}/*"
    plain = {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": files,
        "Condition": {"Null": {"s3:if-match": "true"}},
    }
    s3 = someone("tools", plain).client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="a", Body=b"2", IfMatch='"x"'))[0] == "AccessDenied"
