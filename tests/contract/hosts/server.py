"""GitHub's and GitLab's comments on loopback: what their API references say of authorization, paging, limits and answers."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "token-8f31c2d9"


@dataclass(frozen=True)
class Fault:
    """One answer out of turn. With `done`, the host has done what it was asked for, and says otherwise. Only for `method`."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = '{"message": "out of turn"}'
    done: bool = False
    method: str = ""


@dataclass
class Written:
    """One comment."""

    id: int
    author: str
    body: str
    kind: str = "User"
    system: bool = False


Reply = tuple[int, dict[str, str], str]


@dataclass
class Server:
    """What both hosts have in common: comments, a token that is `me`, faults, and a record of who asked for what."""

    me: str = "deploy-bot"
    comments: list[Written] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def write(self, author: str, body: str, *, kind: str = "User", system: bool = False) -> Written:
        """One more comment of whoever it is."""
        written = Written(1000 + len(self.comments), author, body, kind, system)
        self.comments.append(written)
        return written

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: str) -> Reply:
        """The answer to one request."""
        url = urlsplit(target)
        self.asked.append(f"{method} {target}")
        fault = next((fault for fault in self.faults if fault.method in {"", method}), None)
        if fault:
            self.faults.remove(fault)
            if fault.done:
                self._route(method, url.path, {}, body)
            return fault.status, dict(fault.headers), fault.body
        if not self._knows(headers):
            return _said(401, "Bad credentials")
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        return self._route(method, url.path, query, body)

    def _knows(self, headers: Mapping[str, str]) -> bool:
        raise NotImplementedError

    def _route(self, method: str, path: str, query: Mapping[str, str], body: str) -> Reply:
        raise NotImplementedError

    def _entry(self, written: Written) -> Mapping[str, Any]:
        raise NotImplementedError

    def _page(self, path: str, query: Mapping[str, str]) -> Reply:
        """Pages of 30 unless asked otherwise, 100 at most, and a Link to the next one."""
        size, page = min(int(query.get("per_page", "30")), 100), int(query.get("page", "1"))
        entries = [self._entry(written) for written in self.comments[size * (page - 1) : size * page]]
        more = {"Link": f'<https://elsewhere.example/{path}?page={page + 1}>; rel="next", <x>; rel="last"'}
        return 200, more if len(self.comments) > size * page else {}, json.dumps(entries)

    def _written(self, number: str) -> Written | None:
        return next((written for written in self.comments if str(written.id) == number), None)

    def _add(self, body: str) -> Reply:
        return 201, {}, json.dumps(self._entry(self.write(self.me, json.loads(body)["body"], kind=self._kind())))

    def _edit(self, number: str, body: str) -> Reply:
        written = self._written(number)
        if written is None:
            return _said(404, "Not Found")
        written.body = json.loads(body)["body"]
        return 200, {}, json.dumps(self._entry(written))

    def _kind(self) -> str:
        return "User"


@dataclass
class GitHubServer(Server):
    """github.com/acme/items, pull request 12. With `app`, the token is an app's: its user is a bot and may not ask who it is."""

    app: bool = False

    def _knows(self, headers: Mapping[str, str]) -> bool:
        return headers.get("Authorization") == f"Bearer {TOKEN}"

    def _kind(self) -> str:
        return "Bot" if self.app else "User"

    def _entry(self, written: Written) -> Mapping[str, Any]:
        place = f"https://github.example/acme/items/pull/12#issuecomment-{written.id}"
        user = {"login": written.author, "type": written.kind} if written.author else None
        return {"id": written.id, "body": written.body, "user": user, "html_url": place}

    def _route(self, method: str, path: str, query: Mapping[str, str], body: str) -> Reply:
        if (method, path) == ("GET", "/user"):
            return (
                _said(403, "Resource not accessible by integration")
                if self.app
                else (200, {}, f'{{"login": "{self.me}"}}')
            )
        listed = "/repos/acme/items/issues/12/comments"
        if method == "GET" and path == listed:
            return self._page(path, query)
        if method in {"POST", "PATCH"} and len(json.loads(body)["body"]) > 65_536:
            return _said(422, "Validation Failed")
        if method == "POST" and path == listed:
            return self._add(body)
        if method == "PATCH" and path.startswith("/repos/acme/items/issues/comments/"):
            return self._edit(path.rsplit("/", 1)[1], body)
        return _said(404, "Not Found")


@dataclass
class GitLabServer(Server):
    """GitLab's project 7, merge request 12. It carries out what begins with a slash, as GitLab does."""

    executed: list[str] = field(default_factory=list)

    def _knows(self, headers: Mapping[str, str]) -> bool:
        return headers.get("Private-Token") == TOKEN

    def _entry(self, written: Written) -> Mapping[str, Any]:
        author = {"id": _id(written.author), "username": written.author}
        return {"id": written.id, "body": written.body, "author": author, "system": written.system}

    def _route(self, method: str, path: str, query: Mapping[str, str], body: str) -> Reply:
        if (method, path) == ("GET", "/api/v4/user"):
            return 200, {}, json.dumps({"id": _id(self.me), "username": self.me})
        listed = "/api/v4/projects/7/merge_requests/12/notes"
        if method == "GET" and path == listed:
            assert query["sort"] == "asc"
            return self._page(path, query)
        if method in {"POST", "PUT"}:
            lines = json.loads(body)["body"].replace("\r", "").split("\n")
            self.executed += [line for line in lines if line.startswith("/")]
        if method == "POST" and path == listed:
            return self._add(body)
        if method == "PUT" and path.startswith(listed + "/"):
            return self._edit(path.rsplit("/", 1)[1], body)
        return _said(404, "404 Not found")


def _id(name: str) -> int:
    return int.from_bytes(name.encode(), "big") % 100_003


def _said(status: int, message: str) -> Reply:
    return status, {}, json.dumps({"message": message})


@contextmanager
def listening(server: Server, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """The server at an address of its own, on loopback, for as long as the test is inside; over TLS where it has a certificate."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.title(): value for name, value in self.headers.items()}
            status, more, text = server.answer(self.command, self.path, headers, body)
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **more}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def __getattr__(self, name: str) -> Callable[[], None]:
            """http.server looks for do_GET, do_POST, …: all are served alike."""
            if name.startswith("do_"):
                return self._serve
            raise AttributeError(name)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.address = f"{'https' if tls else 'http'}://127.0.0.1:{http.server_port}"
        if tls:
            http.socket = tls.wrap_socket(http.socket, server_side=True)
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
