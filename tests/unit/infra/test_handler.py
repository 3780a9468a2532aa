"""The service itself, with an S3 that is a dictionary."""

from __future__ import annotations

import ast
import base64
import sys
from pathlib import Path

import pytest

from infra.handler.routes import respond
from tests.unit.infra.facts import ROOT
from tests.unit.infra.lambda_events import Caller, Context, FakeS3, event

HANDLER = ROOT / "infra" / "handler"


def test_health_says_which_account_stack_and_version_answers() -> None:
    assert Caller().call("GET", "/health") == (200, {"account": "222222222222", "stack": "dev", "version": "7"})


@pytest.mark.parametrize("key", ["a", "A.b_c-9", "9" * 128])
def test_an_item_comes_back_as_it_was_put(key: str) -> None:
    caller = Caller()
    assert caller.call("PUT", f"/items/{key}", "héllo") == (200, {"key": key, "bytes": 6})
    assert caller.call("GET", f"/items/{key}") == (200, "héllo".encode())
    assert caller.s3.objects == {("bucket", f"items/{key}"): "héllo".encode()}


def test_a_body_in_base64_is_stored_decoded() -> None:
    caller = Caller()
    assert caller.call("PUT", "/items/a", base64.b64encode(b"\x00\xff").decode(), encoded=True)[0] == 200
    assert caller.call("GET", "/items/a") == (200, b"\x00\xff")


def test_a_body_that_is_not_what_its_encoding_says_is_400() -> None:
    caller = Caller()
    assert caller.call("PUT", "/items/a", "not base64!", encoded=True)[0] == 400
    assert caller.s3.objects == {}


def test_a_put_without_a_body_stores_an_empty_item() -> None:
    caller = Caller()
    assert caller.call("PUT", "/items/a") == (200, {"key": "a", "bytes": 0})
    assert caller.call("GET", "/items/a") == (200, b"")


def test_an_item_may_be_as_large_as_allowed_and_no_larger() -> None:
    caller = Caller()
    assert caller.call("PUT", "/items/a", "x" * 16)[0] == 200
    assert caller.call("PUT", "/items/b", "x" * 17) == (413, {"error": "an item is 16 bytes at most"})
    assert [key for _, key in caller.s3.objects] == ["items/a"]


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".",
        "..",
        ".hidden",
        "-x",
        "a/b",
        "../a",
        "a%2Fb",
        "%2e%2e",
        "a b",
        "a\n",
        "é",
        "a\x00",
        "x" * 129,
        "a?b",
        "a\\b",
    ],
)
def test_a_bad_key_is_400_and_touches_nothing(key: str) -> None:
    caller = Caller(FakeS3(refuses="Touched"))
    for method in ("GET", "PUT"):
        status, said = caller.call(method, f"/items/{key}", "x")
        assert (status, list(said)) == (400, ["error"])


def test_a_missing_item_is_404() -> None:
    assert Caller().call("GET", "/items/a") == (404, {"error": "no such item"})


@pytest.mark.parametrize("path", ["/", "/items", "/itemsx", "/health/", "/health/x", "/admin"])
def test_an_unknown_route_is_404(path: str) -> None:
    assert Caller().call("GET", path) == (404, {"error": "no such route"})


@pytest.mark.parametrize(("method", "path", "allow"), [
    ("POST", "/health", "GET"),
    ("PUT", "/health", "GET"),
    ("DELETE", "/items/a", "GET, PUT"),
    ("POST", "/items/a", "GET, PUT"),
])  # fmt: skip
def test_a_wrong_method_is_405_and_says_the_right_ones(method: str, path: str, allow: str) -> None:
    assert Caller().call(method, path)[0] == 405
    reply = respond(None, event(method, path), Context())  # type: ignore[arg-type]
    assert reply["headers"]["allow"] == allow


def test_no_item_is_shown_as_a_page() -> None:
    caller = Caller(max_item_bytes=99)
    caller.call("PUT", "/items/a", "<script>alert(1)</script>")
    for path in ("/items/a", "/items/b", "/health"):
        with_type = Caller(caller.s3).call("GET", path)
        assert with_type[0] in {200, 404}
    from infra.handler.replies import content

    assert content(b"x")["headers"] == {
        "content-type": "application/octet-stream",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }


@pytest.mark.parametrize("code", ["AccessDenied", "SlowDown", "InternalError", "NoSuchBucket"])
def test_what_goes_wrong_in_s3_is_not_taken_for_a_missing_item(code: str) -> None:
    with pytest.raises(Exception, match=code):
        Caller(FakeS3(refuses=code)).call("GET", "/items/a")


def test_the_code_needs_nothing_but_the_standard_library_and_boto3() -> None:
    imported = {name.split(".")[0] for file in HANDLER.glob("*.py") for name in _imports(file)}
    assert imported <= {*sys.stdlib_module_names, "boto3", "botocore"}


def test_the_program_does_not_import_the_functions_code() -> None:
    program = [file for file in (ROOT / "infra").rglob("*.py") if HANDLER not in file.parents]
    assert [str(file) for file in program if any("handler" in name for name in _imports(file))] == []


def _imports(file: Path) -> list[str]:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return plain + [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
