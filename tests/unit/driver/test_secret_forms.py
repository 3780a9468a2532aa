"""A secret that a process knows is taken out of every text, in whatever form somebody wrote it."""

from __future__ import annotations

import base64
import html
import json
import uuid
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deploy_driver.record.redaction import MASK, SHORTEST, forms, learn, learn_environment, redact

WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "Python": repr,
    "JSON": json.dumps,
    "JSON with letters": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "URL": quote,
    "URL, all": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "HTML": html.escape,
    "XML": lambda text: html.escape(text, quote=False),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, one before": lambda text: base64.b64encode(b":" + text.encode()).decode(),
    "base64, two before": lambda text: base64.b64encode(b"a:" + text.encode() + b"z").decode(),
    "base64 of URLs": lambda text: base64.urlsafe_b64encode(b"??" + text.encode()).decode(),
}


def hard() -> str:
    """A secret of one test's own, full of what every writing writes otherwise: what a process has learned it keeps."""
    return "pa&s\"<w>'o/r+d Ü%€" + uuid.uuid4().hex


@pytest.mark.parametrize("form", WRITTEN)
def test_every_form_of_it_is_taken_out(form: str) -> None:
    secret = hard()
    text = f"before {WRITTEN[form](secret)} after"
    assert redact(text) == text
    learn([secret])
    said = redact(text)
    assert MASK in said
    assert (said[:7], said[-6:]) == ("before ", " after")
    assert secret[-SHORTEST:] not in said


@given(st.text(st.characters(codec="utf-8"), min_size=SHORTEST).filter(lambda text: len(text.strip()) >= SHORTEST))
@example("Ü" * SHORTEST)
@example("\x00" * SHORTEST + "a")
def test_any_secret_in_any_bytes_is_found_in_base64(secret: str) -> None:
    for before in range(3):
        encoded = base64.b64encode(b"\xff" * before + secret.encode() + b"\xff").decode()
        assert any(form in encoded for form in forms(secret))


@pytest.mark.parametrize("short", ["", "true", "eu", "1234567", "  a  "])
def test_a_short_word_is_no_secret(short: str) -> None:
    assert forms(short) == frozenset()


def test_every_line_of_a_long_one_is_one_too() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n"
    assert {"MIIEvQIBADANBgkq", "hkiG9w0BAQEFAASC", " ".join(key.split())} <= forms(key)


def test_an_environment_says_by_its_names_what_nobody_may_read() -> None:
    word, address = uuid.uuid4().hex, uuid.uuid4().hex
    learn_environment({"DATABASE_PASSWORD": word, "BUILD_URL": address, "GITHUB_TOKEN": ""})
    assert redact(f"{word} at {address}") == f"{MASK} at {address}"
