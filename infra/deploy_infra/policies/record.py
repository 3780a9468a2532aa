"""Reading an account's record of who did what: the event history, and the files that the trail delivers."""

from __future__ import annotations

from dataclasses import dataclass

from deploy_infra.policies.grant import RoleGrant

ACTIONS = ("s3:GetObject", "s3:ListBucket")
"""What reading the delivered files takes; every other action on the trail's bucket is denied to every role."""


@dataclass(frozen=True)
class TrailDelivery:
    """Where an account's trail is delivered."""

    account: str
    bucket_arn: str


def reads(record: TrailDelivery) -> list[RoleGrant]:
    """What `deploy audit` does in one account.

    Of the delivered files it reads the events, not the digests (CloudTrail User Guide, "Finding your CloudTrail log files").

    The event history is no resource: AWS lets cloudtrail:LookupEvents be allowed on `*` only (Service Authorization
    Reference, "AWS CloudTrail"). It is of the account and region that are asked, and 90 days long.
    """
    files = f"{record.bucket_arn}/AWSLogs/{record.account}/CloudTrail/*"
    return [
        RoleGrant("History", "audit", {"CloudTrail:LookupEvents": "cloudtrail:LookupEvents"}, ["*"]),
        RoleGrant("Record", "audit", {"S3:ListObjectsV2": "s3:ListBucket"}, [record.bucket_arn]),
        RoleGrant("Records", "audit", {"S3:GetObject": "s3:GetObject"}, [files]),
    ]
