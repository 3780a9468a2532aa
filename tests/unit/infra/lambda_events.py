"""Requests as an HTTP API hands them to Lambda (payload format 2.0), and an S3 that is a dictionary."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from infra.handler.items import Items
from infra.handler.routes import Service, respond


class FakeS3:
    """What the handler uses of boto3's S3 client."""

    def __init__(self, refuses: str = "") -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self._refuses = refuses

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, Any]:  # noqa: N803 -- boto3's own names
        self._refuse("PutObject")
        self.objects[Bucket, Key] = Body
        return {}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 -- boto3's own names
        self._refuse("GetObject")
        if (Bucket, Key) not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}

    def _refuse(self, operation: str) -> None:
        if self._refuses:
            raise ClientError({"Error": {"Code": self._refuses, "Message": "arn:aws:s3:::secret"}}, operation)


@dataclass(frozen=True)
class Context:
    """What the handler uses of Lambda's context."""

    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:222222222222:function:items-dev:live"
    function_version: str = "7"
    aws_request_id: str = "r-1"


@dataclass
class Caller:
    """Calls the handler's routes as the API would."""

    s3: FakeS3 = field(default_factory=FakeS3)
    max_item_bytes: int = 16

    def call(self, method: str, path: str, body: str | None = None, *, encoded: bool = False) -> tuple[int, Any]:
        """The status and the body: parsed where it is JSON, bytes where it is an item."""
        service = Service("dev", self.max_item_bytes, Items(self.s3, "bucket"))
        reply = respond(service, event(method, path, body, encoded=encoded), Context())
        text = reply["body"]
        return reply["statusCode"], base64.b64decode(text) if reply["isBase64Encoded"] else json.loads(text)


def event(method: str, path: str, body: str | None = None, *, encoded: bool = False) -> dict[str, Any]:
    """One request."""
    asked = {"version": "2.0", "rawPath": path, "requestContext": {"http": {"method": method, "path": path}}}
    return {**asked, **({} if body is None else {"body": body}), "isBase64Encoded": encoded}
