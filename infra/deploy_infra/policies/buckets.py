"""What a bucket itself demands of everybody who asks, its owner included."""

from __future__ import annotations

from deploy_infra.policies.document import Document, Statement, document


def tls_only(bucket_arn: str) -> Document:
    """Refuse every request that did not come over TLS."""
    return document(_insecure(bucket_arn))


def trail(bucket_arn: str, *, account: str, trail_arn: str) -> Document:
    """Let CloudTrail deliver this account's trail, and nobody without TLS do anything.

    The first two statements are CloudTrail's documented ones ("Amazon S3 bucket policy for CloudTrail"); `aws:SourceArn`
    keeps another account's trail from writing here.
    """
    delivery = {"Service": "cloudtrail.amazonaws.com"}
    source = {"aws:SourceArn": trail_arn}
    return document(
        {
            "Sid": "AWSCloudTrailAclCheck",
            "Effect": "Allow",
            "Principal": delivery,
            "Action": "s3:GetBucketAcl",
            "Resource": bucket_arn,
            "Condition": {"StringEquals": source},
        },
        {
            "Sid": "AWSCloudTrailWrite",
            "Effect": "Allow",
            "Principal": delivery,
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/AWSLogs/{account}/*",
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **source}},
        },
        _insecure(bucket_arn),
    )


def _insecure(bucket_arn: str) -> Statement:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
