"""Values survive the wire, and the protocol's marks are opened."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from deploy_sandbox.plugin.wire import SIGNATURE, UNKNOWN, Asset, CodeArchive, decode, encode, has_unknown

texts = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda x: not x.is_integer()
)
assets = st.builds(Asset, hash=texts, path=texts, text=texts, uri=texts)
archives = st.builds(
    CodeArchive, hash=texts, path=texts, uri=texts, assets=st.none() | st.dictionaries(texts, assets, max_size=2)
)
leaves = st.none() | st.booleans() | numbers | texts | st.just(UNKNOWN) | assets | archives
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))


@given(st.dictionaries(texts, values, max_size=4))
def test_what_is_sent_is_what_arrives(properties: dict[str, Any]) -> None:
    through = Struct.FromString(encode(properties).SerializeToString())
    assert decode(through) == properties


@given(st.dictionaries(texts, values, max_size=4))
def test_unknowns_are_found_wherever_they_are(properties: dict[str, Any]) -> None:
    in_containers = "UNKNOWN" in repr(_without_content(properties))
    assert has_unknown(properties) is in_containers


def _without_content(value: Any) -> Any:
    """The shape alone: containers and unknowns."""
    if isinstance(value, dict):
        return [_without_content(inner) for inner in value.values()]
    if isinstance(value, list):
        return [_without_content(inner) for inner in value]
    return UNKNOWN if value is UNKNOWN else 0


@pytest.mark.parametrize(
    ("marked", "opened"),
    [
        ({SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": {"a": "b"}}, {"a": "b"}),
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": 1, "secret": True}, 1),
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "dependencies": []}, UNKNOWN),
        ({SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:x", "id": "i-1"}, "i-1"),
        ({SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:x", "id": ""}, UNKNOWN),
        ({SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:x"}, "urn:x"),
        ("1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", UNKNOWN),
        ("dd056dcd-154b-4c76-9bd3-c8f88648b5ff", UNKNOWN),
    ],
)
def test_marks_are_opened(marked: Any, opened: Any) -> None:
    struct = Struct()
    struct.update({"it": marked})
    assert decode(struct)["it"] == opened


def test_a_mark_that_is_not_known_is_refused_by_name() -> None:
    struct = Struct()
    struct.update({"it": {SIGNATURE: "of tomorrow"}})
    with pytest.raises(ValueError, match="'of tomorrow'"):
        decode(struct)
