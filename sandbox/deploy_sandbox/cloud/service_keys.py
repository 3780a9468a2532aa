"""The condition keys of Lambda and API Gateway that the emulator left empty, and the actions on one alias.

- `lambda:Principal`: whom `AddPermission` lets in (Service Authorization Reference, "AWS Lambda").
- `aws:RequestTag/…` and `aws:TagKeys` of API Gateway, whose actions are HTTP verbs.
- `aws:ResourceTag/…` of an HTTP API, of everything below it, and of its tags: children inherit the tags of their API for
  access control (API Gateway Developer Guide, "Tag inheritance"; Service Authorization Reference, "API Gateway V2").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from deploy_sandbox.cloud import bodies, emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

Keys = dict[str, Any]


def install() -> None:
    """Fill the keys in where the evaluator asks for them."""
    replace("core.iam_actions", "request_tag_context", _request_keys)
    replace("services.tagging", "resource_tags", _resource_tags)
    replace("core.iam_actions", "_lambda_action", _alias_actions)


def _request_keys(original: Callable[..., Keys]) -> Callable[..., Keys]:
    def request_tag_context(service: str, iam_action: str, body: bytes, params: Keys) -> Keys:
        keys = dict(original(service, iam_action, body, params))
        content = bodies.from_json(body)
        if iam_action == "lambda:AddPermission":
            keys["lambda:Principal"] = content.get("Principal")
        if service == "apigateway" and isinstance(content.get("tags"), dict):
            keys.update({f"aws:RequestTag/{name}": value for name, value in content["tags"].items()})
            keys["aws:TagKeys"] = list(content["tags"])
        return keys

    return request_tag_context


def _resource_tags(original: Callable[[str], Any]) -> Callable[[str], Any]:
    def resource_tags(arn: str) -> Any:
        _, found, path = arn.partition(":apigateway:")
        if not found:
            return original(arn)
        path = unquote(path.partition("::/tags/")[2]).partition(":apigateway:")[2] if "::/tags/" in path else path
        parts = path.partition("::/apis/")[2].split("/")
        return emulator.api_tags(parts[0]) if parts[0] else None

    return resource_tags


def _alias_actions(original: Callable[[str, str], str | None]) -> Callable[[str, str], str | None]:
    """One alias is read, changed and deleted under its own actions, not under `lambda:ListAliases`."""

    def lambda_action(method: str, path: str) -> str | None:
        parts = [part for part in path.split("/") if part]
        one = {"GET": "GetAlias", "PUT": "UpdateAlias", "DELETE": "DeleteAlias"}.get(method)
        return one if one and parts[-2:-1] == ["aliases"] else original(method, path)

    return lambda_action
