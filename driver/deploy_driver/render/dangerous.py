"""What a reviewer must look at first besides lost data (`deploy_driver.plan.loss`): what would change who may do what."""

from __future__ import annotations

from deploy_driver.render.diff import is_policy
from deploy_driver.values import ResourceChange

_ACCESS = {
    "aws:cloudtrail/trail",
    "aws:kms/grant",
    "aws:lambda/functionUrl",
    "aws:lambda/permission",
    "aws:s3/bucketAcl",
    "aws:s3/bucketAclV2",
    "aws:s3/bucketOwnershipControls",
    "aws:s3/bucketPublicAccessBlock",
    "aws:s3/accountPublicAccessBlock",
    "aws:sns/topicPolicy",
    "aws:sqs/queuePolicy",
}
"""Types beyond IAM's own and beyond policies that decide who may do what, or who sees it afterwards."""


def decides_access(change: ResourceChange) -> bool:
    """Whether the change is one of roles, trust, policies or of what else lets somebody in."""
    kind = _kind(change)
    return (
        kind.startswith("aws:iam/")
        or kind in _ACCESS
        or kind.endswith("Policy")
        or any(is_policy(diff.old) or is_policy(diff.new) for diff in change.diffs)
    )


def _kind(change: ResourceChange) -> str:
    return change.type.rsplit(":", 1)[0]
