"""What CloudTrail calls an operation, and which operations it records at all.

Names: "Lambda management events in CloudTrail" (https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html),
"Amazon S3 CloudTrail events" (https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html).
The emulator wrote the HTTP verb wherever it knew no name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploy_sandbox.cloud.calls import ObservedCall

GLOBAL_REGION = "us-east-1"
"""Where IAM's events are recorded, whatever region the caller signed for."""

_LAMBDA_SECOND_VERSION = frozenset(
    {
        "AddPermission",
        "GetFunction",
        "GetFunctionConfiguration",
        "GetPolicy",
        "RemovePermission",
        "TagResource",
        "UntagResource",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
    }
)
_LAMBDA_LAST_DATED = "20181031"

_S3_NAMES = {
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
_S3_BUCKET_DATA = frozenset(
    {
        "CreateSession",
        "DeleteObjects",
        "HeadBucket",
        "ListMultipartUploads",
        "ListObjectVersions",
        "ListObjects",
        "ListObjectsV2",
    }
)

_DATA = {
    "dynamodb": frozenset(
        {"BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"}
    ),
    "lambda": frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"}),
    "logs": frozenset({"FilterLogEvents", "GetLogEvents", "PutLogEvents"}),
    "sns": frozenset({"Publish", "PublishBatch"}),
    "sqs": frozenset({"DeleteMessage", "ReceiveMessage", "SendMessage", "SendMessageBatch"}),
}

_READS = ("Describe", "Get", "Head", "List", "Lookup", "Simulate", "Decode", "Filter", "Search", "BatchGet")
_READ_ONLY = {
    "kms": frozenset(
        {"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncrypt", "Sign", "Verify"}
    ),
    "sts": frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetCallerIdentity"}),
}


def event_name(call: ObservedCall) -> str:
    """The `eventName` of a call."""
    if call.service == "lambda":
        return _lambda_name(call)
    if call.service == "s3":
        return _S3_NAMES.get(call.operation, call.operation)
    return call.operation


def event_source(call: ObservedCall) -> str:
    """The `eventSource` of a call."""
    return f"{call.service}.amazonaws.com"


def is_recorded(call: ObservedCall) -> bool:
    """Whether a call is a management event: data events are off until a trail asks for them."""
    if call.service == "s3":
        return "Key" not in call.labels and call.operation not in _S3_BUCKET_DATA
    return call.operation not in _DATA.get(call.service, ())


def is_read_only(call: ObservedCall) -> bool:
    """The `readOnly` of a call."""
    return call.operation.startswith(_READS) or call.operation in _READ_ONLY.get(call.service, ())


def region_of(call: ObservedCall, signed: str) -> str:
    """The `awsRegion` of a call that was signed for a region."""
    return GLOBAL_REGION if call.service == "iam" else signed


def _lambda_name(call: ObservedCall) -> str:
    date = call.shape.http["requestUri"].split("/")[1].replace("-", "")
    if date > _LAMBDA_LAST_DATED:
        return call.operation
    return f"{call.operation}{date}{'v2' if call.operation in _LAMBDA_SECOND_VERSION else ''}"
