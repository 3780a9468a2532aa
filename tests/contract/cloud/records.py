"""An outsider's ways of reading CloudTrail, and of giving it a bucket."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.contract.cloud.outsider import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cloud.outsider import Someone

WAIT_SECONDS = 20.0


def look_up(reader: Someone, *, region: str | None = None, **attribute: str) -> list[dict[str, Any]]:
    """The records of an account, oldest first, that one lookup attribute finds: `look_up(root("dev"), EventName="CreateRole")`."""
    there = replace(reader, sandbox=replace(reader.sandbox, region=region or reader.sandbox.region))
    client = there.client("cloudtrail")
    wanted = [{"AttributeKey": key, "AttributeValue": value} for key, value in attribute.items()]
    pages = client.get_paginator("lookup_events").paginate(LookupAttributes=wanted)
    return [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]][::-1]


def letting_cloudtrail_in(bucket: str, account: str, trail: str) -> list[dict[str, Any]]:
    """The statements that AWS documents for a trail's bucket."""
    arn = f"arn:aws:cloudtrail:eu-central-1:{account}:trail/{trail}"
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    acl = {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": arn}
    return [
        {
            **service,
            "Action": "s3:GetBucketAcl",
            "Resource": f"arn:aws:s3:::{bucket}",
            "Condition": {"StringEquals": {"aws:SourceArn": arn}},
        },
        {
            **service,
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{account}/*",
            "Condition": {"StringEquals": acl},
        },
    ]


def make_bucket(owner: Someone, bucket: str, statements: list[dict[str, Any]]) -> None:
    s3 = owner.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    if statements:
        s3.put_bucket_policy(Bucket=bucket, Policy=document(*statements))


def delivered(owner: Someone, bucket: str) -> dict[str, list[dict[str, Any]]]:
    """The records in a trail's bucket, by the key of their log file."""
    s3 = owner.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {
        key: json.loads(gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))["Records"]
        for key in keys
    }


def wait_until(true: Callable[[], bool]) -> bool:
    """Whether it became true in time."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False
