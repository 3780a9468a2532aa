"""The condition keys of Lambda and API Gateway that the emulator left empty, and the actions of Lambda's calls.

- `lambda:Principal`: whom `AddPermission` lets in (Service Authorization Reference, "AWS Lambda").
- `lambda:FunctionArn`: the function that an event source mapping is made for, or already has.
- Every call has the action of its own operation: an alias, a mapping, a layer's version or a function's URL is not deleted by a
  right to list or make them.
- `aws:RequestTag/…` and `aws:TagKeys` of API Gateway, whose actions are HTTP verbs.
- `aws:ResourceTag/…` of an HTTP API, of everything below it, and of its tags: children inherit the tags of their API for
  access control (API Gateway Developer Guide, "Tag inheritance"; Service Authorization Reference, "API Gateway V2").
- `aws:ResourceTag/…` of an event source mapping.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ministack.core import responses

from deploy_sandbox.cloud import bodies, calls, emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

Keys = dict[str, Any]

_OTHER_WORDS = {
    "Invoke": "InvokeFunction",
    "InvokeAsync": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
    "GetLayerVersionByArn": "GetLayerVersion",
}
"""The operations of Lambda whose action has another name."""

_path: ContextVar[str] = ContextVar("path", default="")
"""The path of the request whose action was asked for last, just before its keys are."""


def install() -> None:
    """Fill the keys and actions in where the evaluator asks for them."""
    replace("core.iam_actions", "request_tag_context", _request_keys)
    replace("services.tagging", "resource_tags", _resource_tags)
    replace("core.iam_actions", "_lambda_action", _lambda_actions)


def _request_keys(original: Callable[..., Keys]) -> Callable[..., Keys]:
    def request_tag_context(service: str, iam_action: str, body: bytes, params: Keys) -> Keys:
        keys = dict(original(service, iam_action, body, params))
        content = bodies.from_json(body)
        if iam_action == "lambda:AddPermission":
            keys["lambda:Principal"] = content.get("Principal")
        if iam_action.endswith("EventSourceMapping"):
            keys["lambda:FunctionArn"] = _function(content.get("FunctionName")) or emulator.mapped_function(_path.get())
        if service == "apigateway" and isinstance(content.get("tags"), dict):
            keys.update({f"aws:RequestTag/{name}": value for name, value in content["tags"].items()})
            keys["aws:TagKeys"] = list(content["tags"])
        return keys

    return request_tag_context


def _function(named: str | None) -> str:
    """The ARN of a function that a request names by name or ARN; empty when it names none."""
    if not named or named.startswith("arn:"):
        return named or ""
    return f"arn:aws:lambda:{responses.get_region()}:{responses.get_account_id()}:function:{named}"


def _resource_tags(original: Callable[[str], Any]) -> Callable[[str], Any]:
    def resource_tags(arn: str) -> Any:
        _, found, mapping = arn.partition(":event-source-mapping:")
        if found:
            return emulator.mapping_tags(mapping)
        _, found, path = arn.partition(":apigateway:")
        if not found:
            return original(arn)
        path = unquote(path.partition("::/tags/")[2]).partition(":apigateway:")[2] if "::/tags/" in path else path
        parts = path.partition("::/apis/")[2].split("/")
        return emulator.api_tags(parts[0]) if parts[0] else None

    return resource_tags


def _lambda_actions(original: Callable[[str, str], str | None]) -> Callable[[str, str], str | None]:
    def lambda_action(method: str, path: str) -> str | None:
        _path.set(path)
        call = calls.identify(calls.ObservedRequest(method, path, {}, b"", {}))
        if call is None or call.service != "lambda":
            return original(method, path)
        return _OTHER_WORDS.get(call.operation, call.operation)

    return lambda_action
