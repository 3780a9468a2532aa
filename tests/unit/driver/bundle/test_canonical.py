"""Equal bundles are equal bytes, and only those bytes are read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from deploy_driver.bundle.seal import canonical, parse
from deploy_driver.digest import digest, digest_of
from deploy_driver.errors import RefusedError
from tests.reviews import BUNDLE


def test_what_is_written_is_what_is_read() -> None:
    assert parse(canonical(BUNDLE)) == BUNDLE


def test_one_line_of_sorted_ascii() -> None:
    content = canonical(replace(BUNDLE, saved_by="jürgen"))
    assert content.isascii()
    assert b"\n" not in content
    shown = json.loads(content)
    assert list(shown) == sorted(shown)
    assert parse(content).saved_by == "jürgen"


def spoiled(change: Any) -> bytes:
    shown = json.loads(canonical(BUNDLE))
    change(shown)
    return json.dumps(shown, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'{"format":3}',
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps(json.loads(canonical(BUNDLE)), indent=2).encode(),
        canonical(BUNDLE) + b"\n",
        canonical(BUNDLE).replace(b'"format":3', b'"format":3,"format":3'),
        spoiled(lambda shown: shown.update(more=1)),
        spoiled(lambda shown: shown["binding"].pop("commit")),
        spoiled(lambda shown: shown.update(expires="never")),
    ],
    ids=range(12),
)
def test_what_canonical_would_not_have_written_is_refused(content: bytes) -> None:
    with pytest.raises(RefusedError, match="cannot be read") as caught:
        parse(content)
    assert caught.value.remedy


def test_another_format_says_which_one_is_read() -> None:
    with pytest.raises(RefusedError, match="format 4, and this deploy reads 3"):
        parse(spoiled(lambda shown: shown.update(format=4)))


def test_no_name_passes_for_content() -> None:
    assert digest_of({"a": b"bc"}) != digest_of({"ab": b"c"})
    assert digest_of({"a": b"", "b": b""}) != digest_of({"a": b""})
    assert digest_of({"a": b"1", "b": b"2"}) == digest_of({"b": b"2", "a": b"1"})
    assert digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
