"""Who wrote last: the last call in the account's trail that wrote to the thing that drifted.

Event names and request parameters: the services' own CloudTrail pages (S3, Lambda, API Gateway, IAM, CloudTrail, CloudWatch
and its Logs, SQS, SNS, DynamoDB, Systems Manager, Secrets Manager and EventBridge guides). A name that Lambda writes with its
API's date has that date here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from deploy_driver.cloudtrail import read
from deploy_driver.drift.resource_state import ResourceState

MARK = "app/deploy-"
"""What the user agent of our own runs carries."""

ID = "id"
"""Instead of an input: the resource's id."""


@dataclass(frozen=True)
class Write:
    """One call. `time` is in seconds since the epoch."""

    identity: str
    time: float
    event: str
    agent: str
    id: str

    @property
    def moment(self) -> str:
        """When it was done: ISO 8601 in UTC, to the second."""
        return datetime.fromtimestamp(self.time, UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class WriteEvents:
    """Events that change a resource, and how they name it: request parameter → input of the resource."""

    events: tuple[str, ...]
    named: Mapping[str, str]


_BUCKET = {"bucketName": "bucket"}
_IN_API = {"apiId": "apiId"}

WRITE_EVENTS: Mapping[str, tuple[WriteEvents, ...]] = {
    "aws:s3/bucket:Bucket": (
        WriteEvents(("CreateBucket", "DeleteBucket", "PutBucketTagging", "DeleteBucketTagging"), _BUCKET),
        WriteEvents(("TagResource", "UntagResource"), {"resourceArn": "bucket"}),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": (WriteEvents(("PutBucketVersioning",), _BUCKET),),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        WriteEvents(("PutBucketEncryption", "DeleteBucketEncryption"), _BUCKET),
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        WriteEvents(("PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock"), _BUCKET),
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": (
        WriteEvents(("PutBucketOwnershipControls", "DeleteBucketOwnershipControls"), _BUCKET),
    ),
    "aws:s3/bucketPolicy:BucketPolicy": (WriteEvents(("PutBucketPolicy", "DeleteBucketPolicy"), _BUCKET),),
    "aws:lambda/function:Function": (
        WriteEvents(
            (
                "CreateFunction20150331",
                "UpdateFunctionConfiguration20150331v2",
                "UpdateFunctionCode20150331v2",
                "PublishVersion20150331",
                "DeleteFunction20150331",
            ),
            {"functionName": "name"},
        ),
        WriteEvents(("TagResource20170331v2", "UntagResource20170331v2"), {"resource": "name"}),
    ),
    "aws:lambda/alias:Alias": (
        WriteEvents(
            ("CreateAlias20150331", "UpdateAlias20150331", "DeleteAlias20150331"),
            {"functionName": "functionName", "name": "name"},
        ),
    ),
    "aws:lambda/permission:Permission": (
        WriteEvents(
            ("AddPermission20150331v2", "RemovePermission20150331v2"),
            {"functionName": "function", "statementId": "statementId"},
        ),
        # The permission is part of the alias's policy and goes with it.
        WriteEvents(("DeleteAlias20150331",), {"functionName": "function", "name": "qualifier"}),
    ),
    "aws:apigatewayv2/api:Api": (WriteEvents(("UpdateApi", "DeleteApi"), {"apiId": ID}),),
    "aws:apigatewayv2/integration:Integration": (
        WriteEvents(("UpdateIntegration", "DeleteIntegration"), {**_IN_API, "integrationId": ID}),
    ),
    "aws:apigatewayv2/route:Route": (WriteEvents(("UpdateRoute", "DeleteRoute"), {**_IN_API, "routeId": ID}),),
    "aws:apigatewayv2/stage:Stage": (WriteEvents(("UpdateStage", "DeleteStage"), {**_IN_API, "stageName": "name"}),),
    "aws:iam/role:Role": (
        WriteEvents(
            (
                "CreateRole",
                "UpdateRole",
                "UpdateRoleDescription",
                "UpdateAssumeRolePolicy",
                "PutRolePermissionsBoundary",
                "DeleteRolePermissionsBoundary",
                "TagRole",
                "UntagRole",
                "DeleteRole",
            ),
            {"roleName": "name"},
        ),
    ),
    "aws:iam/rolePolicy:RolePolicy": (
        WriteEvents(("PutRolePolicy", "DeleteRolePolicy"), {"roleName": "role", "policyName": "name"}),
    ),
    "aws:iam/policy:Policy": (
        WriteEvents(
            ("CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion", "DeletePolicy"), {"policyArn": ID}
        ),
    ),
    "aws:iam/instanceProfile:InstanceProfile": (
        WriteEvents(
            (
                "CreateInstanceProfile",
                "AddRoleToInstanceProfile",
                "RemoveRoleFromInstanceProfile",
                "DeleteInstanceProfile",
            ),
            {"instanceProfileName": "name"},
        ),
    ),
    "aws:cloudtrail/trail:Trail": (
        WriteEvents(("CreateTrail", "StopLogging", "StartLogging", "UpdateTrail", "DeleteTrail"), {"name": "name"}),
    ),
    "aws:sqs/queue:Queue": (
        WriteEvents(("CreateQueue",), {"queueName": "name"}),
        WriteEvents(("SetQueueAttributes", "TagQueue", "UntagQueue", "DeleteQueue"), {"queueUrl": "name"}),
    ),
    "aws:dynamodb/table:Table": (
        WriteEvents(
            ("CreateTable", "UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups", "DeleteTable"),
            {"tableName": "name"},
        ),
    ),
    "aws:sns/topic:Topic": (
        WriteEvents(("CreateTopic",), {"name": "name"}),
        WriteEvents(("SetTopicAttributes", "DeleteTopic"), {"topicArn": ID}),
    ),
    "aws:ssm/parameter:Parameter": (WriteEvents(("PutParameter", "DeleteParameter"), {"name": "name"}),),
    "aws:secretsmanager/secret:Secret": (
        WriteEvents(("CreateSecret",), {"name": "name"}),
        WriteEvents(("UpdateSecret", "DeleteSecret", "RestoreSecret"), {"secretId": "name"}),
        WriteEvents(("UpdateSecret", "DeleteSecret", "RestoreSecret"), {"secretId": ID}),
    ),
    "aws:cloudwatch/eventRule:EventRule": (
        WriteEvents(("PutRule", "DisableRule", "EnableRule", "DeleteRule"), {"name": "name"}),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (WriteEvents(("PutMetricAlarm",), {"alarmName": "name"}),),
    "aws:cloudwatch/logGroup:LogGroup": (
        WriteEvents(("PutRetentionPolicy", "DeleteRetentionPolicy", "DeleteLogGroup"), {"logGroupName": "name"}),
    ),
}


def events_of(type_: str) -> tuple[str, ...]:
    """The events to ask the trail for; none for a type that nobody described, whose last writer stays unknown."""
    return tuple(event for trace in WRITE_EVENTS.get(type_, ()) for event in trace.events)


def last_write(
    resource: ResourceState, type_: str, records: Iterable[Mapping[str, Any]], deployed: float
) -> Write | None:
    """Who wrote to the resource last; None when the trail does not say.

    A write of one of our own runs before the state was written last, at `deployed`, is what drifted, not the drift; so is
    any, where there is no state and `deployed` is 0.
    """
    calls = sorted(
        (read(raw) for raw in records if not raw.get("errorCode") and _about(resource, type_, raw)),
        key=lambda record: record.time,
    )
    if not calls or (MARK in calls[-1].agent and (not deployed or calls[-1].time <= deployed)):
        return None
    last = calls[-1]
    return Write(last.caller, last.time, last.name, last.agent, last.id)


def _about(resource: ResourceState, type_: str, raw: Mapping[str, Any]) -> bool:
    asked: Mapping[str, Any] = raw.get("requestParameters") or {}
    return any(
        raw.get("eventName") in trace.events
        and all(
            _is(asked.get(parameter), resource.id if key == ID else resource.inputs.get(key))
            for parameter, key in trace.named.items()
        )
        for trace in WRITE_EVENTS.get(type_, ())
    )


def _is(asked: object, name: object) -> bool:
    """Whether the call means that thing: by its name, or by an ARN that ends with it."""
    return bool(name) and (asked == name or str(asked).endswith((f":{name}", f"/{name}")))
