"""S3: buckets, and what they answer while they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deploy_sandbox.plugin.errors import PluginError, code
from deploy_sandbox.plugin.patience import retrying
from deploy_sandbox.plugin.resource import TAGS, InputKind, Property, ResourceType, outputs
from deploy_sandbox.plugin.tags import pairs, retag, unpaired

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State

_WEBSITE_ZONES = {  # AWS General Reference, "Amazon S3 website endpoints"
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "us-east-1": "Z3AQBSTGFYJSTF",
}
GONE = frozenset(
    {
        "404",
        "NoSuchBucket",
        "NoSuchCORSConfiguration",
        "NoSuchLifecycleConfiguration",
        "NoSuchBucketPolicy",
        "NoSuchPublicAccessBlockConfiguration",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    },
)
"""The error codes by which a bucket, or a setting of one, is told to be absent."""


def settled(account: EnteredAccount, action: Callable[[], Any]) -> None:
    """S3 refuses two changes of one bucket at once, and a principal that IAM has not spread yet."""

    def passing(error: ClientError) -> bool:
        return code(error) == "OperationAborted" or (code(error) == "MalformedPolicy" and "rincipal" in str(error))

    retrying(account, action, when=passing)


def _create_bucket(account: EnteredAccount, inputs: Inputs) -> str:
    born: dict[str, Any] = {"Tags": pairs(inputs["tagsAll"])} if inputs["tagsAll"] else {}
    if account.region != "us-east-1":
        born["LocationConstraint"] = account.region
    request: dict[str, Any] = {"Bucket": inputs["bucket"], "CreateBucketConfiguration": born}
    account.s3.create_bucket(**{key: value for key, value in request.items() if value})
    return str(inputs["bucket"])


def _read_bucket(account: EnteredAccount, name: str, _: State) -> State | None:
    try:
        account.s3.head_bucket(Bucket=name)
    except ClientError as error:
        if code(error) in GONE:
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


def _bucket_tags(account: EnteredAccount, name: str) -> dict[str, str]:
    return unpaired(account.s3_control.list_tags_for_resource(**_of_s3_control(account, name)).get("Tags", []))


def _update_bucket(account: EnteredAccount, name: str, change: ResourceUpdate) -> None:
    control, bucket = account.s3_control, _of_s3_control(account, name)
    retag(
        change,
        lambda tags: settled(account, lambda: control.tag_resource(**bucket, Tags=pairs(tags))),
        lambda keys: settled(account, lambda: control.untag_resource(**bucket, TagKeys=keys)),
    )


def _of_s3_control(account: EnteredAccount, name: str) -> dict[str, str]:
    return {"AccountId": account.id, "ResourceArn": f"arn:{account.partition}:s3:::{name}"}


def _delete_bucket(account: EnteredAccount, name: str, state: State) -> None:
    try:
        account.s3.delete_bucket(Bucket=name)
    except ClientError as error:
        if code(error) in GONE:
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


def _empty(account: EnteredAccount, name: str) -> None:
    for page in account.s3.get_paginator("list_object_versions").paginate(Bucket=name):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects: list[Any] = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        if objects:
            answer = account.s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
            for refused in answer.get("Errors", []):
                raise PluginError(
                    f"bucket {name} cannot be emptied: {refused['Key']}: {refused.get('Code')}: {refused.get('Message')}"
                )


TYPES = (
    ResourceType(
        "aws:s3/bucket:Bucket",
        (
            Property("bucket", required=True, names=True, replaces=True),
            Property("forceDestroy", InputKind.BOOLEAN, default=False, filled=True, in_cloud=False),
            *TAGS,
        ),
        outputs("arn", "bucketDomainName", "bucketRegionalDomainName", "bucketRegion", "hostedZoneId", "region"),
        _create_bucket,
        _read_bucket,
        _delete_bucket,
        _update_bucket,
    ),
)
