"""Queues, topics, tables, rules, mappings and layers are authorised by their own action on their own ARN; tags need their right."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import refusal, trusting, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploy_sandbox.accounts import Sandbox


HERE = "eu-central-1:222222222222"
TAG = [{"Key": "a", "Value": "1"}]
KEY = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
IDS = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
ALARM = {
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "Threshold": 0,
    "Period": 60,
    "MetricName": "Errors",
    "Namespace": "AWS/Lambda",
    "Statistic": "Sum",
}

MADE: Mapping[str, tuple[str, str, Any, Any]] = {
    "sqs:CreateQueue": (
        f"arn:aws:sqs:{HERE}:NAME",
        "sqs:TagQueue",
        lambda client, name: client.create_queue(QueueName=name),
        lambda client, name: client.create_queue(QueueName=name, tags={"a": "1"}),
    ),
    "sns:CreateTopic": (
        f"arn:aws:sns:{HERE}:NAME",
        "sns:TagResource",
        lambda client, name: client.create_topic(Name=name),
        lambda client, name: client.create_topic(Name=name, Tags=TAG),
    ),
    "dynamodb:CreateTable": (
        f"arn:aws:dynamodb:{HERE}:table/NAME",
        "dynamodb:TagResource",
        lambda client, name: client.create_table(TableName=name, **KEY, **IDS),
        lambda client, name: client.create_table(TableName=name, **KEY, **IDS, Tags=TAG),
    ),
    "ssm:PutParameter": (
        f"arn:aws:ssm:{HERE}:parameter/NAME",
        "ssm:AddTagsToResource",
        lambda client, name: client.put_parameter(Name=name, Type="String", Value="v"),
        lambda client, name: client.put_parameter(Name=name, Type="String", Value="v", Tags=TAG),
    ),
    "secretsmanager:CreateSecret": (
        f"arn:aws:secretsmanager:{HERE}:secret:NAME*",
        "secretsmanager:TagResource",
        lambda client, name: client.create_secret(Name=name),
        lambda client, name: client.create_secret(Name=name, Tags=TAG),
    ),
    "cloudwatch:PutMetricAlarm": (
        f"arn:aws:cloudwatch:{HERE}:alarm:NAME",
        "cloudwatch:TagResource",
        lambda client, name: client.put_metric_alarm(AlarmName=name, **ALARM),
        lambda client, name: client.put_metric_alarm(AlarmName=name, **ALARM, Tags=TAG),
    ),
    "events:PutRule": (
        f"arn:aws:events:{HERE}:rule/NAME",
        "events:TagResource",
        lambda client, name: client.put_rule(Name=name, ScheduleExpression="rate(1 day)"),
        lambda client, name: client.put_rule(Name=name, ScheduleExpression="rate(1 day)", Tags=TAG),
    ),
}
"""By the action of making it: the ARN, the action of tagging it, and how it is made without and with tags."""


def _allowed(resource: str, *actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def _denied(call: Callable[[], Any], action: str) -> bool:
    code, message = refusal(call)
    return code in {"AccessDenied", "AccessDeniedException", "AuthorizationError"} and action in message


@pytest.mark.parametrize("action", MADE)
def test_a_thing_is_made_only_under_an_allowed_name(action: str, someone: Any, unique: str) -> None:
    arn, _, make, _ = MADE[action]
    client = someone("dev", _allowed(arn.replace("NAME", unique), action)).client(action.partition(":")[0])
    make(client, unique)
    assert _denied(lambda: make(client, f"other-{unique}"), action)


@pytest.mark.parametrize("action", MADE)
def test_tags_at_birth_need_the_right_to_tag(action: str, someone: Any, unique: str) -> None:
    arn, tagging, _, make = MADE[action]
    service, mine = action.partition(":")[0], arn.replace("NAME", unique)
    without = someone("dev", _allowed(mine, action)).client(service)
    assert _denied(lambda: make(without, unique), tagging)
    make(someone("dev", _allowed(mine, action, tagging)).client(service), unique)


def test_tags_and_subscriptions_of_a_topic_are_authorised_on_the_topic(someone: Any, as_root: Any, unique: str) -> None:
    root = as_root("dev", "sns")
    mine, other = (root.create_topic(Name=name)["TopicArn"] for name in (unique, f"{unique}-other"))
    queue = f"arn:aws:sqs:{HERE}:{unique}"
    subscribed = [
        root.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)["SubscriptionArn"] for arn in (mine, other)
    ]
    sns = someone("dev", _allowed(mine, "sns:ListTagsForResource", "sns:GetSubscriptionAttributes")).client("sns")
    sns.list_tags_for_resource(ResourceArn=mine)
    sns.get_subscription_attributes(SubscriptionArn=subscribed[0])
    assert _denied(lambda: sns.list_tags_for_resource(ResourceArn=other), "sns:ListTagsForResource")
    assert _denied(lambda: sns.get_subscription_attributes(SubscriptionArn=subscribed[1]), "sns:GetSubscription")


def test_the_tags_of_a_table_are_authorised_on_the_table(someone: Any, as_root: Any, unique: str) -> None:
    for name in (unique, f"{unique}-other"):
        as_root("dev", "dynamodb").create_table(TableName=name, **KEY, **IDS)
    arn = f"arn:aws:dynamodb:{HERE}:table/{unique}"
    tables = someone("dev", _allowed(arn, "dynamodb:ListTagsOfResource")).client("dynamodb")
    tables.list_tags_of_resource(ResourceArn=arn)
    assert _denied(lambda: tables.list_tags_of_resource(ResourceArn=f"{arn}-other"), "dynamodb:ListTagsOfResource")


def test_targets_and_tags_of_a_rule_are_authorised_on_the_rule(someone: Any, as_root: Any, unique: str) -> None:
    root = as_root("dev", "events")
    for name in (unique, f"{unique}-other"):
        root.put_rule(Name=name, ScheduleExpression="rate(1 day)")
    arn = f"arn:aws:events:{HERE}:rule/{unique}"
    events = someone("dev", _allowed(arn, "events:PutTargets", "events:ListTagsForResource")).client("events")
    target = [{"Id": "t", "Arn": f"arn:aws:sqs:{HERE}:q"}]
    events.put_targets(Rule=unique, EventBusName="default", Targets=target)
    events.list_tags_for_resource(ResourceARN=arn)
    assert _denied(lambda: events.put_targets(Rule=f"{unique}-other", Targets=target), "events:PutTargets")
    assert _denied(lambda: events.list_tags_for_resource(ResourceARN=f"{arn}-other"), "events:ListTagsForResource")


def test_a_mapping_has_its_own_actions_and_its_function(
    someone: Any, as_root: Any, published: str, unique: str
) -> None:
    as_root("dev", "sqs").create_queue(QueueName=unique)
    ours = {"ArnEquals": {"lambda:FunctionArn": published}}
    changes = [f"lambda:{verb}EventSourceMapping" for verb in ("Create", "Update", "Delete")]
    mine = someone("dev", {**_allowed("*", *changes), "Condition": ours}).client("lambda")
    other = {"ArnEquals": {"lambda:FunctionArn": f"{published}-other"}}
    stranger = someone("dev", {**_allowed("*", *changes), "Condition": other}).client("lambda")
    asked = {"EventSourceArn": f"arn:aws:sqs:{HERE}:{unique}", "FunctionName": unique}
    assert _denied(lambda: stranger.create_event_source_mapping(**asked), changes[0])
    uuid = mine.create_event_source_mapping(**asked)["UUID"]
    assert _denied(lambda: stranger.update_event_source_mapping(UUID=uuid, BatchSize=2), changes[1])
    mine.update_event_source_mapping(UUID=uuid, BatchSize=2)
    assert _denied(lambda: mine.get_event_source_mapping(UUID=uuid), "lambda:GetEventSourceMapping")
    assert _denied(lambda: stranger.delete_event_source_mapping(UUID=uuid), changes[2])
    mine.delete_event_source_mapping(UUID=uuid)


def test_a_version_of_a_layer_is_authorised_with_its_number(someone: Any, unique: str) -> None:
    layer = f"arn:aws:lambda:{HERE}:layer:{unique}"
    client = someone(
        "dev", _allowed(layer, "lambda:PublishLayerVersion"), _allowed(f"{layer}:1", "lambda:DeleteLayerVersion")
    ).client("lambda")
    for _ in range(2):
        client.publish_layer_version(LayerName=unique, Content={"ZipFile": zipped("")})
    assert _denied(lambda: client.delete_layer_version(LayerName=unique, VersionNumber=2), "lambda:DeleteLayerVersion")
    client.delete_layer_version(LayerName=unique, VersionNumber=1)


def test_a_message_makes_the_function_run(as_root: Any, make_role: Any, sandbox: Sandbox, unique: str) -> None:
    s3, queues, functions = (as_root("dev", service) for service in ("s3", "sqs", "lambda"))
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": sandbox.region})
    queue = queues.create_queue(QueueName=unique)["QueueUrl"]
    role = make_role(
        "dev", trusting({"Service": "lambda.amazonaws.com"}), _allowed("*", "sqs:*"), _allowed("*", "s3:PutObject")
    )
    said = "event['Records'][0]['body']"
    code = (
        f"import boto3\ndef answer(event, _): boto3.client('s3').put_object(Bucket='{unique}', Key='said', Body={said})"
    )
    facts = {"Runtime": "python3.13", "Handler": "index.answer", "Code": {"ZipFile": zipped(code)}}
    functions.create_function(FunctionName=unique, Role=role, **facts)
    functions.create_event_source_mapping(EventSourceArn=f"arn:aws:sqs:{HERE}:{unique}", FunctionName=unique)
    queues.send_message(QueueUrl=queue, MessageBody="hello")
    deadline = time.monotonic() + 30
    while "Contents" not in s3.list_objects_v2(Bucket=unique):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert s3.get_object(Bucket=unique, Key="said")["Body"].read() == b"hello"
