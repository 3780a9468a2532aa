"""The forms in which a secret may turn up in somebody's message: as it is, quoted, escaped, or encoded."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Characters. What is shorter is a word that any text may hold, and no secret worth the name."""

_ESCAPED = re.compile("%[0-9A-F]{2}")


def forms(secret: str) -> frozenset[str]:
    """Each form that is long enough to be told from any other text; none for what is no secret worth the name."""
    found = {form for part in _parts(secret) for form in _forms(part)}
    return frozenset(form for form in found if len(form) >= SHORTEST)


def _parts(secret: str) -> Iterator[str]:
    """The whole, the whole in one line as a console has it, and each of its lines."""
    if len(secret.strip()) >= SHORTEST:
        yield from (secret, secret.strip(), " ".join(secret.split()))
        yield from (line.strip() for line in secret.splitlines() if len(line.strip()) >= SHORTEST)


def _forms(text: str) -> Iterator[str]:
    raw = text.encode("utf-8", "surrogateescape")
    yield from (text, repr(text)[1:-1], raw.hex(), raw.hex().upper())
    for in_json in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], _in_go(text)):
        yield from (in_json, json.dumps(in_json)[1:-1])  # a message in a message
    for in_url in (quote(raw), quote(raw, safe=""), quote_plus(raw)):
        yield from (in_url, _ESCAPED.sub(lambda found: found[0].lower(), in_url))
    in_html = html.escape(text)
    yield from (in_html, html.escape(text, quote=False), in_html.replace("&#x27;", "&#39;"))
    yield in_html.replace("&#x27;", "&apos;")
    yield from _in_base64(raw)


def _in_go(text: str) -> str:
    """As encoding/json of Go writes it, which the engine and its plugins use."""
    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    return escaped.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _in_base64(raw: bytes) -> Iterator[str]:
    """What is the same wherever the secret begins in the encoded bytes (RFC 4648, with both alphabets)."""
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + raw).decode("ascii")
            first = (before * 8 + 5) // 6
            yield encoded[first : (before + len(raw)) * 8 // 6]
