"""However deep a secret stands, it does not come out; and nothing else is lost."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.record.catalogue import Progress
from deploy_driver.record.redaction import one_line, readable, redact
from deploy_driver.record.stream import Envelope

keys = st.from_regex(re.compile(r"(AKIA|ASIA)[A-Z0-9]{16}", re.ASCII), fullmatch=True)
tokens = st.from_regex(re.compile(r"(IQoJ|FwoG)[A-Za-z0-9+/]{60}", re.ASCII), fullmatch=True)
secrets = keys | tokens
around = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
)
ordinary = st.recursive(
    st.none() | st.booleans() | st.integers() | around,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(around, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def buried(draw: st.DrawFn) -> tuple[str, Any]:
    """A secret, and a value in which it stands somewhere: in a text, a list, under a name or as one."""
    secret = draw(secrets)
    value: Any = draw(around) + secret + draw(around)
    for _ in range(draw(st.integers(min_value=0, max_value=4))):
        value = draw(
            st.sampled_from(
                [
                    [draw(ordinary), value],
                    (value,),
                    {draw(around): value},
                    {"SecretAccessKey": value},
                    {secret: value},
                    json.dumps(value),
                ]
            )
        )
    return secret, value


@given(buried())
def test_a_planted_secret_never_comes_out(planted: tuple[str, Any]) -> None:
    secret, value = planted
    assert secret not in json.dumps(redact(value))
    assert secret not in repr(redact(value))


@given(buried())
def test_a_planted_secret_is_neither_kept_nor_shown(planted: tuple[str, Any]) -> None:
    secret, value = planted
    said = str(value)
    assert secret not in json.dumps(Envelope("r", 1, 0, Progress(said)).as_json())
    assert secret not in readable(said)


@given(ordinary)
def test_what_holds_no_secret_stays_as_it_is(value: Any) -> None:
    assert redact(value) == value


@given(st.text())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(st.text(alphabet=st.characters()))
def test_readable_text_has_no_control_characters_but_lines_and_tabs(text: str) -> None:
    assert all(unicodedata.category(char) != "Cc" or char in "\n\t" for char in readable(text))
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\ud800-\udfff]", readable(text))


@given(st.text(alphabet=st.characters()))
def test_one_line_is_never_more(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Zs", "S"])))
def test_what_can_be_read_stays(text: str) -> None:
    if redact(text) == text:
        assert readable(text) == text
