"""The server closes no connection that a client of Go may still use: a call that arrives meanwhile is made, and its answer is lost."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
from hypercorn.asyncio import serve

from deploy_sandbox.cloud.asgi import respond
from deploy_sandbox.cloud.server import IDLE_SECONDS, server_settings

if TYPE_CHECKING:
    from deploy_sandbox.cloud.asgi import Receive, Scope, Send

GO_KEEPS = 90.0
"""Seconds (`IdleConnTimeout` of Go's `http.DefaultTransport`, and of the AWS SDK for Go)."""


class Hurried(asyncio.SelectorEventLoop):
    """A loop whose clock can be set ahead, so that no test waits for minutes."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


async def answering(scope: Scope, _receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await respond(send, 200, b"made")


async def second_answer(loop: Hurried, idle: float) -> bytes:
    """What a client hears that asks again after so many seconds, on the same connection; nothing once the server has closed it."""
    stop, settings = asyncio.Event(), server_settings()
    listening = socket.create_server(("127.0.0.1", 0))
    address = listening.getsockname()
    settings.bind = [f"fd://{listening.detach()}"]
    serving = asyncio.create_task(serve(answering, settings, shutdown_trigger=stop.wait))
    reader, writer = await asyncio.open_connection(*address)
    try:
        await ask(reader, writer)
        loop.ahead += idle
        await asyncio.sleep(0.1)
        return await ask(reader, writer)
    finally:
        writer.close()
        stop.set()
        await serving


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(b"POST / HTTP/1.1\r\nhost: sandbox\r\ncontent-length: 0\r\n\r\n")
    try:
        await reader.readuntil(b"\r\n\r\n")
        return await reader.readexactly(4)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@pytest.mark.parametrize(("idle", "heard"), [(GO_KEEPS, b"made"), (IDLE_SECONDS + 1.0, b"")])
def test_a_connection_stays_open_for_as_long_as_go_keeps_it(idle: float, heard: bytes) -> None:
    loop = Hurried()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(second_answer(loop, idle)) == heard
