"""Where a container gets its role's credentials: what ECS and EKS answer, on loopback, to whoever has the token."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

TOKEN = "a pod's token"


@contextmanager
def answering(keys: Mapping[str, str]) -> Iterator[str]:
    """The address that answers with these `AccessKeyId`, `SecretAccessKey` and `Token`, which end in an hour."""
    said = {**keys, "Expiration": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            knows = self.headers.get("Authorization") == TOKEN
            self.send_response(200 if knows else 403)
            self.end_headers()
            self.wfile.write(json.dumps(said if knows else {}).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's own name for it
            del format, args

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
