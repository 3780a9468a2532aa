"""Whoever makes a thing with tags needs the right to tag it, beside the right to make it.

(Service Authorization Reference, the dependent actions of CreateQueue, CreateTopic, CreateTable, PutParameter, CreateSecret, PutRule,
PutMetricAlarm, CreateFunction and CreateEventSourceMapping; each service's page on tagging.) The emulator let any creator tag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions, responses

from deploy_sandbox.cloud import bodies, second_actions
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.cloud.emulator import Answer, Handler

_SERVICES = {
    "cloudwatch": "monitoring",
    "dynamodb": "dynamodb",
    "eventbridge": "events",
    "lambda_svc": "lambda",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
}
"""The emulator's modules, and its names of their services."""

_TAGGING = {
    "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource",
    "dynamodb:CreateTable": "dynamodb:TagResource",
    "events:PutRule": "events:TagResource",
    "lambda:CreateEventSourceMapping": "lambda:TagResource",
    "lambda:CreateFunction": "lambda:TagResource",
    "secretsmanager:CreateSecret": "secretsmanager:TagResource",
    "sns:CreateTopic": "sns:TagResource",
    "sqs:CreateQueue": "sqs:TagQueue",
    "ssm:PutParameter": "ssm:AddTagsToResource",
}


def install() -> None:
    for module, service in _SERVICES.items():
        replace(f"services.{module}", "handle_request", _asking(service))


def _asking(service: str) -> Callable[[Handler], Handler]:
    def asking(original: Handler) -> Handler:
        async def handle_request(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
        ) -> Answer:
            refused = _refusal(service, headers, query, method, path, body)
            return refused or await original(method, path, headers, body, query)

        return handle_request

    return asking


def _refusal(service: str, headers: dict[str, str], query: dict[str, Any], *line: Any) -> Answer | None:
    method, path, body = line
    asked = {**bodies.from_form(body), **query} if body[:1] != b"{" else query
    action = iam_actions.extract_iam_action(service, method, path, headers, body, asked)
    if action not in _TAGGING:
        return None
    keys = iam_actions.request_tag_context(action.partition(":")[0], action, body, asked)
    if not keys.get("aws:TagKeys"):
        return None
    region, account = responses.get_region(), responses.get_account_id()
    resource = iam_actions.extract_resource_arn(service, method, path, headers, body, asked, region, account)
    if action == "lambda:CreateEventSourceMapping":
        resource = f"arn:aws:lambda:{region}:{account}:event-source-mapping:*"  # it has no id yet
    return second_actions.refusal(service, _TAGGING[action], resource, keys=keys, headers=headers, query=query)
