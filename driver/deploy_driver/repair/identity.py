"""How what stands in an account is told apart: the id that the provider gives it, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy_driver.drift.by_name import QUESTIONS, NameQuestion, at
from deploy_project.stacks import arn

_SAID = re.compile(r"\{([\w.]+)\}")


def _here(service: str, thing: str) -> str:
    return arn(service, thing, region="{region}", account="{account}")


@dataclass(frozen=True)
class TagQuestion:
    """The read of a thing's tags, which the provider makes too: boto3 service and method, its parameters, where its answer has them."""

    service: str
    method: str
    parameters: Mapping[str, Any]
    tags: str


@dataclass(frozen=True)
class CloudIdentity:
    """How a resource of one type is found: the read that finds it, and the `id` that the provider gives it.

    In `id` and in the parameters, `{input}` stands for an input of the resource, `{Field.Inner}` for what the answer says, and
    `{account}` and `{region}` for where it is. Whose it is say its tags: at the place `tags` of the answer, or in the answer of
    another question; where it has none, the thing that it is a part of: `parent` is the input that names it, `of` its type.

    `deletion` is the call that deletes it by its `{id}`, of a type that may be there twice and holds nothing of anybody: `made` is
    where the answer says when it was made, `used_by` asks for what uses it. Whatever holds data has none, nor what people rely on.
    """

    question: NameQuestion
    id: str
    tags: str | TagQuestion = ""
    parent: str = ""
    of: str = ""
    made: str = ""
    used_by: NameQuestion | None = None
    deletion: NameQuestion | None = None


_API = "aws:apigatewayv2/api:Api"
_FUNCTION = "aws:lambda/function:Function"


def _of_api(method: str, same: Mapping[str, str], id_: str) -> CloudIdentity:
    return CloudIdentity(_in_api(method, same), id_, parent="apiId", of=_API)


def _in_api(method: str, same: Mapping[str, str]) -> NameQuestion:
    return NameQuestion("apigatewayv2", method, {"ApiId": "{apiId}"}, "Items", same)


IDENTITIES: Mapping[str, CloudIdentity] = {
    _API: CloudIdentity(
        QUESTIONS[_API],
        "{ApiId}",
        "Tags",
        made="CreatedDate",
        deletion=NameQuestion("apigatewayv2", "delete_api", {"ApiId": "{id}"}),
    ),
    "aws:apigatewayv2/authorizer:Authorizer": _of_api("get_authorizers", {"Name": "name"}, "{AuthorizerId}"),
    "aws:apigatewayv2/integration:Integration": CloudIdentity(
        _in_api("get_integrations", {"IntegrationType": "integrationType", "IntegrationUri": "integrationUri"}),
        "{IntegrationId}",
        parent="apiId",
        of=_API,
        used_by=_in_api("get_routes", {"Target": "target"}),
        deletion=NameQuestion("apigatewayv2", "delete_integration", {"ApiId": "{apiId}", "IntegrationId": "{id}"}),
    ),
    "aws:apigatewayv2/route:Route": _of_api("get_routes", {"RouteKey": "routeKey"}, "{RouteId}"),
    "aws:apigatewayv2/stage:Stage": CloudIdentity(
        QUESTIONS["aws:apigatewayv2/stage:Stage"], "{name}", parent="apiId", of=_API
    ),
    "aws:cloudwatch/eventBus:EventBus": CloudIdentity(
        QUESTIONS["aws:cloudwatch/eventBus:EventBus"],
        "{name}",
        TagQuestion("events", "list_tags_for_resource", {"ResourceARN": _here("events", "event-bus/{name}")}, "Tags"),
    ),
    "aws:cloudwatch/logGroup:LogGroup": CloudIdentity(
        QUESTIONS["aws:cloudwatch/logGroup:LogGroup"],
        "{name}",
        TagQuestion("logs", "list_tags_for_resource", {"resourceArn": _here("logs", "log-group:{name}")}, "tags"),
    ),
    "aws:dynamodb/table:Table": CloudIdentity(
        QUESTIONS["aws:dynamodb/table:Table"],
        "{name}",
        TagQuestion("dynamodb", "list_tags_of_resource", {"ResourceArn": _here("dynamodb", "table/{name}")}, "Tags"),
    ),
    "aws:ecr/repository:Repository": CloudIdentity(
        QUESTIONS["aws:ecr/repository:Repository"],
        "{name}",
        TagQuestion("ecr", "list_tags_for_resource", {"resourceArn": _here("ecr", "repository/{name}")}, "tags"),
    ),
    "aws:iam/instanceProfile:InstanceProfile": CloudIdentity(
        QUESTIONS["aws:iam/instanceProfile:InstanceProfile"], "{name}", "InstanceProfile.Tags"
    ),
    "aws:iam/policy:Policy": CloudIdentity(QUESTIONS["aws:iam/policy:Policy"], "{Policy.Arn}", "Policy.Tags"),
    "aws:iam/role:Role": CloudIdentity(QUESTIONS["aws:iam/role:Role"], "{name}", "Role.Tags"),
    "aws:kinesis/stream:Stream": CloudIdentity(
        QUESTIONS["aws:kinesis/stream:Stream"],
        "{name}",
        TagQuestion("kinesis", "list_tags_for_stream", {"StreamName": "{name}"}, "Tags"),
    ),
    "aws:kms/alias:Alias": CloudIdentity(
        QUESTIONS["aws:kms/alias:Alias"], "{name}", parent="targetKeyId", of="aws:kms/key:Key"
    ),
    "aws:lambda/alias:Alias": CloudIdentity(
        QUESTIONS["aws:lambda/alias:Alias"], "{AliasArn}", parent="functionName", of=_FUNCTION
    ),
    "aws:lambda/eventSourceMapping:EventSourceMapping": CloudIdentity(
        NameQuestion(
            "lambda",
            "list_event_source_mappings",
            {"EventSourceArn": "{eventSourceArn}", "FunctionName": "{functionName}"},
            "EventSourceMappings",
        ),
        "{UUID}",
        parent="functionName",
        of=_FUNCTION,
    ),
    _FUNCTION: CloudIdentity(QUESTIONS[_FUNCTION], "{name}", "Tags"),
    "aws:lambda/permission:Permission": CloudIdentity(
        NameQuestion(
            "lambda",
            "get_policy",
            {"FunctionName": "{function}", "Qualifier": "{qualifier=}"},
            "Policy.Statement",
            {"Sid": "statementId"},
        ),
        "{statementId}",
        parent="function",
        of=_FUNCTION,
    ),
    "aws:pipes/pipe:Pipe": CloudIdentity(QUESTIONS["aws:pipes/pipe:Pipe"], "{name}", "Tags"),
    "aws:s3/bucket:Bucket": CloudIdentity(
        QUESTIONS["aws:s3/bucket:Bucket"],
        "{bucket}",
        TagQuestion("s3", "get_bucket_tagging", {"Bucket": "{bucket}"}, "TagSet"),
    ),
    "aws:sfn/activity:Activity": CloudIdentity(
        QUESTIONS["aws:sfn/activity:Activity"],
        "{activityArn}",
        TagQuestion("stepfunctions", "list_tags_for_resource", {"resourceArn": "{activityArn}"}, "tags"),
    ),
    "aws:sfn/stateMachine:StateMachine": CloudIdentity(
        QUESTIONS["aws:sfn/stateMachine:StateMachine"],
        "{stateMachineArn}",
        TagQuestion("stepfunctions", "list_tags_for_resource", {"resourceArn": "{stateMachineArn}"}, "tags"),
    ),
    "aws:sns/topic:Topic": CloudIdentity(
        QUESTIONS["aws:sns/topic:Topic"],
        "{Attributes.TopicArn}",
        TagQuestion("sns", "list_tags_for_resource", {"ResourceArn": "{Attributes.TopicArn}"}, "Tags"),
    ),
    "aws:sqs/queue:Queue": CloudIdentity(
        QUESTIONS["aws:sqs/queue:Queue"],
        "https://sqs.{region}.amazonaws.com/{account}/{name}",
        TagQuestion(
            "sqs", "list_queue_tags", {"QueueUrl": "https://sqs.{region}.amazonaws.com/{account}/{name}"}, "Tags"
        ),
    ),
    "aws:ssm/parameter:Parameter": CloudIdentity(
        QUESTIONS["aws:ssm/parameter:Parameter"],
        "{name}",
        TagQuestion("ssm", "list_tags_for_resource", {"ResourceType": "Parameter", "ResourceId": "{name}"}, "TagList"),
    ),
}
"""By type, what can be found again and be told whose it is. Of anything else a person has to say what became of it."""

