"""Keeps who may work on a stack: one object for each, in the bucket of its state, written only in the place of what was seen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from email.utils import parsedate_to_datetime
from functools import partial
from math import isfinite
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.lease import LASTS, Holder, SeenLease
from deploy_driver.values import Backend, Process
from deploy_project.stacks import project_of

T = TypeVar("T")

PREFIX = ".deploy/leases/"

_HOLDER = TypeAdapter(Holder)

_NOT_THERE = "NoSuchKey"
_MOVED = {"PreconditionFailed", "ConditionalRequestConflict", _NOT_THERE}
"""S3's answers when there is something else than a conditional write wants to replace, or nothing (Amazon S3 API, PutObject)."""

_REMEDIES = {"AccessDenied": remedies.GRANT_LEASES, "NoSuchBucket": remedies.MAKE_STATE_FOUNDATION}


class S3Leases:
    """The Leases port. Leases are renewed for longer than credentials hold.

    `project` is the Pulumi project's name, `backends` are those of its stacks, by their names. Every method raises
    NotReadyError with AWS's reason.
    """

    def __init__(self, aws: AwsSession, backends: Mapping[str, Backend], project: str) -> None:
        self._aws = aws
        self._backends = backends
        self._project = project

    def read(self, stack: str) -> SeenLease:
        """The stack's lease as it is now. What cannot be read runs out when it would if it could be."""
        from botocore.exceptions import ClientError

        def get() -> tuple[Mapping[str, Any], bytes]:
            try:
                answer = self._s3(stack).get_object(**self._place(stack))
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == _NOT_THERE:
                    return error.response, b""
                raise
            return answer, answer["Body"].read()

        answer, content = self._ask(f"the lease of {stack}", get)
        if not answer.get("ETag"):
            return SeenLease(None, "", _moment(answer))
        written = answer["LastModified"].timestamp()
        return SeenLease(_holder(content, written), str(answer["ETag"]), _moment(answer))

    def write(self, stack: str, holder: Holder, tag: str) -> str:
        """Put the holder there; empty when something else stands there by now. One that is the same was put by an earlier try."""
        from botocore.exceptions import ClientError

        when = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        body = json.dumps(asdict(holder)).encode()

        def put() -> str:
            call = partial(self._s3(stack).put_object, **self._place(stack), ContentType="application/json")
            try:
                return str(call(Body=body, **when)["ETag"])
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") not in _MOVED:
                    raise
                return ""

        written = self._ask(f"writing the lease of {stack}", put)
        if written:
            return written
        seen = self.read(stack)
        return seen.tag if seen.holder == holder else ""

    def _ask(self, what: str, call: Callable[[], T]) -> T:
        return self._aws.outlasting(lambda: asking(what, call, by_code=_REMEDIES))

    def _s3(self, stack: str) -> Any:
        return self._aws.client("s3", self._backends[stack].region)

    def _place(self, stack: str) -> dict[str, str]:
        key = f"{PREFIX}{project_of(self._project, stack)}/{stack}.json"
        return {"Bucket": self._backends[stack].bucket, "Key": key}


def _holder(content: bytes, written: float) -> Holder:
    """Who holds it; somebody unknown where that cannot be read, or says moments that are none."""
    try:
        holder = _HOLDER.validate_json(content)
    except ValidationError:
        holder = None
    if holder is None or not all(map(isfinite, (holder.taken, holder.beat, holder.expires))):
        return Holder("", "", Process(), taken=written, beat=written, expires=written + LASTS)
    return holder


def _moment(answer: Mapping[str, Any]) -> float:
    """What time it is for S3: whoever holds a lease and whoever waits for it go by the same clock."""
    said = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return parsedate_to_datetime(said).timestamp()
    except ValueError:
        return time.time()
