"""From resource type to SDK operation to IAM action: the one table that the deployment and preview roles come from.

`TYPES` says which SDK operations the AWS provider makes for each resource type that the service layer registers: the
recorded ones, those of paths that no recording took, and those that the pinned provider makes in place of recorded ones
(it tags buckets through S3 Control and, where that is refused, as before: docstring of `pulumi_aws.s3.Bucket`).
`OPERATIONS` says which IAM action AWS asks for each of them, and on which of the stack's things (AWS Service
Authorization Reference; names differ for S3 and API Gateway).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class On(StrEnum):
    """Which of the stack's things an action is asked for."""

    BUCKET = "Bucket"
    OBJECTS = "Objects"
    FUNCTION = "Function"
    FUNCTION_GRANT = "FunctionGrant"
    EXECUTION_ROLE = "ExecutionRole"
    API_CREATE = "ApiCreate"
    API_READ = "ApiRead"
    API_CHANGE = "ApiChange"
    API_TAG = "ApiTag"


@dataclass(frozen=True)
class AuthorisedAction:
    """One IAM action that one SDK operation is authorised by."""

    action: str
    on: On


@dataclass(frozen=True)
class Calls:
    """The SDK operations of one resource type: to look at it, and what creating, updating and deleting take beside that."""

    read: tuple[str, ...]
    create: tuple[str, ...]
    update: tuple[str, ...]
    delete: tuple[str, ...]

    @property
    def change(self) -> tuple[str, ...]:
        """Every operation that is made when it is not only looked at."""
        return tuple(dict.fromkeys((*self.create, *self.update, *self.delete)))


def _on(on: On, *actions: str) -> tuple[AuthorisedAction, ...]:
    return tuple(AuthorisedAction(action, on) for action in actions)


_S3_READS = {
    "HeadBucket": "ListBucket",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAcl": "GetBucketAcl",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketLogging": "GetBucketLogging",
    "GetBucketOwnershipControls": "GetBucketOwnershipControls",
    "GetBucketPolicy": "GetBucketPolicy",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetBucketRequestPayment": "GetBucketRequestPayment",
    "GetBucketTagging": "GetBucketTagging",
    "GetBucketVersioning": "GetBucketVersioning",
    "GetBucketWebsite": "GetBucketWebsite",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "ListObjectVersions": "ListBucketVersions",
}
_S3_WRITES = {
    "DeleteBucket": "DeleteBucket",
    "PutBucketTagging": "PutBucketTagging",
    "PutBucketVersioning": "PutBucketVersioning",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "PutBucketPolicy": "PutBucketPolicy",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
}
_S3_TAGGING = ("TagResource", "UntagResource", "ListTagsForResource")
_LAMBDA = (
    "GetFunction",
    "GetFunctionCodeSigningConfig",
    "GetFunctionConfiguration",
    "ListVersionsByFunction",
    "UpdateFunctionCode",
    "PublishVersion",
    "TagResource",
    "UntagResource",
    "DeleteFunction",
    "CreateAlias",
    "GetAlias",
    "UpdateAlias",
    "DeleteAlias",
    "GetPolicy",
    "RemovePermission",
)
_API_PARTS = ("Api", "Integration", "Route", "Stage")

OPERATIONS: Mapping[str, tuple[AuthorisedAction, ...]] = {
    **{f"S3:{call}": _on(On.BUCKET, f"s3:{action}") for call, action in {**_S3_READS, **_S3_WRITES}.items()},
    # A new bucket carries its tags.
    "S3:CreateBucket": _on(On.BUCKET, "s3:CreateBucket", "s3:TagResource"),
    **{f"S3 Control:{call}": _on(On.BUCKET, f"s3:{call}") for call in _S3_TAGGING},
    "S3:DeleteObjects": _on(On.OBJECTS, "s3:DeleteObject", "s3:DeleteObjectVersion"),
    **{f"Lambda:{call}": _on(On.FUNCTION, f"lambda:{call}") for call in _LAMBDA},
    # GetFunction leaves the tags out for a caller without lambda:ListTags (AWS Lambda API, GetFunction).
    "Lambda:GetFunction": _on(On.FUNCTION, "lambda:GetFunction", "lambda:ListTags"),
    # A new function is published and tagged in the same call, and takes its execution role.
    "Lambda:CreateFunction": (
        *_on(On.FUNCTION, "lambda:CreateFunction", "lambda:PublishVersion", "lambda:TagResource"),
        *_on(On.EXECUTION_ROLE, "iam:PassRole"),
    ),
    "Lambda:UpdateFunctionConfiguration": (
        *_on(On.FUNCTION, "lambda:UpdateFunctionConfiguration"),
        *_on(On.EXECUTION_ROLE, "iam:PassRole"),
    ),
    "Lambda:AddPermission": _on(On.FUNCTION_GRANT, "lambda:AddPermission"),
    # API Gateway's actions are HTTP verbs; tags in a create ask for apigateway:TagResource beside the verb.
    "ApiGatewayV2:CreateApi": _on(On.API_CREATE, "apigateway:POST", "apigateway:TagResource"),
    "ApiGatewayV2:CreateStage": _on(On.API_CHANGE, "apigateway:POST", "apigateway:TagResource"),
    "ApiGatewayV2:CreateIntegration": _on(On.API_CHANGE, "apigateway:POST"),
    "ApiGatewayV2:CreateRoute": _on(On.API_CHANGE, "apigateway:POST"),
    **{f"ApiGatewayV2:Get{part}": _on(On.API_READ, "apigateway:GET") for part in _API_PARTS},
    **{f"ApiGatewayV2:Update{part}": _on(On.API_CHANGE, "apigateway:PATCH") for part in _API_PARTS},
    **{f"ApiGatewayV2:Delete{part}": _on(On.API_CHANGE, "apigateway:DELETE") for part in _API_PARTS},
    "ApiGatewayV2:TagResource": (
        *_on(On.API_TAG, "apigateway:POST"),
        *_on(On.API_CHANGE, "apigateway:PATCH", "apigateway:TagResource"),
    ),
    "ApiGatewayV2:UntagResource": (
        *_on(On.API_TAG, "apigateway:DELETE"),
        *_on(On.API_CHANGE, "apigateway:PATCH", "apigateway:UntagResource"),
    ),
}


