"""Reading an account's record of who did what: the event history, and the files that the trail delivers."""

from __future__ import annotations

from infra.policies.grant import Grant

ACTIONS = ("s3:GetObject", "s3:ListBucket")
"""What reading the delivered files takes; every other action on the trail's bucket is denied to every role."""


def reads(bucket_arn: str) -> list[Grant]:
    """What `deploy audit` does in one account; `bucket_arn` is the bucket of its trail.

    The event history is no resource: AWS lets cloudtrail:LookupEvents be allowed on `*` only (Service Authorization
    Reference, "AWS CloudTrail"). It is of the account and region that are asked, and 90 days long.
    """
    files = f"{bucket_arn}/AWSLogs"
    file = f"{files}/111111111111/CloudTrail/eu-central-1/2026/01/01/a.json.gz"
    return [
        Grant("History", "audit", {"CloudTrail:LookupEvents": "cloudtrail:LookupEvents"}, ["*"], ["*"]),
        Grant("Record", "audit", {"S3:ListObjectsV2": "s3:ListBucket"}, [bucket_arn], [bucket_arn]),
        Grant("Records", "audit", {"S3:GetObject": "s3:GetObject"}, [f"{files}/*"], [file]),
    ]
