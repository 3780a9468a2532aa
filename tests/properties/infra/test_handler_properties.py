"""Whatever somebody sends: an answer an HTTP API can pass on, and nothing stored outside the items."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from infra.handler.items import Items, is_key
from infra.handler.routes import Service, respond
from tests.unit.infra.lambda_events import Caller, Context, FakeS3, event

METHODS = st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS", "get", ""])
PATHS = st.text(max_size=40) | st.text(max_size=140).map(lambda key: f"/items/{key}")
KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", fullmatch=True)


@given(method=METHODS, path=PATHS, body=st.none() | st.text(max_size=40), encoded=st.booleans())
def test_every_request_gets_an_answer(method: str, path: str, body: str | None, *, encoded: bool) -> None:
    s3 = FakeS3()
    service = Service("dev", 16, Items(s3, "bucket"))
    reply = respond(service, event(method, path, body, encoded=encoded), Context())
    assert reply["statusCode"] in {200, 400, 404, 405, 413}
    assert reply["headers"]["x-content-type-options"] == "nosniff"
    if not reply["isBase64Encoded"]:
        json.loads(reply["body"])
    for (bucket, key), stored in s3.objects.items():
        assert bucket == "bucket"
        assert key.startswith("items/")
        assert is_key(key.removeprefix("items/"))
        assert len(stored) <= 16


@given(key=KEYS, body=st.binary(max_size=16))
def test_whatever_is_put_comes_back_byte_for_byte(key: str, body: bytes) -> None:
    caller = Caller()
    assert caller.call("PUT", f"/items/{key}", base64.b64encode(body).decode(), encoded=True)[0] == 200
    assert caller.call("GET", f"/items/{key}") == (200, body)


@given(st.text())
def test_a_key_says_nothing_to_a_path_or_a_url(text: str) -> None:
    if is_key(text):
        assert text.isascii()
        assert not set(text) & set("/\\%?#&+ ")
        assert not text.startswith(".")
