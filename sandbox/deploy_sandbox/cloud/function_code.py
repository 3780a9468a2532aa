"""The link in GetFunction's answer leads to the code of the version that was asked for, not to that of `$LATEST`.

AWS: "Code: the deployment package of the function or version" (Lambda API, GetFunction, parameter Qualifier).
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ministack.services import lambda_svc

from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_asked: ContextVar[str | None] = ContextVar("asked", default=None)


def install() -> None:
    """Correct the link and what is served behind it."""
    replace("services.lambda_svc", "_get_function", _remembering)
    replace("services.lambda_svc", "_presigned_code_url", _naming)
    replace("services.lambda_svc", "serve_function_code", _serving)


def _remembering(original: Callable[..., Any]) -> Callable[..., Any]:
    def get_function(name: str, qualifier: str | None = None) -> Any:
        _asked.set(qualifier)
        return original(name, qualifier)

    return get_function


def _naming(original: Callable[[str], str]) -> Callable[[str], str]:
    def presigned(name: str) -> str:
        qualifier = _asked.get()
        return original(f"{name}:{qualifier}" if qualifier else name)

    return presigned


def _serving(original: Callable[..., Any]) -> Callable[..., Any]:
    def serve(name: str, account_id: str | None = None, region: str | None = None) -> Any:
        name, _, qualifier = name.partition(":")
        function = lambda_svc._functions.get_scoped(account_id, region, name)  # noqa: SLF001 -- where the emulator has the code
        record, _ = lambda_svc._effective_func_record_for_qualifier(function, qualifier or None)  # noqa: SLF001 -- as above
        if not qualifier or record is None:
            return original(name, account_id, region)
        return 200, {"Content-Type": "application/zip"}, record["code_zip"]

    return serve
