"""A bucket for TLS only can be used in the sandbox, and still refuses a request that is really insecure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deploy_sandbox import lifecycle
from tests.contract.cloud.outsider import ALLOW_ALL, Someone, document, refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.sandbox


def tls_only(bucket: str) -> str:
    return document(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def make_tls_only(s3: Any, bucket: str) -> None:
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_policy(Bucket=bucket, Policy=tls_only(bucket))


def marked(s3: Any) -> Any:
    """The same client, whose requests say that they are really insecure."""
    s3.meta.events.register(
        "before-send.s3", lambda request, **_facts: request.headers.__setitem__("x-sandbox-insecure", "1")
    )
    return s3


def test_loopback_is_secure_and_a_marked_request_is_not(someone: Callable[..., Someone], unique: str) -> None:
    who = someone("dev", ALLOW_ALL)
    make_tls_only(who.client("s3"), unique)
    who.client("s3").put_object(Bucket=unique, Key="k", Body=b"v")
    insecure = marked(who.client("s3"))
    code, message = refusal(lambda: insecure.get_object(Bucket=unique, Key="k"))
    assert (code, "explicit deny in a resource-based policy" in message) == ("AccessDenied", True)
    assert who.client("s3").get_object(Bucket=unique, Key="k")["Body"].read() == b"v"


def test_the_mark_means_nothing_without_powers(tmp_path: Path) -> None:
    home = tmp_path / "home"
    try:
        started = lifecycle.up(home)
        iam = Someone(started, started.accounts["dev"], "test").client("iam")
        iam.create_user(UserName="u")
        iam.put_user_policy(UserName="u", PolicyName="does", PolicyDocument=document(ALLOW_ALL))
        key = iam.create_access_key(UserName="u")["AccessKey"]
        who = Someone(started, key["AccessKeyId"], key["SecretAccessKey"])
        make_tls_only(who.client("s3"), "tls-only-bucket")
        marked(who.client("s3")).put_object(Bucket="tls-only-bucket", Key="k", Body=b"v")
    finally:
        lifecycle.down(home)
