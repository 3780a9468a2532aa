"""What a deletion or a replacement would lose for good; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from deploy_driver.values import Changes, ResourceChange

HOLDS_DATA: Mapping[str, str] = {
    "aws:backup/vault": "its backups",
    "aws:cloudtrail/eventDataStore": "its events",
    "aws:cloudwatch/logGroup": "its logs",
    "aws:codecommit/repository": "its history",
    "aws:cognito/userPool": "its users",
    "aws:docdb/cluster": "its documents",
    "aws:dynamodb/globalTable": "its items",
    "aws:dynamodb/table": "its items",
    "aws:ebs/snapshot": "the snapshot",
    "aws:ebs/volume": "what is on the volume",
    "aws:ecr/repository": "its images",
    "aws:efs/fileSystem": "its files",
    "aws:elasticache/cluster": "what it caches",
    "aws:elasticache/replicationGroup": "what it caches",
    "aws:elasticache/serverlessCache": "what it caches",
    "aws:elasticsearch/domain": "its indices",
    "aws:fsx/lustreFileSystem": "its files",
    "aws:fsx/ontapFileSystem": "its files",
    "aws:fsx/openZfsFileSystem": "its files",
    "aws:fsx/windowsFileSystem": "its files",
    "aws:glacier/vault": "its archives",
    "aws:keyspaces/table": "its rows",
    "aws:kinesis/stream": "its records",
    "aws:kms/externalKey": "everything that only this key decrypts",
    "aws:kms/key": "everything that only this key decrypts",
    "aws:kms/replicaKey": "everything that only this key decrypts",
    "aws:memorydb/cluster": "its data",
    "aws:msk/cluster": "its messages",
    "aws:neptune/cluster": "its graph",
    "aws:opensearch/domain": "its indices",
    "aws:opensearch/serverlessCollection": "its indices",
    "aws:rds/cluster": "its databases",
    "aws:rds/clusterSnapshot": "the snapshot",
    "aws:rds/instance": "its databases",
    "aws:rds/snapshot": "the snapshot",
    "aws:redshift/cluster": "its tables",
    "aws:redshiftserverless/namespace": "its tables",
    "aws:s3/bucket": "its objects",
    "aws:s3/bucketV2": "its objects",
    "aws:s3/directoryBucket": "its objects",
    "aws:secretsmanager/secret": "the secret's values",
    "aws:sqs/queue": "its messages",
    "aws:ssm/parameter": "its value",
    "aws:timestreamwrite/table": "its records",
}
"""Resource types (module and type, as Pulumi's tokens begin) that hold what cannot be made again, and what that is.

An object that the program puts into a bucket (`aws:s3/bucketObject`) is not among them: the program can make it again, and
one that is named by its digest is replaced at every change.
"""

ALL = "all"
"""The word that allows every deletion, where single ones are allowed by their URNs."""

_LOSES = {"delete", "replace"}


def goes(change: ResourceChange) -> bool:
    """Whether the thing that is there now would be gone."""
    return change.op in _LOSES


def holds(kind: str) -> str:
    """What a resource of this Pulumi type holds, in words; empty when it holds nothing that cannot be made again."""
    return HOLDS_DATA.get(kind.rsplit(":", 1)[0], "")


def lost(change: ResourceChange) -> str:
    """What the change would lose, in words; empty when nothing."""
    return holds(change.type) if goes(change) else ""


def losses(existing: Mapping[str, str]) -> str:
    """What goes with these resources (URN and type), in words: `its objects (Bucket items), …`; empty when nothing."""
    found = [(ResourceChange(urn, "delete"), what) for urn, kind in existing.items() if (what := holds(kind))]
    return ", ".join(f"{what} ({change.type.rsplit(':', 1)[-1]} {change.name})" for change, what in found)


def not_allowed(
    resources: Iterable[ResourceChange], changes: Changes, allowed: Collection[str]
) -> tuple[ResourceChange, ...]:
    """The changes that somebody has to allow, and has not: those that lose data, and all of them when nothing would stay.

    `changes` count all of the stack's resources, those left alone as well; `allowed` are URNs, or ALL.
    """
    gone = [change for change in resources if goes(change)]
    everything = len(gone) == changes.same + changes.update + changes.replace + changes.delete
    if ALL in allowed:
        return ()
    return tuple(change for change in gone if (everything or lost(change)) and change.urn not in allowed)