_AGAIN = re.compile(
    r"aws:s3/bucket[A-Z]\w*:\w+"
    r"|aws:cloudwatch/(?:dashboard|eventBusPolicy|eventRule|eventTarget|logMetricFilter|logSubscriptionFilter|metricAlarm):\w+"
    r"|aws:iam/(?:rolePolicy|rolePolicyAttachment):\w+"
    r"|aws:lambda/(?:functionEventInvokeConfig|provisionedConcurrencyConfig):\w+"
    r"|aws:sns/(?:topicPolicy|topicSubscription):\w+"
    r"|aws:sqs/(?:queuePolicy|redriveAllowPolicy|redrivePolicy):\w+"
)


def may_be_made_again(type_: str) -> bool:
    """Whether AWS's call that makes it puts it where it is, whether or not it is there already: nothing comes of making it twice."""
    return bool(_AGAIN.fullmatch(type_))


def may_be_deleted(type_: str) -> bool:
    """Whether one of it that nothing uses may be deleted: it holds nothing of anybody."""
    return type_ in IDENTITIES and IDENTITIES[type_].deletion is not None


def filled(text: str, known: Mapping[str, Any]) -> str:
    """The text with what its placeholders stand for; what is not known is left out."""
    return _SAID.sub(lambda said: _text(at(known, said[1])), text)


def tags_of(said: Any) -> Mapping[str, str]:
    """Tags as AWS writes them, in any of its ways: an object, or a list of keys and values."""
    if isinstance(said, Mapping):
        return {str(key): str(value) for key, value in said.items()}
    pairs = (
        {key.removeprefix("Tag").lower(): value for key, value in one.items()}
        for one in said or ()
        if isinstance(one, Mapping)
    )
    return {str(pair.get("key")): str(pair.get("value")) for pair in pairs}


def name_in(reference: str) -> str:
    """What is named: a function's ARN, with or without version, names the function, a key's ARN the key."""
    if not reference.startswith("arn:"):
        return reference.partition(":")[0]
    thing = reference.split(":", 5)[5]
    return thing.split(":")[1] if thing.startswith("function:") else thing.rpartition("/")[2]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Owner:
    """Whose a thing must be: the service and the stack that its tags say, or something that the stack's state lists already.

    `listed` are the ids of what the state lists, by type.
    """

    project: str
    stack: str
    listed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags that every resource of the stack carries."""
        return {"deploy:project": self.project, "deploy:stack": self.stack}

    def has_tagged(self, tags: Mapping[str, str]) -> bool:
        """Whether they are among these."""
        return all(tags.get(key) == value for key, value in self.tags.items())

    def lists(self, type_: str, reference: Any) -> bool:
        """Whether the state lists the thing of that type that is named so."""
        return isinstance(reference, str) and name_in(reference) in {name_in(id_) for id_ in self.listed.get(type_, ())}
