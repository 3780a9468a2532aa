"""Conditional writes of S3 as AWS makes them, and the condition keys by which a policy can demand them.

`s3:if-none-match` and `s3:if-match` are the headers of a PutObject or CompleteMultipartUpload; creating an upload and its
parts carry none (Amazon S3 User Guide, "Enforce conditional writes on Amazon S3 buckets"). `If-None-Match` takes `*` and
nothing else, and not together with `If-Match`: both are answered 501 NotImplemented (Amazon S3 API, PutObject;
aws/aws-sdk-ruby#3144). The emulator left both keys empty, and took an ETag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_HEADERS = ("if-none-match", "if-match")


def install() -> None:
    replace("core.iam_actions", "s3_service_context", _with_conditions)
    replace("services.s3", "_check_put_preconditions", _as_aws_checks)


def _with_conditions(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def s3_service_context(
        iam_action: str, query_params: Any, path: str = "", headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        keys = dict(original(iam_action, query_params, path, headers))
        if iam_action == "s3:PutObject" and not {"uploads", "partNumber"} & set(query_params or {}):
            keys.update({f"s3:{name}": value for name in _HEADERS if (value := (headers or {}).get(name))})
        return keys

    return s3_service_context


def _as_aws_checks(original: Callable[..., Any]) -> Callable[..., Any]:
    def check_put_preconditions(headers: dict[str, str], existing: Any) -> Any:
        wanted = headers.get("if-none-match", "").strip()
        if wanted and (wanted != "*" or headers.get("if-match")):
            return emulator.s3_error(
                "NotImplemented", "A header you provided implies functionality that is not implemented", 501
            )
        return original(headers, existing)

    return check_put_preconditions
