"""The sandbox is the proxy of whoever works in it: it answers for its own names, and lets nobody else out.

S3 Control's SDK clients put the account before the endpoint's host (Amazon S3 API, "Control API": `ACCOUNT.s3-control.REGION…`).
Before an address on loopback that gives a name which no resolver knows, `111111111111.127.0.0.1`; Go's and Python's HTTP
clients ask a proxy for it. A request in absolute form (RFC 9112, section 3.2.2) for the sandbox's own port is answered here
like any other; a request for any other place, and every tunnel, is refused and named in the log.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from deploy_sandbox.cloud.asgi import respond

if TYPE_CHECKING:
    from deploy_sandbox.cloud.asgi import App, Receive, Scope, Send
    from deploy_sandbox.cloud.configuration import CloudConfig

_LOOPBACK = "127.0.0.1"
_FORBIDDEN = 403


def wrap(app: App, config: CloudConfig) -> App:
    """Turn what was asked of the proxy into a plain request to the sandbox, or refuse it; hand every other request on."""

    async def proxied(scope: Scope, receive: Receive, send: Send) -> None:
        target = _target(scope)
        if target is None:
            await app(scope, receive, send)
        elif _is_ours(target, config.port):
            await app(_plain(scope, target), receive, send)
        else:
            refused = f"{scope['method']} {target.netloc}"
            sys.stderr.write(f"proxy: refused {refused!r}: only the sandbox itself can be reached from here\n")
            sys.stderr.flush()
            said = f"The sandbox's proxy lets nobody out: {refused} was refused.\n"
            await respond(send, _FORBIDDEN, said.encode("utf-8", "replace"))

    return proxied


def _target(scope: Scope) -> SplitResult | None:
    """Where a request asks the proxy to go; None for one that is meant for the sandbox itself."""
    if scope["type"] != "http":
        return None
    target = scope["raw_path"].decode("latin-1")
    if scope["method"] == "CONNECT":
        return urlsplit(f"//{target}")
    return urlsplit(target) if "://" in target and not target.startswith("/") else None


def _is_ours(target: SplitResult, port: int) -> bool:
    try:
        host, asked = target.hostname or "", target.port
    except ValueError:
        return False
    return target.scheme == "http" and asked == port and (host == _LOOPBACK or host.endswith(f".{_LOOPBACK}"))


def _plain(scope: Scope, target: SplitResult) -> Scope:
    """The request in origin form; its host is the one that the target names, whatever the header said."""
    path = target.path or "/"
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
    return {
        **scope,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "headers": [(b"host", target.netloc.encode("latin-1")), *headers],
    }
