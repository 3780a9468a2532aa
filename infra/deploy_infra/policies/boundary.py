"""The most that any role of an account can be, whatever its own policy says.

A boundary's Allow is a ceiling; its Deny also holds against what a resource's own policy would grant, which a
ceiling does not (IAM User Guide, "Permissions boundaries").
"""

from __future__ import annotations

from deploy_infra.policies import record
from deploy_infra.policies.document import Document, Statement, allow, deny, document
from deploy_infra.policies.jenkins import (
    PLAN_KEY_ACTIONS,
    STATE_KEY_ACTIONS,
    PlanSigningKey,
    State,
    key_condition,
    record_files,
)
from deploy_infra.policies.scope import StackScope

_OTHER_DOORS = (
    "lambda:CreateFunctionUrlConfig",
    "lambda:PutFunctionEventInvokeConfig",
    "lambda:UpdateFunctionEventInvokeConfig",
    "lambda:UpdateFunctionUrlConfig",
    "s3:BypassGovernanceRetention",
    "s3:PutAnalyticsConfiguration",
    "s3:PutBucketAcl",
    "s3:PutBucketLogging",
    "s3:PutBucketNotification",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketWebsite",
    "s3:PutInventoryConfiguration",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
    "s3:PutReplicationConfiguration",
)
"""Ways to show a function or a bucket to others, to send what happens there elsewhere, or to get past a retention, that no
resource of the service layer needs.

S3 blocks public access to a new bucket by itself; a role that may not put the block cannot take it away.
"""

_WRITES_LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
"""All that is done to a log here: nobody deletes it, shortens it, exports it, or subscribes another account to it."""


def target(scope: StackScope) -> Document:
    """The ceiling of a target account's roles: this stack's own things."""
    return document(
        allow("OwnBucket", ["s3:*"], [scope.bucket_arn, scope.objects_arn]),
        allow("OwnFunction", ["lambda:*"], scope.function_arns),
        allow("OwnLog", list(_WRITES_LOG), [f"{scope.log_group_arn}:*"]),
        allow("HttpApis", ["apigateway:*"], [scope.api_collection_arn, scope.apis_arn, scope.api_tags_arn]),
        allow(
            "ExecutionRole",
            ["iam:PassRole"],
            [scope.execution_role_arn],
            {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        ),
        *_record_is_read(scope.trail_bucket_arn),
        deny(
            "NoStrangerCalls",
            ["lambda:AddPermission"],
            ["*"],
            {"StringNotEquals": {"lambda:Principal": "apigateway.amazonaws.com"}},
        ),
        deny("NoOtherDoors", list(_OTHER_DOORS), ["*"]),
        _nothing_else("iam:PassRole"),
        deny("NoOtherRole", ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"], ["*"]),
        *_record_stands(scope.trail_arn, scope.trail_bucket_arn),
    )


def jenkins(
    state: State, plan_key: PlanSigningKey, role_arns: list[str], trail_arn: str, trail_bucket_arn: str
) -> Document:
    """The ceiling of the tools account's roles: the state, its key, the key of plans, and the roles of the targets."""
    return document(
        allow("TargetRoles", ["sts:AssumeRole", "sts:SetSourceIdentity"], role_arns),
        allow("State", ["s3:ListBucket", "s3:*Object"], [state.bucket_arn, f"{state.bucket_arn}/*"]),
        allow("StateKey", list(STATE_KEY_ACTIONS), [state.keys_arn], key_condition(state)),
        allow("PlanKey", list(PLAN_KEY_ACTIONS), [plan_key.keys_arn], key_condition(plan_key)),
        *_record_is_read(trail_bucket_arn),
        _nothing_else(),
        *_records_stay(state),
        *_record_stands(trail_arn, trail_bucket_arn),
    )


def _record_is_read(trail_bucket_arn: str) -> tuple[Statement, ...]:
    """Who is meant to read the record, may: the event history has no ARN, the delivered files have."""
    return (
        allow("History", ["cloudtrail:LookupEvents"], ["*"]),
        allow("Records", list(record.ACTIONS), [trail_bucket_arn, f"{trail_bucket_arn}/AWSLogs/*"]),
    )


def _record_stands(trail_arn: str, trail_bucket_arn: str) -> tuple[Statement, ...]:
    """Nobody stops the trail; nobody does anything to its bucket but read."""
    return (
        deny("TrailStands", ["cloudtrail:*"], [trail_arn]),
        {
            "Sid": "RecordStands",
            "Effect": "Deny",
            "NotAction": list(record.ACTIONS),
            "Resource": [trail_bucket_arn, f"{trail_bucket_arn}/*"],
        },
    )


def _records_stay(state: State) -> tuple[Statement, ...]:
    """Nobody removes the records of runs, or puts one where there is one."""
    files = record_files(state)
    return (
        deny("RecordsStay", ["s3:DeleteObject"], files),
        deny("RecordsAreNew", ["s3:PutObject"], files, {"Null": {"s3:if-none-match": "true"}}),
    )


def _nothing_else(*but: str) -> Statement:
    """No service that no role here uses, IAM and Organizations before all, except `but`."""
    return {
        "Sid": "NothingElse",
        "Effect": "Deny",
        "NotAction": ["s3:*", "lambda:*", "logs:*", "apigateway:*", "kms:*", "sts:*", "cloudtrail:*", *but],
        "Resource": ["*"],
    }
