"""Anybody's text inside a Markdown document: it cannot break a table, leave its code block, or call somebody by name."""

from __future__ import annotations

import re
from typing import Any

from deploy_driver.record.redaction import MASK, readable, redact

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff\U0001d173-\U0001d17a"
    "\U000e0000-\U0010ffff]"
)
"""Control, format and private characters, selectors and fillers: what a reviewer cannot see (Unicode, general categories C*)."""

_MEANS_SOMETHING = re.compile(r"[^A-Za-z0-9 .,:;/()=+\-\u00a1-\uffff\U00010000-\U0010ffff]")
_LINKS = re.compile(r"(?i)(?<=www)\.|:(?=//)|\.(?=www)")
_REFER = "@#!$%~&"
"""What begins a name of somebody or something on GitHub or GitLab."""

_TYPED = re.compile(r"`([^`]+)`")
_FENCE = re.compile(r"`+")


def visible(text: str) -> str:
    """The text with every character that nobody sees written out by its code point in braces. Lines and tabs stay."""
    return _HIDDEN.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", text)


def without_secrets(value: Any) -> Any:
    """The value redacted, also where a secret is broken up by characters that nobody sees."""
    return _without_broken(redact(value))


def _without_broken(value: Any) -> Any:
    if isinstance(value, str):
        joined = readable(value)
        return joined if joined.count(MASK) > value.count(MASK) else value
    if isinstance(value, dict):
        return {_without_broken(key): _without_broken(item) for key, item in value.items()}
    return [_without_broken(item) for item in value] if isinstance(value, list) else value


def cut(text: str, room: int) -> str:
    """At most `room` characters of the text, and how many more there are."""
    return text if len(text) <= room else f"{text[:room]}… ({len(text) - room:,} more characters)"


def literal(text: str, room: int = 120) -> str:
    """The text as inline code, in one line. Safe in prose, in a table's cell and inside HTML.

    All that Markdown, HTML or a host could read as more than text is a character reference: CommonMark (2.5) reads
    those as text, never as structure. Hosts look for `@names` and `#numbers` outside code only; for addresses GitHub
    looks here too, after reading the references, but not across a tag (a place where a line may break).
    """
    return f"<code>{_encoded(_in_one_line(text, room) or '-')}</code>"


def prose(text: str, room: int = 600) -> str:
    """The text as prose inside a line: what stands in backquotes is code. Safe where `literal` is, but not at a line's beginning."""
    parts = _TYPED.split(_in_one_line(text, room))
    return "".join(
        f"<code>{_encoded(part)}</code>" if number % 2 else _encoded(part) for number, part in enumerate(parts)
    )


def _in_one_line(text: str, room: int) -> str:
    return cut(" ".join(visible(without_secrets(text)).split()), room)


def _encoded(text: str) -> str:
    return _LINKS.sub(_reference, _MEANS_SOMETHING.sub(_reference, text))


def _reference(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};" + ("<wbr>" if found[0] in _REFER else "")


def block(lines: str, language: str = "") -> str:
    """The lines as a code block, behind a fence that is longer than any in them."""
    shown = visible(lines)
    longest = max((len(found) for found in _FENCE.findall(shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def folded(summary: str, body: str) -> str:
    """`body` behind a line that opens it. `summary` is HTML: its variable parts are literals."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"
