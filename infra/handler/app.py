"""What Lambda calls: an HTTP API's event (payload format 2.0) in, its answer out."""

from __future__ import annotations

import logging
import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from .items import Items
from .replies import Reply, failure
from .routes import Service, respond

log = logging.getLogger()


def answer(event: dict[str, Any], context: Any) -> Reply:
    """Answer one request; what goes wrong inside is logged, and the caller sees only the request's id."""
    try:
        return respond(_service(), event, context)
    except Exception:
        log.exception("request %s failed", context.aws_request_id)
        return failure(500, "internal error", request=context.aws_request_id)


@cache
def _service() -> Service:
    """Made once for each running copy of the function, from the environment that the deployment gave it."""
    quick = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
    items = Items(boto3.client("s3", config=quick), os.environ["BUCKET"])
    return Service(stack=os.environ["STACK"], max_item_bytes=int(os.environ["MAX_ITEM_BYTES"]), items=items)
