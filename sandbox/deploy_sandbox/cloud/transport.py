"""Loopback counts as a secure transport, so that a bucket for TLS only can be used in the sandbox.

`aws:SecureTransport` is true for a request over TLS
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html). The sandbox speaks plain HTTP that
never leaves the machine; the emulator called that insecure, and the policy which denies insecure requests locked everybody
out. A test that must see the denial sends `x-sandbox-insecure: 1`, which means something only where powers were asked for.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.cloud.asgi import App, Receive, Scope, Send
    from deploy_sandbox.cloud.configuration import CloudConfig

MARKER = b"x-sandbox-insecure"

_insecure: ContextVar[bool] = ContextVar("sandbox_insecure", default=False)


def install() -> None:
    """Pin every request as secure that is not marked."""
    replace("core.iam_evaluator", "pin_request_origin", _pinning)
    replace(
        "core.iam_evaluator", "_request_origin", lambda _original: ContextVar("origin", default=("127.0.0.1", True))
    )


def wrap(app: App, config: CloudConfig) -> App:
    """See the mark, where powers were asked for."""
    if config.powers_token is None:
        return app

    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        _insecure.set(any(name == MARKER and value == b"1" for name, value in scope.get("headers", ())))
        await app(scope, receive, send)

    return marked


def _pinning(pin: Callable[[str, bool], None]) -> Callable[[str, bool], None]:
    def pinning(source_ip: str, _over_tls: bool) -> None:
        pin(source_ip, not _insecure.get())

    return pinning
