"""The answers an HTTP API passes on (payload format 2.0)."""

from __future__ import annotations

import base64
import json
from typing import Any

Reply = dict[str, Any]

_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def document(status: int, content: dict[str, Any], **headers: str) -> Reply:
    """A JSON document."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **_HEADERS, **headers},
        "body": json.dumps(content),
        "isBase64Encoded": False,
    }


def failure(status: int, error: str, *, request: str = "", **headers: str) -> Reply:
    """A JSON document that says what was wrong with the request, or which request to look up in the log."""
    return document(status, {"error": error, **({"request": request} if request else {})}, **headers)


def content(body: bytes) -> Reply:
    """An item as it was stored. It is whatever somebody put, so no browser is told that it is a page."""
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/octet-stream", **_HEADERS},
        "body": base64.b64encode(body).decode("ascii"),
        "isBase64Encoded": True,
    }
