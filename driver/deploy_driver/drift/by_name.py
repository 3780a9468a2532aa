"""The read by which a thing is found by its name, of each type that has one: what drift and a proof ask AWS."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy_project.stacks import arn

_PLACE = ("account", "region")
_SAID = re.compile(r"\{(\w+)(?:=([^}]*))?\}")


@dataclass(frozen=True)
class NameQuestion:
    """One read: boto3 service and method, and its parameters, in which `{input}` stands for an input of the resource.

    `{input=default}` may be left out of the inputs; `{account}` and `{region}` are where it is; a parameter that comes to nothing
    is left out. Where AWS only lists, `listed` is where the list is and `same` says which field of an entry is which input. It is
    a call that the provider makes when it reads the resource, so that the preview role may make it.
    """

    service: str
    method: str
    parameters: Mapping[str, Any]
    listed: str = ""
    same: Mapping[str, str] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        """The method as AWS writes it: `GetQueueAttributes`."""
        return "".join(word.title() for word in self.method.split("_"))

    def names(self, known: Mapping[str, Any]) -> Mapping[str, Any]:
        """The inputs that say which one it is, without account and region; None where one is missing."""
        said = [found for text in _texts(self.parameters) for found in _SAID.finditer(text)]
        wanted = {**dict.fromkeys(self.same.values()), **{found[1]: found[2] for found in said}}
        return {key: known.get(key) or default for key, default in wanted.items() if key not in _PLACE}

    def asked(self, known: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The parameters for a resource with these inputs, `account` and `region`; None where one is missing or not known yet."""
        names = self.names(known)
        if not all(isinstance(value, str) and not value.startswith("[") for value in names.values()):
            return None
        filled: Mapping[str, Any] = _filled(self.parameters, {**known, **names})
        return {key: value for key, value in filled.items() if value != ""}


def at(value: Any, path: str) -> Any:
    """What an answer has at `Field.Inner`; None where there is nothing. A policy is a text in which JSON is."""
    for key in path.split("."):
        read = json.loads(value) if isinstance(value, str) else value
        value = read.get(key) if isinstance(read, Mapping) else None
    return value


def _texts(value: Any) -> list[str]:
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else None
    return [value] if parts is None else [text for part in parts for text in _texts(part)]


def _filled(value: Any, inputs: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(part, inputs) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, inputs) for part in value]
    return _SAID.sub(lambda said: inputs[said[1]], value)


def _here(service: str, thing: str) -> str:
    return arn(service, thing, region="{region}", account="{account}")


_NAME = {"Name": "{name}"}

QUESTIONS: Mapping[str, NameQuestion] = {
    "aws:apigatewayv2/api:Api": NameQuestion("apigatewayv2", "get_apis", {}, "Items", {"Name": "name"}),
    "aws:apigatewayv2/stage:Stage": NameQuestion(
        "apigatewayv2", "get_stage", {"ApiId": "{apiId}", "StageName": "{name}"}
    ),
    "aws:cloudtrail/trail:Trail": NameQuestion("cloudtrail", "get_trail", _NAME),
    "aws:cloudwatch/dashboard:Dashboard": NameQuestion(
        "cloudwatch", "get_dashboard", {"DashboardName": "{dashboardName}"}
    ),
    "aws:cloudwatch/eventApiDestination:EventApiDestination": NameQuestion("events", "describe_api_destination", _NAME),
    "aws:cloudwatch/eventArchive:EventArchive": NameQuestion("events", "describe_archive", {"ArchiveName": "{name}"}),
    "aws:cloudwatch/eventBus:EventBus": NameQuestion("events", "describe_event_bus", _NAME),
    "aws:cloudwatch/eventConnection:EventConnection": NameQuestion("events", "describe_connection", _NAME),
    "aws:cloudwatch/eventRule:EventRule": NameQuestion(
        "events", "describe_rule", {**_NAME, "EventBusName": "{eventBusName=default}"}
    ),
    "aws:cloudwatch/logGroup:LogGroup": NameQuestion(
        "logs", "describe_log_groups", {"logGroupNamePrefix": "{name}"}, "logGroups", {"logGroupName": "name"}
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": NameQuestion(
        "cloudwatch", "describe_alarms", {"AlarmNames": ["{name}"]}, "MetricAlarms", {"AlarmName": "name"}
    ),
    "aws:dynamodb/table:Table": NameQuestion("dynamodb", "describe_table", {"TableName": "{name}"}),
    "aws:ecr/repository:Repository": NameQuestion("ecr", "describe_repositories", {"repositoryNames": ["{name}"]}),
    "aws:iam/instanceProfile:InstanceProfile": NameQuestion(
        "iam", "get_instance_profile", {"InstanceProfileName": "{name}"}
    ),
    "aws:iam/policy:Policy": NameQuestion(
        "iam", "get_policy", {"PolicyArn": arn("iam", "policy{path=/}{name}", account="{account}")}
    ),
    "aws:iam/role:Role": NameQuestion("iam", "get_role", {"RoleName": "{name}"}),
    "aws:iam/rolePolicy:RolePolicy": NameQuestion(
        "iam", "get_role_policy", {"RoleName": "{role}", "PolicyName": "{name}"}
    ),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": NameQuestion(
        "firehose", "describe_delivery_stream", {"DeliveryStreamName": "{name}"}
    ),
    "aws:kinesis/stream:Stream": NameQuestion("kinesis", "describe_stream_summary", {"StreamName": "{name}"}),
    "aws:kms/alias:Alias": NameQuestion("kms", "list_aliases", {}, "Aliases", {"AliasName": "name"}),
    "aws:lambda/alias:Alias": NameQuestion("lambda", "get_alias", {"FunctionName": "{functionName}", "Name": "{name}"}),
    "aws:lambda/function:Function": NameQuestion("lambda", "get_function", {"FunctionName": "{name}"}),
    "aws:pipes/pipe:Pipe": NameQuestion("pipes", "describe_pipe", _NAME),
    "aws:s3/bucket:Bucket": NameQuestion("s3", "head_bucket", {"Bucket": "{bucket}"}),
    "aws:scheduler/schedule:Schedule": NameQuestion(
        "scheduler", "get_schedule", {**_NAME, "GroupName": "{groupName=default}"}
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": NameQuestion("scheduler", "get_schedule_group", _NAME),
    "aws:sfn/activity:Activity": NameQuestion(
        "stepfunctions", "describe_activity", {"activityArn": _here("states", "activity:{name}")}
    ),
    "aws:sfn/stateMachine:StateMachine": NameQuestion(
        "stepfunctions", "describe_state_machine", {"stateMachineArn": _here("states", "stateMachine:{name}")}
    ),
    "aws:sns/topic:Topic": NameQuestion("sns", "get_topic_attributes", {"TopicArn": _here("sns", "{name}")}),
    "aws:sqs/queue:Queue": NameQuestion(
        "sqs", "get_queue_attributes", {"QueueUrl": "https://sqs.{region}.amazonaws.com/{account}/{name}"}
    ),
    "aws:ssm/document:Document": NameQuestion("ssm", "describe_document", _NAME),
    "aws:ssm/parameter:Parameter": NameQuestion(
        "ssm",
        "describe_parameters",
        {"ParameterFilters": [{"Key": "Name", "Values": ["{name}"]}]},
        "Parameters",
        {"Name": "name"},
    ),
}
"""By type. Not here: versions, of which there are many of one name; what AWS tells by no name at all; and secrets, of which AWS does
not say that they are not there to a role that may look at those of one name only: their ARNs end with letters that AWS chooses.
"""
