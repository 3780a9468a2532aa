"""S3: the settings of a bucket that are resources of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deploy_sandbox.plugin.errors import code
from deploy_sandbox.plugin.resource import InputKind, Property, ResourceType, outputs
from deploy_sandbox.plugin.s3_bucket import GONE, settled
from deploy_sandbox.plugin.simple import inputs_in, members

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State

_BUCKET = Property("bucket", required=True, replaces=True)


def _setting(  # one bucket setting is like another: put, get, delete
    token: str,
    inputs: tuple[Property, ...],
    *,
    put: Callable[[EnteredAccount, str, Inputs], Any],
    get: Callable[[EnteredAccount, str], Mapping[str, Any]],
    delete: Callable[[EnteredAccount, str], Any],
) -> ResourceType:
    def create(account: EnteredAccount, wanted: Inputs) -> str:
        settled(account, lambda: put(account, wanted["bucket"], wanted))
        return str(wanted["bucket"])

    def read(account: EnteredAccount, bucket: str, _: State) -> State | None:
        try:
            return {"id": bucket, "bucket": bucket, "region": account.region, **get(account, bucket)}
        except ClientError as error:
            if code(error) in GONE:
                return None
            raise

    def update(account: EnteredAccount, bucket: str, change: ResourceUpdate) -> None:
        settled(account, lambda: put(account, bucket, change.new))

    def remove(account: EnteredAccount, bucket: str, _: State) -> None:
        try:
            settled(account, lambda: delete(account, bucket))
        except ClientError as error:
            if code(error) not in GONE:
                raise

    return ResourceType(token, (_BUCKET, *inputs), outputs("region"), create, read, remove, update)


def _put_versioning(account: EnteredAccount, bucket: str, wanted: Inputs) -> None:
    status = wanted["versioningConfiguration"]["status"]
    account.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def _get_versioning(account: EnteredAccount, bucket: str) -> dict[str, Any]:
    return {
        "versioningConfiguration": {"status": account.s3.get_bucket_versioning(Bucket=bucket).get("Status", "Disabled")}
    }


def _suspend_versioning(account: EnteredAccount, bucket: str) -> None:
    account.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def _put_encryption(account: EnteredAccount, bucket: str, wanted: Inputs) -> None:
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


def _get_encryption(account: EnteredAccount, bucket: str) -> dict[str, Any]:
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


def _put_block(account: EnteredAccount, bucket: str, wanted: Inputs) -> None:
    configuration: Any = {theirs: bool(wanted.get(ours)) for ours, theirs in _BLOCKS.items()}
    account.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=configuration)


def _get_block(account: EnteredAccount, bucket: str) -> dict[str, Any]:
    found: Mapping[str, Any] = account.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    return {ours: bool(found.get(theirs)) for ours, theirs in _BLOCKS.items()}


def _put_ownership(account: EnteredAccount, bucket: str, wanted: Inputs) -> None:
    rules: list[Any] = [{"ObjectOwnership": wanted["rule"]["objectOwnership"]}]
    account.s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": rules})


def _get_ownership(account: EnteredAccount, bucket: str) -> dict[str, Any]:
    rules = account.s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    return {"rule": {"objectOwnership": rules[0]["ObjectOwnership"]}}


def _get_policy(account: EnteredAccount, bucket: str) -> dict[str, Any]:
    return {"policy": json.dumps(json.loads(account.s3.get_bucket_policy(Bucket=bucket)["Policy"]))}


_CORS = (
    Property(
        "corsRules",
        InputKind.OBJECT_SET,
        required=True,
        fields=(
            Property("allowedMethods", InputKind.TEXTS, required=True),
            Property("allowedOrigins", InputKind.TEXTS, required=True),
            Property("allowedHeaders", InputKind.TEXTS),
            Property("exposeHeaders", InputKind.TEXTS),
            Property("maxAgeSeconds", InputKind.INTEGER),
            Property("id", member="ID"),
        ),
        member="CORSRules",
    ),
)


def _put_cors(account: EnteredAccount, bucket: str, wanted: Inputs) -> None:
    rules: Any = members(_CORS, wanted)
    account.s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=rules)


def _get_cors(account: EnteredAccount, bucket: str) -> dict[str, Any]:
    return inputs_in(_CORS, dict(account.s3.get_bucket_cors(Bucket=bucket)))


def _days(name: str) -> tuple[Property, ...]:
    return (Property(name, InputKind.INTEGER),)


_TRANSITION = (Property("storageClass", required=True),)
_LIFECYCLE = (
    Property(
        "rules",
        InputKind.OBJECTS,
        required=True,
        fields=(
            Property("id", required=True, member="ID"),
            Property("status", required=True),
            Property("filter", InputKind.OBJECT, default={}, fields=(Property("prefix", default=""),)),
            Property("expiration", InputKind.OBJECT, default={}, fields=_days("days")),
            Property("transitions", InputKind.OBJECTS, fields=(*_days("days"), *_TRANSITION)),
            Property("noncurrentVersionExpiration", InputKind.OBJECT, default={}, fields=_days("noncurrentDays")),
            Property(
                "noncurrentVersionTransitions", InputKind.OBJECTS, fields=(*_days("noncurrentDays"), *_TRANSITION)
            ),
            Property(
                "abortIncompleteMultipartUpload", InputKind.OBJECT, default={}, fields=_days("daysAfterInitiation")
            ),
        ),
    ),
)


def _put_lifecycle(account: EnteredAccount, bucket: str, wanted: Inputs) -> None:
    rules: Any = [{"Filter": {"Prefix": ""}, **rule} for rule in members(_LIFECYCLE, wanted)["Rules"]]
    account.s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})


def _get_lifecycle(account: EnteredAccount, bucket: str) -> dict[str, Any]:
    return inputs_in(_LIFECYCLE, dict(account.s3.get_bucket_lifecycle_configuration(Bucket=bucket)))


def _notified(name: str, kind: str, arn: str) -> Property:
    """Whom a bucket tells of its events."""
    filters = (Property("filterPrefix", default=""), Property("filterSuffix", default=""))
    fields = (
        Property(arn, required=True),
        Property("events", InputKind.TEXTS, required=True),
        Property("id", cloud_decides=True),
    )
    return Property(name, InputKind.OBJECTS, fields=(*fields, *filters), member=f"{kind}Configurations")


_NOTIFIED = (
    _notified("lambdaFunctions", "LambdaFunction", "lambdaFunctionArn"),
    _notified("queues", "Queue", "queueArn"),
    _notified("topics", "Topic", "topicArn"),
)


def _put_notification(account: EnteredAccount, bucket: str, wanted: Inputs) -> None:
    configuration: Any = {"EventBridgeConfiguration": {}} if wanted.get("eventbridge") else {}
    for name, listed in members(_NOTIFIED, wanted).items():
        configuration[name] = [_with_filter(one) for one in listed]
    account.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


def _with_filter(told: dict[str, Any]) -> dict[str, Any]:
    rules = [{"Name": name, "Value": told.pop(f"Filter{name}", "")} for name in ("Prefix", "Suffix")]
    given = [rule for rule in rules if rule["Value"]]
    return {**told, **({"Filter": {"Key": {"FilterRules": given}}} if given else {})}


def _get_notification(account: EnteredAccount, bucket: str) -> dict[str, Any]:
    found: dict[str, Any] = dict(account.s3.get_bucket_notification_configuration(Bucket=bucket))
    plain = {one.member: [_without_filter(told) for told in found.get(one.member, [])] for one in _NOTIFIED}
    return {"eventbridge": "EventBridgeConfiguration" in found, **inputs_in(_NOTIFIED, plain)}


def _without_filter(told: Mapping[str, Any]) -> dict[str, Any]:
    rules = told.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    arn = next(name for name in told if name.endswith("Arn"))
    filters = {f"Filter{rule['Name'].capitalize()}": rule["Value"] for rule in rules}
    return {"Id": told.get("Id"), arn: told[arn], "Events": told["Events"], **filters}


TYPES = (
    _setting(
        "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
        _CORS,
        put=_put_cors,
        get=_get_cors,
        delete=lambda account, bucket: account.s3.delete_bucket_cors(Bucket=bucket),
    ),
    _setting(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        _LIFECYCLE,
        put=_put_lifecycle,
        get=_get_lifecycle,
        delete=lambda account, bucket: account.s3.delete_bucket_lifecycle(Bucket=bucket),
    ),
    _setting(
        "aws:s3/bucketNotification:BucketNotification",
        (Property("eventbridge", InputKind.BOOLEAN, default=False, filled=True), *_NOTIFIED),
        put=_put_notification,
        get=_get_notification,
        delete=lambda account, bucket: _put_notification(account, bucket, {}),
    ),
    _setting(
        "aws:s3/bucketVersioning:BucketVersioning",
        (
            Property(
                "versioningConfiguration", InputKind.OBJECT, required=True, fields=(Property("status", required=True),)
            ),
        ),
        put=_put_versioning,
        get=_get_versioning,
        delete=_suspend_versioning,
    ),
    _setting(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        (
            Property(
                "rules",
                InputKind.OBJECTS,
                required=True,
                fields=(
                    Property(
                        "applyServerSideEncryptionByDefault",
                        InputKind.OBJECT,
                        required=True,
                        fields=(Property("sseAlgorithm", required=True),),
                    ),
                    Property("bucketKeyEnabled", InputKind.BOOLEAN, default=False),
                ),
            ),
        ),
        put=_put_encryption,
        get=_get_encryption,
        delete=lambda account, bucket: account.s3.delete_bucket_encryption(Bucket=bucket),
    ),
    _setting(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        tuple(Property(name, InputKind.BOOLEAN, default=False) for name in _BLOCKS),
        put=_put_block,
        get=_get_block,
        delete=lambda account, bucket: account.s3.delete_public_access_block(Bucket=bucket),
    ),
    _setting(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        (Property("rule", InputKind.OBJECT, required=True, fields=(Property("objectOwnership", required=True),)),),
        put=_put_ownership,
        get=_get_ownership,
        delete=lambda account, bucket: account.s3.delete_bucket_ownership_controls(Bucket=bucket),
    ),
    _setting(
        "aws:s3/bucketPolicy:BucketPolicy",
        (Property("policy", InputKind.DOCUMENT, required=True),),
        put=lambda account, bucket, wanted: account.s3.put_bucket_policy(Bucket=bucket, Policy=wanted["policy"]),
        get=_get_policy,
        delete=lambda account, bucket: account.s3.delete_bucket_policy(Bucket=bucket),
    ),
)
