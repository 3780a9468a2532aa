"""S3: buckets and the settings that are resources of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.plugin.errors import PluginError, code
from sandbox.plugin.patience import retrying
from sandbox.plugin.resource import TAGS, Kind, Property, ResourceType, outputs
from sandbox.plugin.tags import pairs, unpaired

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.plugin.account import Account
    from sandbox.plugin.resource import Change, Inputs, State

_BUCKET = Property("bucket", required=True, replaces=True)
_WEBSITE_ZONES = {  # AWS General Reference, "Amazon S3 website endpoints"
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "us-east-1": "Z3AQBSTGFYJSTF",
}
_GONE = frozenset(
    {
        "404",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchPublicAccessBlockConfiguration",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    },
)


def _create_bucket(account: Account, inputs: Inputs) -> str:
    request: dict[str, Any] = {"Bucket": inputs["bucket"]}
    if account.region != "us-east-1":
        request["CreateBucketConfiguration"] = {"LocationConstraint": account.region}
    account.s3.create_bucket(**request)
    return str(inputs["bucket"])


def _read_bucket(account: Account, name: str, _: State) -> State | None:
    try:
        account.s3.head_bucket(Bucket=name)
    except ClientError as error:
        if code(error) in _GONE:
            return None
        raise
    zone = _WEBSITE_ZONES.get(account.region)
    return {
        "id": name,
        "bucket": name,
        "tagsAll": _bucket_tags(account, name),
        "arn": f"arn:{account.partition}:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{account.region}.amazonaws.com",
        "bucketRegion": account.region,
        "region": account.region,
        **({"hostedZoneId": zone} if zone else {}),
    }


def _bucket_tags(account: Account, name: str) -> dict[str, str]:
    try:
        return unpaired(account.s3.get_bucket_tagging(Bucket=name)["TagSet"])
    except ClientError as error:
        if code(error) == "NoSuchTagSet":
            return {}
        raise


def _update_bucket(account: Account, name: str, change: Change) -> None:
    if not change.touches("tagsAll"):
        return
    if change.new["tagsAll"]:
        _settled(
            account,
            lambda: account.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": pairs(change.new["tagsAll"])}),
        )
    else:
        _settled(account, lambda: account.s3.delete_bucket_tagging(Bucket=name))


def _delete_bucket(account: Account, name: str, state: State) -> None:
    try:
        account.s3.delete_bucket(Bucket=name)
    except ClientError as error:
        if code(error) in _GONE:
            return
        if code(error) != "BucketNotEmpty":
            raise
        if not state.get("forceDestroy"):
            raise PluginError(
                f"bucket {name} is not empty, and forceDestroy is not set: empty it, or set forceDestroy, run up, and then destroy",
            ) from error
        _empty(account, name)
        retrying(
            account, lambda: account.s3.delete_bucket(Bucket=name), when=lambda again: code(again) == "BucketNotEmpty"
        )


def _empty(account: Account, name: str) -> None:
    for page in account.s3.get_paginator("list_object_versions").paginate(Bucket=name):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects: list[Any] = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        if objects:
            answer = account.s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
            for refused in answer.get("Errors", []):
                raise PluginError(
                    f"bucket {name} cannot be emptied: {refused['Key']}: {refused.get('Code')}: {refused.get('Message')}"
                )


def _settled(account: Account, action: Callable[[], Any]) -> None:
    """S3 refuses two changes of one bucket at once, and a principal that IAM has not spread yet."""

    def passing(error: ClientError) -> bool:
        return code(error) == "OperationAborted" or (code(error) == "MalformedPolicy" and "rincipal" in str(error))

    retrying(account, action, when=passing)


def _setting(  # one bucket setting is like another: put, get, delete
    token: str,
    inputs: tuple[Property, ...],
    *,
    put: Callable[[Account, str, Inputs], Any],
    get: Callable[[Account, str], Mapping[str, Any]],
    delete: Callable[[Account, str], Any],
) -> ResourceType:
    def create(account: Account, wanted: Inputs) -> str:
        _settled(account, lambda: put(account, wanted["bucket"], wanted))
        return str(wanted["bucket"])

    def read(account: Account, bucket: str, _: State) -> State | None:
        try:
            return {"id": bucket, "bucket": bucket, "region": account.region, **get(account, bucket)}
        except ClientError as error:
            if code(error) in _GONE:
                return None
            raise

    def update(account: Account, bucket: str, change: Change) -> None:
        _settled(account, lambda: put(account, bucket, change.new))

    def remove(account: Account, bucket: str, _: State) -> None:
        try:
            _settled(account, lambda: delete(account, bucket))
        except ClientError as error:
            if code(error) not in _GONE:
                raise

    return ResourceType(token, (_BUCKET, *inputs), outputs("region"), create, read, remove, update)


def _put_versioning(account: Account, bucket: str, wanted: Inputs) -> None:
    status = wanted["versioningConfiguration"]["status"]
    account.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def _get_versioning(account: Account, bucket: str) -> dict[str, Any]:
    return {
        "versioningConfiguration": {"status": account.s3.get_bucket_versioning(Bucket=bucket).get("Status", "Disabled")}
    }


def _suspend_versioning(account: Account, bucket: str) -> None:
    account.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def _put_encryption(account: Account, bucket: str, wanted: Inputs) -> None:
    rules: list[Any] = [
        {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": one["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
            },
            "BucketKeyEnabled": one.get("bucketKeyEnabled", False),
        }
        for one in wanted["rules"]
    ]
    account.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def _get_encryption(account: Account, bucket: str) -> dict[str, Any]:
    rules = account.s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return {
        "rules": [
            {
                "applyServerSideEncryptionByDefault": {
                    "sseAlgorithm": one.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm"),
                },
                "bucketKeyEnabled": one.get("BucketKeyEnabled", False),
            }
            for one in rules
        ],
    }


_BLOCKS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


def _put_block(account: Account, bucket: str, wanted: Inputs) -> None:
    configuration: Any = {theirs: bool(wanted.get(ours)) for ours, theirs in _BLOCKS.items()}
    account.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=configuration)


def _get_block(account: Account, bucket: str) -> dict[str, Any]:
    found: Mapping[str, Any] = account.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    return {ours: bool(found.get(theirs)) for ours, theirs in _BLOCKS.items()}


def _put_ownership(account: Account, bucket: str, wanted: Inputs) -> None:
    rules: list[Any] = [{"ObjectOwnership": wanted["rule"]["objectOwnership"]}]
    account.s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": rules})


def _get_ownership(account: Account, bucket: str) -> dict[str, Any]:
    rules = account.s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    return {"rule": {"objectOwnership": rules[0]["ObjectOwnership"]}}


def _get_policy(account: Account, bucket: str) -> dict[str, Any]:
    return {"policy": json.dumps(json.loads(account.s3.get_bucket_policy(Bucket=bucket)["Policy"]))}


TYPES = (
    ResourceType(
        "aws:s3/bucket:Bucket",
        (
            Property("bucket", required=True, names=True, replaces=True),
            Property("forceDestroy", Kind.BOOLEAN, default=False, filled=True, in_cloud=False),
            *TAGS,
        ),
        outputs("arn", "bucketDomainName", "bucketRegionalDomainName", "bucketRegion", "hostedZoneId", "region"),
        _create_bucket,
        _read_bucket,
        _delete_bucket,
        _update_bucket,
        completes=frozenset({"tagsAll"}),
    ),
    _setting(
        "aws:s3/bucketVersioning:BucketVersioning",
        (Property("versioningConfiguration", Kind.OBJECT, required=True, fields=(Property("status", required=True),)),),
        put=_put_versioning,
        get=_get_versioning,
        delete=_suspend_versioning,
    ),
    _setting(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        (
            Property(
                "rules",
                Kind.OBJECTS,
                required=True,
                fields=(
                    Property(
                        "applyServerSideEncryptionByDefault",
                        Kind.OBJECT,
                        required=True,
                        fields=(Property("sseAlgorithm", required=True),),
                    ),
                    Property("bucketKeyEnabled", Kind.BOOLEAN, default=False),
                ),
            ),
        ),
        put=_put_encryption,
        get=_get_encryption,
        delete=lambda account, bucket: account.s3.delete_bucket_encryption(Bucket=bucket),
    ),
    _setting(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        tuple(Property(name, Kind.BOOLEAN, default=False) for name in _BLOCKS),
        put=_put_block,
        get=_get_block,
        delete=lambda account, bucket: account.s3.delete_public_access_block(Bucket=bucket),
    ),
    _setting(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        (Property("rule", Kind.OBJECT, required=True, fields=(Property("objectOwnership", required=True),)),),
        put=_put_ownership,
        get=_get_ownership,
        delete=lambda account, bucket: account.s3.delete_bucket_ownership_controls(Bucket=bucket),
    ),
    _setting(
        "aws:s3/bucketPolicy:BucketPolicy",
        (Property("policy", Kind.DOCUMENT, required=True),),
        put=lambda account, bucket, wanted: account.s3.put_bucket_policy(Bucket=bucket, Policy=wanted["policy"]),
        get=_get_policy,
        delete=lambda account, bucket: account.s3.delete_bucket_policy(Bucket=bucket),
    ),
)
