"""What carries a stack's tags in its account and is in no state: nobody would ever change or delete it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deploy_driver.drift.by_name import QUESTIONS, NameQuestion

_REMAINS: tuple[tuple[str, NameQuestion], ...] = (
    (r"apigateway:[^:]+::/apis/(?P<apiId>[^/]+)", NameQuestion("apigatewayv2", "get_api", {"ApiId": "{apiId}"})),
    (
        r"apigateway:[^:]+::/restapis/(?P<restApiId>[^/]+)",
        NameQuestion("apigateway", "get_rest_api", {"restApiId": "{restApiId}"}),
    ),
    (r"dynamodb:[^:]+:\d+:table/(?P<name>[^/]+)", QUESTIONS["aws:dynamodb/table:Table"]),
    (r"ecr:[^:]+:\d+:repository/(?P<name>.+)", QUESTIONS["aws:ecr/repository:Repository"]),
    (r"events:[^:]+:\d+:event-bus/(?P<name>[^/]+)", QUESTIONS["aws:cloudwatch/eventBus:EventBus"]),
    (r"events:[^:]+:\d+:rule/(?P<name>[^/]+)", QUESTIONS["aws:cloudwatch/eventRule:EventRule"]),
    (r"kinesis:[^:]+:\d+:stream/(?P<name>[^/]+)", QUESTIONS["aws:kinesis/stream:Stream"]),
    (r"lambda:[^:]+:\d+:function:(?P<name>[^:]+)", QUESTIONS["aws:lambda/function:Function"]),
    (r"logs:[^:]+:\d+:log-group:(?P<name>[^:]+)", QUESTIONS["aws:cloudwatch/logGroup:LogGroup"]),
    (r"s3:::(?P<bucket>[^/]+)", QUESTIONS["aws:s3/bucket:Bucket"]),
    (r"sns:[^:]+:\d+:(?P<name>[^:]+)", QUESTIONS["aws:sns/topic:Topic"]),
    (r"sqs:[^:]+:\d+:(?P<name>[^:]+)", QUESTIONS["aws:sqs/queue:Queue"]),
    (r"states:[^:]+:\d+:stateMachine:(?P<name>[^:]+)", QUESTIONS["aws:sfn/stateMachine:StateMachine"]),
)
"""By what is asked whether a thing of that ARN is still there: AWS lists what carries tags for a while after it was deleted."""


_REMOVALS = (
    (r"apigateway:[^:]+::/apis/(?P<id>[^/]+)", "apigatewayv2 delete-api --api-id {id}"),
    (r"apigateway:[^:]+::/restapis/(?P<id>[^/]+)", "apigateway delete-rest-api --rest-api-id {id}"),
    (r"lambda:[^:]+:\d+:function:(?P<id>[^:]+)", "lambda delete-function --function-name {id}"),
    (r"(?P<id>sns:[^:]+:\d+:[^:]+)", "sns delete-topic --topic-arn arn:aws:{id}"),
    (
        r"(?P<id>states:[^:]+:\d+:stateMachine:[^:]+)",
        "stepfunctions delete-state-machine --state-machine-arn arn:aws:{id}",
    ),
)
"""How a person deletes what holds no data, with AWS's own command."""


def unlisted(tagged: Iterable[str], resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ARNs that a state does not list: neither the thing itself, nor what it is a part of."""
    known = {part for one in resources for part in _arns(one)}
    return sorted({arn for arn in tagged if not any(_is_or_belongs_to(arn, other) for other in known)})


def _arns(resource: Mapping[str, Any]) -> Iterator[str]:
    """What a resource is called: its ARN; where the provider knows none, its id, with which an ARN ends."""
    said = (resource.get("outputs") or {}).get("arn") or resource.get("id")
    if isinstance(said, str) and said:
        yield said.removesuffix(":*")


def _is_or_belongs_to(arn: str, known: str) -> bool:
    if known.startswith("arn:"):
        return arn == known or arn.startswith((f"{known}:", f"{known}/"))
    return re.split(r"[:/]", arn)[-1] == known


def question_of(arn: str) -> tuple[NameQuestion, Mapping[str, str]] | None:
    """By what is asked whether it is there, and the inputs that say which one it is; None where nothing is known for it."""
    thing = arn.split(":", 2)[2]
    for pattern, question in _REMAINS:
        if found := re.fullmatch(pattern, thing):
            return question, found.groupdict()
    return None


def with_removal(thing: str, stack: str) -> str:
    """What is left over of a stack, and the command that deletes it where it holds no data of anybody's."""
    parts = thing.split(":", 2)
    for pattern, words in _REMOVALS if parts[:1] == ["arn"] else ():
        if found := re.fullmatch(pattern, parts[2]):
            return f"{thing}: `deploy exec --stack {stack} -- aws {words.format(**found.groupdict())}` deletes it"
    return thing
