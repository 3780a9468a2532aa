"""A call that an SDK makes again has its answer again, where the first answer was sent and did not arrive.

SDKs say by `amz-sdk-invocation-id` which attempts are the same call. On a busy machine it has been seen, about once in a hundred
deployments, that a connection ended after the call was carried out and before its answer was read; the second attempt then met the alias or
the integration of the first. The log says when that happens. What a rule of `faults` loses is not kept here, and so is carried out again.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from deploy_sandbox.cloud.asgi import read_body

if TYPE_CHECKING:
    from deploy_sandbox.cloud.asgi import App, Message, Receive, Scope, Send
    from deploy_sandbox.cloud.configuration import CloudConfig

INVOCATION = b"amz-sdk-invocation-id"
MOST = 256
"""Answers that are kept: a second attempt comes within seconds."""

_READS = frozenset({"GET", "HEAD"})
_SUCCESS = range(200, 300)

_log = logging.getLogger(__name__)


def wrap(app: App, _config: CloudConfig) -> App:
    """Keep the answers to calls that were carried out, for whoever asks again."""
    kept: OrderedDict[bytes, tuple[float, list[Message]]] = OrderedDict()

    async def repeating(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        invocation = headers.get(INVOCATION)
        if invocation is None or scope["method"] in _READS:
            await app(scope, receive, send)
            return
        if invocation in kept:
            answered, messages = kept[invocation]
            who, after = headers.get(b"user-agent", b"")[:60], time.monotonic() - answered
            what = "%s %s by %r: made again %.3f s after its answer, which did not arrive"
            _log.warning(what, scope["method"], scope["path"], who, after)
            await read_body(receive)
            for message in messages:
                await send(message)
            return
        answer: list[Message] = []

        async def sending(message: Message) -> None:
            answer.append(message)
            if answer[0].get("status") in _SUCCESS and _is_last(message):
                kept[invocation] = time.monotonic(), answer
                if len(kept) > MOST:
                    kept.popitem(last=False)
            await send(message)

        await app(scope, receive, sending)

    return repeating


def _is_last(message: Message) -> bool:
    return message["type"] == "http.response.body" and not message.get("more_body")