def _s3(*calls: str) -> tuple[str, ...]:
    return tuple(f"S3:{call}" for call in calls)


def _lambda(*calls: str) -> tuple[str, ...]:
    return tuple(f"Lambda:{call}" for call in calls)


def _api_part(part: str, *, read: tuple[str, ...] = (), update: tuple[str, ...] = ()) -> Calls:
    def call(verb: str) -> str:
        return f"ApiGatewayV2:{verb}{part}"

    return Calls(
        read=(call("Get"), *read), create=(call("Create"),), update=(call("Update"), *update), delete=(call("Delete"),)
    )


_BUCKET_READS = tuple(call for call in _S3_READS if call not in {"GetBucketOwnershipControls", "ListObjectVersions"})
_TAGS = ("ApiGatewayV2:TagResource", "ApiGatewayV2:UntagResource")

TYPES: Mapping[str, Calls] = {
    "aws:s3/bucket:Bucket": Calls(
        read=(*_s3(*_BUCKET_READS), "S3 Control:ListTagsForResource"),
        create=_s3("CreateBucket", "PutBucketTagging"),
        update=(*_s3("PutBucketTagging"), "S3 Control:TagResource", "S3 Control:UntagResource"),
        delete=_s3("DeleteBucket", "DeleteObjects", "ListObjectVersions"),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Calls(
        read=_s3("GetBucketVersioning"),
        create=_s3("PutBucketVersioning"),
        update=_s3("PutBucketVersioning"),
        delete=_s3("PutBucketVersioning"),
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Calls(
        read=_s3("GetBucketEncryption"),
        create=_s3("PutBucketEncryption"),
        update=_s3("PutBucketEncryption"),
        delete=_s3("DeleteBucketEncryption"),
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Calls(
        read=_s3("GetBucketOwnershipControls"),
        create=_s3("PutBucketOwnershipControls"),
        update=_s3("PutBucketOwnershipControls"),
        delete=_s3("DeleteBucketOwnershipControls"),
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Calls(
        read=_s3("GetBucketPolicy"),
        create=_s3("PutBucketPolicy"),
        update=_s3("PutBucketPolicy"),
        delete=_s3("DeleteBucketPolicy"),
    ),
    "aws:lambda/function:Function": Calls(
        read=_lambda("GetFunction", "GetFunctionCodeSigningConfig", "ListVersionsByFunction"),
        create=_lambda("CreateFunction"),
        update=_lambda(
            "GetFunctionConfiguration",
            "UpdateFunctionCode",
            "UpdateFunctionConfiguration",
            "PublishVersion",
            "TagResource",
            "UntagResource",
        ),
        delete=_lambda("DeleteFunction"),
    ),
    "aws:lambda/alias:Alias": Calls(
        read=_lambda("GetAlias"),
        create=_lambda("CreateAlias"),
        update=_lambda("UpdateAlias"),
        delete=_lambda("DeleteAlias"),
    ),
    "aws:lambda/permission:Permission": Calls(
        read=_lambda("GetPolicy"),
        create=_lambda("AddPermission"),
        update=_lambda("AddPermission", "RemovePermission"),
        delete=_lambda("RemovePermission"),
    ),
    "aws:apigatewayv2/api:Api": _api_part("Api", update=_TAGS),
    "aws:apigatewayv2/integration:Integration": _api_part("Integration"),
    "aws:apigatewayv2/route:Route": _api_part("Route"),
    "aws:apigatewayv2/stage:Stage": _api_part("Stage", read=("ApiGatewayV2:GetApi",), update=_TAGS),
}


def reads() -> frozenset[AuthorisedAction]:
    """What looking at every type takes: a preview, a refresh, a drift check."""
    return frozenset(need for calls in TYPES.values() for call in calls.read for need in OPERATIONS[call])


def everything() -> frozenset[AuthorisedAction]:
    """What making, changing, looking at and deleting every type takes."""
    changes = frozenset(need for calls in TYPES.values() for call in calls.change for need in OPERATIONS[call])
    return reads() | changes
