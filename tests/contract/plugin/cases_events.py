"""One case per resource type of queues, topics, tables, parameters, secrets, rules, layers and what makes a function run by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.contract.cloud.outsider import document
from tests.contract.plugin.cases import Case, Place, code

if TYPE_CHECKING:
    from collections.abc import Mapping

_HERE = "eu-central-1:222222222222"


def _queue(place: Place, name: str | None = None) -> str:
    return str(place.client("sqs").create_queue(QueueName=name or place.name)["QueueUrl"])


def _queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{_HERE}:{name}"


def _topic(place: Place) -> str:
    return str(place.client("sns").create_topic(Name=place.name)["TopicArn"])


def _sending(to: str) -> str:
    return document(
        {"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "sqs:SendMessage", "Resource": to}
    )


def _publishing(to: str) -> str:
    return document({"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "sns:Publish", "Resource": to})


def _redrive(place: Place, times: int) -> str:
    return json.dumps({"deadLetterTargetArn": _queue_arn(f"{place.name}-dead"), "maxReceiveCount": times})


def _set_queue(**attributes: str) -> Any:
    def change(place: Place, state: Mapping[str, Any]) -> None:
        place.client("sqs").set_queue_attributes(QueueUrl=state["id"], Attributes=attributes)

    return change


def _set_topic(name: str, value: str) -> Any:
    return lambda place, state: place.client("sns").set_topic_attributes(
        TopicArn=state["arn"], AttributeName=name, AttributeValue=value
    )


def _mapped(place: Place) -> Mapping[str, Any]:
    """A function that may receive from a queue, as Lambda demands of its role."""
    _queue(place)
    function = place.function()
    place.client("iam").put_role_policy(
        RoleName=place.name,
        PolicyName="receives",
        PolicyDocument=document({"Effect": "Allow", "Action": "sqs:*", "Resource": _queue_arn(place.name)}),
    )
    return {
        "eventSourceArn": _queue_arn(place.name),
        "functionName": function,
        "batchSize": 5,
        "filterCriteria": {"filters": [{"pattern": '{"body":{"a":["x"]}}'}]},
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "scalingConfig": {"maximumConcurrency": 2},
        "tags": {"a": "1"},
    }


def _notified(place: Place) -> Mapping[str, Any]:
    """A queue that S3 may send to, as S3 demands."""
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": _queue_arn(place.name),
    }
    place.client("sqs").create_queue(QueueName=place.name, Attributes={"Policy": document(allowed)})
    return {"queueArn": _queue_arn(place.name), "events": ["s3:ObjectCreated:*"], "filterPrefix": "a/"}


def _subscribed(place: Place) -> Mapping[str, Any]:
    _queue(place)
    return {
        "topic": _topic(place),
        "protocol": "sqs",
        "endpoint": _queue_arn(place.name),
        "rawMessageDelivery": True,
        "filterPolicy": '{"kind": ["order"]}',
    }


CASES = (
    Case(
        "aws:sqs/queue:Queue",
        lambda place: {"name": place.name, "visibilityTimeoutSeconds": 60, "tags": {"a": "1"}},
        updates=(
            ({"delaySeconds": 5}, {"delaySeconds": "UPDATE"}),
            ({"messageRetentionSeconds": 600}, {"messageRetentionSeconds": "UPDATE"}),
            ({"kmsMasterKeyId": "alias/aws/sqs"}, {"kmsMasterKeyId": "ADD"}),
            ({"kmsMasterKeyId": None}, {"kmsMasterKeyId": "DELETE"}),
            ({"policy": _sending("*")}, {"policy": "ADD"}),
        ),
        drifts=(
            (_set_queue(VisibilityTimeout="7"), {"visibilityTimeoutSeconds": "UPDATE"}),
            (_set_queue(Policy=_sending(_queue_arn("other"))), {"policy": "UPDATE"}),
        ),
        known_outputs={"arn": f"arn:aws:sqs:{_HERE}:{{name}}", "url": "http://127.0.0.1:"},
    ),
    Case(
        "aws:sqs/queuePolicy:QueuePolicy",
        lambda place: {"queueUrl": _queue(place), "policy": _sending("*")},
        updates=(({"policy": _sending(_queue_arn("other"))}, {"policy": "UPDATE"}),),
        drifts=((_set_queue(Policy=_sending("*")), {"policy": "UPDATE"}),),
    ),
    Case(
        "aws:sqs/redrivePolicy:RedrivePolicy",
        lambda place: {
            "queueUrl": (_queue(place, f"{place.name}-dead"), _queue(place))[1],
            "redrivePolicy": _redrive(place, 3),
        },
        drifts=(
            (
                lambda place, state: _set_queue(RedrivePolicy=_redrive(place, 9))(place, state),
                {"redrivePolicy": "UPDATE"},
            ),
        ),
    ),
    Case(
        "aws:dynamodb/table:Table",
        lambda place: {
            "name": place.name,
            "hashKey": "id",
            "rangeKey": "at",
            "billingMode": "PAY_PER_REQUEST",
            "attributes": [
                {"name": "id", "type": "S"},
                {"name": "at", "type": "N"},
                {"name": "kind", "type": "S"},
            ],
            "globalSecondaryIndexes": [
                {"name": "by-kind", "hashKey": "kind", "rangeKey": "at", "projectionType": "ALL"}
            ],
            "localSecondaryIndexes": [
                {"name": "kinds", "rangeKey": "kind", "projectionType": "INCLUDE", "nonKeyAttributes": ["x"]}
            ],
            "ttl": {"enabled": True, "attributeName": "gone"},
            "pointInTimeRecovery": {"enabled": True},
            "tags": {"a": "1"},
        },
        updates=(
            (
                {"streamEnabled": True, "streamViewType": "NEW_IMAGE"},
                {"streamEnabled": "UPDATE", "streamViewType": "ADD"},
            ),
            ({"streamEnabled": None, "streamViewType": None}, {"streamEnabled": "DELETE"}),
            ({"pointInTimeRecovery": None}, {"pointInTimeRecovery.enabled": "DELETE"}),
            ({"ttl": {"enabled": False, "attributeName": "gone"}}, {"ttl.enabled": "UPDATE"}),
            ({"deletionProtectionEnabled": True}, {"deletionProtectionEnabled": "UPDATE"}),
            ({"deletionProtectionEnabled": False}, {"deletionProtectionEnabled": "UPDATE"}),
            ({"serverSideEncryption": {"enabled": True}}, {"serverSideEncryption.enabled": "ADD"}),
            ({"serverSideEncryption": None}, {"serverSideEncryption.enabled": "DELETE"}),
            ({"tableClass": "STANDARD_INFREQUENT_ACCESS"}, {"tableClass": "UPDATE"}),
            (
                {
                    "globalSecondaryIndexes": [
                        {"name": "kinds-only", "hashKey": "kind", "projectionType": "KEYS_ONLY"},
                    ]
                },
                {"globalSecondaryIndexes": "UPDATE"},
            ),
            (
                {"globalSecondaryIndexes": None},
                {"globalSecondaryIndexes": "DELETE"},
            ),
            (
                {"billingMode": "PROVISIONED", "readCapacity": 2, "writeCapacity": 3},
                {"billingMode": "UPDATE", "readCapacity": "ADD", "writeCapacity": "ADD"},
            ),
        ),
        drifts=(
            (
                lambda place, state: place.client("dynamodb").update_table(
                    TableName=state["name"], ProvisionedThroughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 3}
                ),
                {"readCapacity": "UPDATE"},
            ),
            (
                lambda place, state: place.client("dynamodb").update_continuous_backups(
                    TableName=state["name"], PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
                ),
                {"pointInTimeRecovery.enabled": "DELETE"},
            ),
        ),
        known_outputs={"arn": f"arn:aws:dynamodb:{_HERE}:table/{{name}}"},
    ),
    Case(
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        _mapped,
        updates=(
            ({"batchSize": 7}, {"batchSize": "UPDATE"}),
            ({"enabled": False}, {"enabled": "UPDATE"}),
            ({"filterCriteria": None}, {"filterCriteria.filters": "DELETE"}),
            ({"functionResponseTypes": None}, {"functionResponseTypes": "DELETE"}),
            ({"scalingConfig": None}, {"scalingConfig.maximumConcurrency": "DELETE"}),
            ({"maximumBatchingWindowInSeconds": 3}, {"maximumBatchingWindowInSeconds": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, state: place.client("lambda").update_event_source_mapping(
                    UUID=state["uuid"], BatchSize=9, Enabled=True
                ),
                {"batchSize": "UPDATE", "enabled": "UPDATE"},
            ),
        ),
        not_imported=frozenset({"functionName"}),  # Lambda tells its ARN
        known_outputs={
            "arn": f"arn:aws:lambda:{_HERE}:event-source-mapping:",
            "functionArn": f"arn:aws:lambda:{_HERE}:function:{{name}}",
        },
    ),
    Case(
        "aws:sns/topic:Topic",
        lambda place: {"name": place.name, "displayName": "d", "tags": {"a": "1"}},
        updates=(
            ({"displayName": "e"}, {"displayName": "UPDATE"}),
            ({"displayName": None}, {"displayName": "DELETE"}),
            ({"kmsMasterKeyId": "alias/aws/sns"}, {"kmsMasterKeyId": "ADD"}),
            ({"kmsMasterKeyId": None}, {"kmsMasterKeyId": "DELETE"}),
            ({"policy": _publishing("*")}, {"policy": "UPDATE"}),
        ),
        drifts=((_set_topic("DisplayName", "by hand"), {"displayName": "DELETE"}),),
        also_imported=frozenset({"policy"}),
        known_outputs={"arn": f"arn:aws:sns:{_HERE}:{{name}}", "owner": "222222222222"},
    ),
    Case(
        "aws:sns/topicPolicy:TopicPolicy",
        lambda place: {"arn": _topic(place), "policy": _publishing("*")},
        updates=(({"policy": _publishing("arn:aws:sns:x:y:z")}, {"policy": "UPDATE"}),),
        drifts=((_set_topic("Policy", _publishing("*")), {"policy": "UPDATE"}),),
        outlives_delete=True,  # a topic always has a policy
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        _subscribed,
        updates=(
            ({"rawMessageDelivery": False}, {"rawMessageDelivery": "UPDATE"}),
            ({"filterPolicy": '{"kind": ["other"]}'}, {"filterPolicy": "UPDATE"}),
            ({"filterPolicy": None}, {"filterPolicy": "DELETE"}),
        ),
        drifts=(
            (
                lambda place, state: place.client("sns").set_subscription_attributes(
                    SubscriptionArn=state["arn"], AttributeName="RawMessageDelivery", AttributeValue="true"
                ),
                {"rawMessageDelivery": "UPDATE"},
            ),
        ),
        known_outputs={"arn": f"arn:aws:sns:{_HERE}:{{name}}:", "ownerId": "222222222222"},
    ),
    Case(
        "aws:ssm/parameter:Parameter",
        lambda place: {
            "name": f"/{place.name}/a",
            "type": "SecureString",
            "value": "v",
            "description": "d",
            "tags": {"a": "1"},
        },
        updates=(
            ({"value": "w"}, {"value": "UPDATE"}),
            ({"description": None}, {"description": "DELETE"}),
            ({"type": "String", "tier": "Advanced"}, {"type": "UPDATE", "tier": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, state: place.client("ssm").put_parameter(
                    Name=state["name"], Value="by hand", Type="String", Overwrite=True
                ),
                {"value": "UPDATE"},
            ),
        ),
        also_imported=frozenset({"dataType", "keyId", "tier"}),
        known_outputs={"arn": f"arn:aws:ssm:{_HERE}:parameter/{{name}}/a", "version": "1"},
    ),
    Case(
        "aws:secretsmanager/secret:Secret",
        lambda place: {"name": place.name, "description": "d", "recoveryWindowInDays": 7, "tags": {"a": "1"}},
        updates=(
            ({"description": "e"}, {"description": "UPDATE"}),
            ({"description": None}, {"description": "DELETE"}),
            ({"recoveryWindowInDays": 0}, {"recoveryWindowInDays": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, state: place.client("secretsmanager").update_secret(
                    SecretId=state["arn"], Description="by hand"
                ),
                {"description": "DELETE"},
            ),
        ),
        not_imported=frozenset({"recoveryWindowInDays"}),
        known_outputs={"arn": f"arn:aws:secretsmanager:{_HERE}:secret:{{name}}-"},
    ),
    Case(
        "aws:secretsmanager/secretVersion:SecretVersion",
        lambda place: {
            "secretId": place.client("secretsmanager").create_secret(Name=place.name)["ARN"],
            "secretString": "hush",
        },
        outlives_delete=True,  # the version in force goes with its secret
        known_outputs={"arn": f"arn:aws:secretsmanager:{_HERE}:secret:{{name}}-"},
    ),
    Case(
        "aws:cloudwatch/eventRule:EventRule",
        lambda place: {
            "name": place.name,
            "description": "d",
            "scheduleExpression": "rate(1 day)",
            "tags": {"a": "1"},
        },
        updates=(
            ({"scheduleExpression": "rate(2 days)"}, {"scheduleExpression": "UPDATE"}),
            ({"state": "DISABLED"}, {"state": "UPDATE"}),
            ({"description": None}, {"description": "DELETE"}),
            (
                {"scheduleExpression": None, "eventPattern": '{"source": ["orders"]}'},
                {"scheduleExpression": "DELETE", "eventPattern": "ADD"},
            ),
        ),
        drifts=(
            (
                lambda place, state: place.client("events").enable_rule(Name=state["name"]),
                {"state": "UPDATE"},
            ),
        ),
        known_outputs={"arn": f"arn:aws:events:{_HERE}:rule/{{name}}"},
    ),
    Case(
        "aws:cloudwatch/eventTarget:EventTarget",
        lambda place: {
            "rule": (place.client("events").put_rule(Name=place.name, ScheduleExpression="rate(1 day)"), place.name)[1],
            "targetId": "queue",
            "arn": _queue_arn(place.name),
            "input": '{"a":1}',
        },
        updates=(
            ({"input": '{"a":2}'}, {"input": "UPDATE"}),
            ({"input": None}, {"input": "DELETE"}),
            ({"deadLetterConfig": {"arn": _queue_arn("dead")}}, {"deadLetterConfig.arn": "ADD"}),
            ({"retryPolicy": {"maximumRetryAttempts": 3}}, {"retryPolicy.maximumRetryAttempts": "ADD"}),
        ),
        drifts=(
            (
                lambda place, _: place.client("events").put_targets(
                    Rule=place.name, Targets=[{"Id": "queue", "Arn": _queue_arn("other")}]
                ),
                {"arn": "UPDATE", "deadLetterConfig.arn": "ADD", "retryPolicy.maximumRetryAttempts": "ADD"},
            ),
        ),
        import_id=lambda inputs, _: f"{inputs['rule']}/queue",
    ),
    Case(
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        lambda place: {
            "functionName": place.function(),
            "qualifier": "1",
            "maximumRetryAttempts": 0,
            "maximumEventAgeInSeconds": 60,
            "destinationConfig": {"onFailure": {"destination": _queue_arn(place.name)}},
        },
        updates=(
            ({"maximumRetryAttempts": 1}, {"maximumRetryAttempts": "UPDATE"}),
            ({"destinationConfig": None}, {"destinationConfig.onFailure.destination": "DELETE"}),
        ),
        drifts=(
            (
                lambda place, _: place.client("lambda").put_function_event_invoke_config(
                    FunctionName=place.name, Qualifier="1", MaximumEventAgeInSeconds=90, MaximumRetryAttempts=1
                ),
                {"maximumEventAgeInSeconds": "UPDATE"},
            ),
        ),
    ),
    Case(
        "aws:lambda/layerVersion:LayerVersion",
        lambda place: {
            "layerName": place.name,
            "code": code("x = 1"),
            "description": "d",
            "compatibleRuntimes": ["python3.13"],
        },
        updates=(
            ({"skipDestroy": True}, {"skipDestroy": "UPDATE"}),
            ({"skipDestroy": False}, {"skipDestroy": "UPDATE"}),
        ),
        not_imported=frozenset({"code"}),
        known_outputs={"arn": f"arn:aws:lambda:{_HERE}:layer:{{name}}:1", "version": "1"},
    ),
    Case(
        "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
        lambda place: {
            "bucket": place.bucket(),
            "corsRules": [{"allowedMethods": ["GET", "PUT"], "allowedOrigins": ["*"], "maxAgeSeconds": 60}],
        },
        updates=(
            (
                {"corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": ["https://a.example"]}]},
                {"corsRules": "UPDATE"},
            ),
        ),
        drifts=(
            (
                lambda place, _: place.client("s3").put_bucket_cors(
                    Bucket=place.name,
                    CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
                ),
                {"corsRules": "UPDATE"},
            ),
        ),
    ),
    Case(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        lambda place: {
            "bucket": place.bucket(),
            "rules": [
                {
                    "id": "old",
                    "status": "Enabled",
                    "filter": {"prefix": "a/"},
                    "expiration": {"days": 90},
                    "transitions": [{"days": 30, "storageClass": "GLACIER"}],
                    "noncurrentVersionExpiration": {"noncurrentDays": 7},
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 1},
                }
            ],
        },
        updates=(
            (
                {"rules": [{"id": "old", "status": "Disabled", "expiration": {"days": 9}}]},
                {
                    "rules[0].abortIncompleteMultipartUpload.daysAfterInitiation": "DELETE",
                    "rules[0].expiration.days": "UPDATE",
                    "rules[0].filter.prefix": "DELETE",
                    "rules[0].noncurrentVersionExpiration.noncurrentDays": "DELETE",
                    "rules[0].status": "UPDATE",
                    "rules[0].transitions[0]": "DELETE",
                },
            ),
        ),
        drifts=(
            (
                lambda place, _: place.client("s3").put_bucket_lifecycle_configuration(
                    Bucket=place.name,
                    LifecycleConfiguration={
                        "Rules": [
                            {"ID": "old", "Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
                        ]
                    },
                ),
                {"rules[0].expiration.days": "UPDATE"},
            ),
        ),
    ),
    Case(
        "aws:s3/bucketNotification:BucketNotification",
        lambda place: {"bucket": place.bucket(), "queues": [_notified(place)]},
        updates=(
            ({"eventbridge": True}, {"eventbridge": "UPDATE"}),
            ({"eventbridge": False}, {"eventbridge": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, _: place.client("s3").put_bucket_notification_configuration(
                    Bucket=place.name, NotificationConfiguration={"EventBridgeConfiguration": {}}
                ),
                {"eventbridge": "UPDATE", "queues[0]": "ADD"},
            ),
        ),
        not_imported=frozenset({"queues"}),  # S3 tells the id that it chose
        outlives_delete=True,  # a bucket without notifications tells of none
    ),
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        lambda place: {
            "name": place.name,
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1,
            "metricName": "Errors",
            "namespace": "AWS/Lambda",
            "period": 60,
            "statistic": "Sum",
            "threshold": 0,
            "dimensions": {"FunctionName": "f"},
            "alarmActions": [f"arn:aws:sns:{_HERE}:t"],
            "tags": {"a": "1"},
        },
        updates=(
            ({"threshold": 2.5}, {"threshold": "UPDATE"}),
            ({"alarmActions": None}, {"alarmActions": "DELETE"}),
            ({"dimensions": {"FunctionName": "g"}}, {"dimensions.FunctionName": "UPDATE"}),
            ({"actionsEnabled": False}, {"actionsEnabled": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, _: place.client("cloudwatch").enable_alarm_actions(AlarmNames=[place.name]),
                {"actionsEnabled": "UPDATE"},
            ),
        ),
        known_outputs={"arn": f"arn:aws:cloudwatch:{_HERE}:alarm:{{name}}"},
    ),
)
