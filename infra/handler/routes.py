"""Which request does what. The API has only these routes; whatever else gets here is answered all the same."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from .items import KEY_RULE, Items, is_key
from .replies import Reply, content, document, failure

_ITEMS = "/items/"


@dataclass(frozen=True)
class Service:
    """What the function was deployed with."""

    stack: str
    max_item_bytes: int
    items: Items


def respond(service: Service, event: dict[str, Any], context: Any) -> Reply:
    """The answer to one request."""
    method, path = event["requestContext"]["http"]["method"], event["rawPath"]
    if path == "/health":
        return _health(service, context) if method == "GET" else _only("GET")
    if not path.startswith(_ITEMS):
        return failure(404, "no such route")
    key = path.removeprefix(_ITEMS)
    if method not in {"GET", "PUT"}:
        return _only("GET, PUT")
    if not is_key(key):
        return failure(400, f"a key is {KEY_RULE}")
    return _put(service, key, event) if method == "PUT" else _get(service, key)


def _health(service: Service, context: Any) -> Reply:
    """Which account answers: the fifth part of the function ARN that Lambda says was called."""
    account = context.invoked_function_arn.split(":")[4]
    return document(200, {"account": account, "stack": service.stack, "version": context.function_version})


def _put(service: Service, key: str, event: dict[str, Any]) -> Reply:
    body = _body(event)
    if body is None:
        return failure(400, "the body is not what its encoding says")
    if len(body) > service.max_item_bytes:
        return failure(413, f"an item is {service.max_item_bytes} bytes at most")
    service.items.put(key, body)
    return document(200, {"key": key, "bytes": len(body)})


def _get(service: Service, key: str) -> Reply:
    body = service.items.get(key)
    return failure(404, "no such item") if body is None else content(body)


def _body(event: dict[str, Any]) -> bytes | None:
    """The body's bytes, which an HTTP API hands over in base64 unless they are text; None where they are neither."""
    text = event.get("body") or ""
    try:
        return base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode("utf-8")
    except (binascii.Error, ValueError):
        return None


def _only(methods: str) -> Reply:
    return failure(405, f"only {methods} here", allow=methods)
