"""A test's powers over a sandbox that was started with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from deploy_sandbox.accounts import Sandbox


@dataclass(frozen=True)
class Powers:
    """Requests below `/_sandbox/` with a token, and a Host, of the test's choice."""

    sandbox: Sandbox
    token: str | None
    host: str | None = None

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
        """Status and body of one request."""
        connection = HTTPConnection(urlsplit(self.sandbox.endpoint).netloc, timeout=30)
        headers = {"host": self.host} if self.host else {}
        if self.token is not None:
            headers["x-sandbox-powers"] = self.token
        try:
            connection.request(method, path, json.dumps(body or {}), headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def use(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """The answer of a request that must be granted."""
        status, answer = self.ask(method, path, body)
        assert status == 200, answer
        return dict(json.loads(answer))
