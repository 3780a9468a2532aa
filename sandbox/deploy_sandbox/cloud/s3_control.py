"""Tags of buckets through S3 Control are authorised, recorded and refused like any call, and tags at birth need their permission.

`TagResource`, `UntagResource` and `ListTagsForResource` (Amazon S3 API Reference, "S3 Control") are management events of
`s3.amazonaws.com`; a caller names its own account, and a bucket that is not there is `NoSuchResource`. CreateBucket with tags
asks for `s3:TagResource` beside `s3:CreateBucket` (Amazon S3 API Reference, "CreateBucket"). The emulator recorded none of the
three, answered for every account and bucket, and let any creator tag.
"""
# ruff: noqa: SLF001 -- the tagging calls have no other door in the emulator; replace.check_version pins what stands behind this one

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]
from ministack import app
from ministack.services import s3

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from deploy_sandbox.cloud.emulator import Answer

    Handler = Callable[..., Awaitable[Any]]

TAGS = "/v20180820/tags/"


def install() -> None:
    """Lead the tagging calls through the dispatch that every call takes: faults and records hang on it."""
    replace("app", "_dispatch_service_request", _dispatching)
    replace("app", "_handle_s3_control_request", _through_the_dispatch)
    replace("core.iam_actions", "s3_additional_checks", _with_tags_at_birth)


def _through_the_dispatch(original: Handler) -> Handler:
    async def handle(path: str, method: str, body: bytes, query: Any, *facts: Any) -> Any:
        if not path.startswith(TAGS):
            return await original(path, method, body, query, *facts)
        request_id, headers = facts
        return await app._dispatch_service_request(method, path, headers, body, query, request_id)

    return handle


def _dispatching(dispatch: Handler) -> Handler:
    tagging = app._handle_s3_control_request

    async def dispatching(method: str, path: str, headers: Any, body: bytes, *facts: Any) -> Any:
        if not path.startswith(TAGS):
            return await dispatch(method, path, headers, body, *facts)
        query, request_id = facts
        refused = _refusal(method, unquote(path.removeprefix(TAGS)), headers, query, request_id)
        return refused or await tagging(path, method, body, query, request_id, headers)

    return dispatching


def _refusal(method: str, arn: str, headers: Any, query: Any, request_id: str) -> Answer | None:
    """Why a tagging call is not made: the caller may not, names another account, or there is no such bucket."""
    action = app._S3_CONTROL_TAG_ACTIONS.get(method, "s3:ListTagsForResource")
    named = f'"{arn}"'
    denied = app._enforce_data_plane("s3", action, headers, query, request_id, resource_arn=arn, named_resource=named)
    refused: Answer | None = denied or s3.s3control_account_error(headers)
    if refused is None and arn.rpartition(":")[2] not in emulator.BUCKETS:
        refused = s3.s3control_error("NoSuchResource", "The specified resource doesn't exist.", 404)
    return refused


def _with_tags_at_birth(original: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def additional_checks(method: str, path: str, headers: Any, body: bytes, query: Any) -> list[Any]:
        checks = original(method, path, headers, body, query)
        bucket = path.strip("/")
        if method == "PUT" and not query and "/" not in bucket and _says_tags(body):
            return [*checks, ("s3:TagResource", f"arn:aws:s3:::{bucket}")]
        return checks

    return additional_checks


def _says_tags(body: bytes) -> bool:
    try:
        return any(element.tag.rpartition("}")[2] == "Tags" for element in fromstring(body)) if body else False
    except ParseError:
        return False
