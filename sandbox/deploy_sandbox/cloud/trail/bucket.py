"""The trail's bucket as CloudTrail sees it: may the service write there, and the writing.

"Amazon S3 bucket policy for CloudTrail"
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html): cloudtrail.amazonaws.com
needs s3:GetBucketAcl on the bucket and s3:PutObject with `x-amz-acl: bucket-owner-full-control` below
`[prefix/]AWSLogs/<account>/`; both calls carry `aws:SourceArn` and `aws:SourceAccount` of the trail. The emulator delivered
nothing and took any bucket.
"""

from __future__ import annotations

from dataclasses import dataclass

from ministack.core import iam_evaluator, responses
from ministack.services import s3

from deploy_sandbox.cloud import emulator

_SERVICE = "cloudtrail.amazonaws.com"
_ACL = "bucket-owner-full-control"
_REFUSED = 400


@dataclass(frozen=True)
class Destination:
    """Where a trail delivers: its bucket, its prefix (empty or without a slash at the end), and the trail that writes."""

    bucket: str
    prefix: str
    trail_arn: str

    @property
    def account(self) -> str:
        return self.trail_arn.split(":")[4]

    @property
    def region(self) -> str:
        return self.trail_arn.split(":")[3]

    @property
    def folder(self) -> str:
        """The key that everything of the trail's account is below."""
        return f"{self.prefix}/AWSLogs/{self.account}/".lstrip("/")


def owner(bucket: str) -> str | None:
    """The account that has the bucket: names are global."""
    return next((account for account, name in emulator.BUCKETS.to_dict() if name == bucket), None)


def may_deliver(destination: Destination) -> bool:
    """Whether the bucket policy lets CloudTrail deliver for that trail."""
    arn = f"arn:aws:s3:::{destination.bucket}"
    return _allowed(destination, "s3:GetBucketAcl", arn, {}) and _may_write(
        destination, f"{destination.folder}CloudTrail/"
    )


async def write(destination: Destination, key: str, content: bytes) -> str:
    """Put one log file; the error that kept it out, as GetTrailStatus says it, or nothing."""
    account = owner(destination.bucket)
    if account is None:
        return "NoSuchBucket"
    if not _may_write(destination, key):
        return "AccessDenied"
    headers = {"content-type": "application/json", "content-encoding": "gzip", "x-amz-acl": _ACL}
    with responses.request_scope(account, destination.region):
        status, _headers, _body = await s3.handle_request(
            "PUT", f"/{destination.bucket}/{key}", headers, content, {}, enforce_bucket_region=False, internal=True
        )
    return "InternalError" if status >= _REFUSED else ""


def _may_write(destination: Destination, key: str) -> bool:
    return _allowed(destination, "s3:PutObject", f"arn:aws:s3:::{destination.bucket}/{key}", {"s3:x-amz-acl": _ACL})


def _allowed(destination: Destination, action: str, resource: str, keys: dict[str, str]) -> bool:
    account = owner(destination.bucket)
    policy = emulator.BUCKET_POLICIES.get_scoped(account, None, destination.bucket)
    context = iam_evaluator.EvalContext(
        principal_arn="",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=destination.region,
        secure_transport=True,
        service_context={
            "aws:sourcearn": destination.trail_arn,
            "aws:sourceaccount": destination.account,
            "aws:principalisawsservice": "true",
            "aws:principalservicename": _SERVICE,
            **keys,
        },
    )
    return bool(iam_evaluator.evaluate_resource_policy(policy, context, service=_SERVICE).decision == "Allow")
