"""What a reviewer must look at first: what would take data away, and what would change who may do what."""

from __future__ import annotations

from driver.render.markdown_policy import is_policy
from driver.values import ResourceChange

HOLDS_DATA = {
    "aws:backup/vault": "its backups",
    "aws:cloudwatch/logGroup": "its logs",
    "aws:cognito/userPool": "its users",
    "aws:docdb/cluster": "its documents",
    "aws:dynamodb/table": "its items",
    "aws:ebs/snapshot": "the snapshot",
    "aws:ebs/volume": "what is on the volume",
    "aws:ecr/repository": "its images",
    "aws:efs/fileSystem": "its files",
    "aws:elasticache/cluster": "what it caches",
    "aws:elasticache/replicationGroup": "what it caches",
    "aws:elasticsearch/domain": "its indices",
    "aws:fsx/lustreFileSystem": "its files",
    "aws:fsx/openZfsFileSystem": "its files",
    "aws:kinesis/stream": "its records",
    "aws:kms/key": "everything that only this key decrypts",
    "aws:memorydb/cluster": "its data",
    "aws:msk/cluster": "its messages",
    "aws:neptune/cluster": "its graph",
    "aws:opensearch/domain": "its indices",
    "aws:rds/cluster": "its databases",
    "aws:rds/instance": "its databases",
    "aws:redshift/cluster": "its tables",
    "aws:s3/bucket": "its objects",
    "aws:s3/bucketV2": "its objects",
    "aws:s3/bucketObject": "the object",
    "aws:s3/bucketObjectv2": "the object",
    "aws:secretsmanager/secret": "the secret's values",
    "aws:sqs/queue": "its messages",
    "aws:ssm/parameter": "its value",
    "aws:timestreamwrite/table": "its records",
}
"""Resource types (module and type, as Pulumi's tokens begin) that hold what cannot be made again, and what that is."""

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

_LOSES = {"delete", "replace"}


def lost(change: ResourceChange) -> str:
    """What would be lost, in words; empty when nothing would."""
    return HOLDS_DATA.get(_kind(change), "") if change.op in _LOSES else ""


def goes(change: ResourceChange) -> bool:
    """Whether the thing that is there now would be gone."""
    return change.op in _LOSES


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
