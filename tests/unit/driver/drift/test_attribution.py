"""Who wrote last, told from the records of a trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy_driver.drift.attribution import WRITE_EVENTS, events_of, last_write
from tests.unit.driver.drift.samples import VERSIONING, resource

MARKED = "Boto3/1 app/deploy-20261123-0102-3f9a7c"


def record(
    second: int = 0, *, bucket: str = "items-dev", agent: str = "aws-cli/2", error: str = ""
) -> Mapping[str, Any]:
    return {
        "eventID": f"e-{second}",
        "eventTime": f"2026-11-23T01:02:{second:02d}Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "PutBucketVersioning",
        "userAgent": agent,
        "errorCode": error,
        "userIdentity": {"arn": f"arn:aws:iam::222222222222:user/u{second}"},
        "requestParameters": {"bucketName": bucket},
    }


def by(*records: Mapping[str, Any], deployed: float = 0.0) -> str:
    found = last_write(resource(), VERSIONING, records, deployed)
    return found.id if found else "unknown"


def test_the_last_one_did_it() -> None:
    assert by(record(2), record(3), record(1)) == "e-3"


def test_another_bucket_or_a_refused_call_is_not_it() -> None:
    assert by(record(1), record(2, bucket="other"), record(3, error="AccessDenied")) == "e-1"


def test_nobody_is_named_where_the_trail_does_not_say() -> None:
    assert by() == "unknown"
    assert by(record(1), record(2, agent=MARKED), deployed=2e9) == "unknown"


def test_what_ran_under_our_mark_after_the_last_deployment_did_it() -> None:
    assert by(record(2, agent=MARKED), deployed=1.0) == "e-2"
    assert by(record(2, agent=MARKED), deployed=0.0) == "unknown"


def test_a_bucket_s_tags_are_changed_through_s3_control_too() -> None:
    def tagged(arn: str) -> Mapping[str, Any]:
        return {**record(2), "eventName": "TagResource", "requestParameters": {"resourceArn": arn}}

    found = [
        last_write(resource(), "aws:s3/bucket:Bucket", [tagged(f"arn:aws:s3:::{bucket}")], 0.0)
        for bucket in ("items-dev", "other-items-dev")
    ]
    assert [deed.event if deed else "unknown" for deed in found] == ["TagResource", "unknown"]


def test_a_type_that_nobody_described_has_no_doer() -> None:
    assert events_of("aws:ec2/instance:Instance") == ()
    assert all(events_of(type_) for type_ in WRITE_EVENTS)
