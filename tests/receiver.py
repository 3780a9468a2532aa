"""A web server on loopback that takes Apprise's messages as JSON, and keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

TOKEN = "planted-tok3n-of-a-chat"


@dataclass
class Receiver:
    """What it has been sent. `status` is how it answers."""

    url: str = ""
    status: int = 200
    messages: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver, for as long as one is inside; its URL holds a token."""
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path.split("?")[0].rstrip("/") == f"/{TOKEN}":
                kept.messages.append(said)
            self.send_response(kept.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
            """Keep stderr clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"json://127.0.0.1:{server.server_port}/{TOKEN}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
