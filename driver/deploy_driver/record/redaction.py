"""Takes account ids and role names out of what a console shows, where more people read the console than may know them."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any
from urllib.parse import quote, quote_plus

from deploy_driver.placeholders import SECRET, UNKNOWN

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


MASK = "[redacted]"

_TELLING = r"(?i:secret[_-]?access[_-]?key|session[_-]?token|security[_-]?token)"
_TELLING_NAME = re.compile(_TELLING)
_TELLING_PROPERTY = re.compile(
    r"""(?ix)
    (?: password | passwd | passphrase | secret | token | credentials? | (?<![a-z])pass | (?-i:(?<=[a-z])Pass) | (?<=[_-])pwd
      | (?: private | api | signing | encryption | secret | access | master | auth | hmac | jwt | ssh ) [_-]? key
      | (?: database | db | sql | postgres\w* | mysql | mariadb | mongo\w* | redis | amqp | rabbit\w* | broker ) [_-]? ur[il]
      | connection[_-]?string | (?<![a-z])dsn )
    (?: [_-]?\d+ )? (?: "\] | \[\d+\] )* $
    """
)
"""The end of a property's path where it says that a value is nobody's business, whether or not the program marks it a secret."""

_SECRET_TEXT = re.compile(
    rf"""
    (?:AKIA|ASIA)[A-Z0-9]{{16}}                                        # access key ids (IAM User Guide, unique identifiers)
    | (?P<name>{_TELLING}[\\"']*\s*[=:>]\s*[\\"']*)[^\s"'\\,}}<&]+     # name=value, in JSON, YAML, XML, URLs and headers
    | (?P<address>\b[a-z][a-z0-9+.-]*://[^\s/:@"']*:)[^\s/"']+(?=@)      # the password of a URL (RFC 3986, userinfo)
    | (?:FwoG|IQoJ)[A-Za-z0-9+/=%_-]{{40,}}                            # STS session tokens begin like this
    """,
    re.VERBOSE,
)


_learned: tuple[str, ...] = ()
"""The forms of all secrets that this process has come to know, the longest first: one may be part of another."""

_learning = threading.Lock()


def learn(secrets: Iterable[str]) -> None:
    """From now on these are taken out of every text, in whatever form they turn up."""
    global _learned  # noqa: PLW0603 -- what a process knows is the process's
    found = {form for secret in secrets for form in forms(secret)}
    with _learning:
        _learned = tuple(sorted({*_learned, *found}, key=len, reverse=True))


def learn_environment(environment: Mapping[str, str]) -> None:
    """Learn the values of the variables whose names say that they are nobody's business."""
    learn(value for name, value in environment.items() if _tells(name, _TELLING_NAME, _TELLING_PROPERTY))


def redact(value: Any) -> Any:
    """The same value with every secret text replaced by `[redacted]`, however deep it stands.

    In a property's difference the values are those of its `path`, so the path tells what they are.
    """
    if isinstance(value, str):
        for form in _learned:
            if form in value:
                value = value.replace(form, MASK)
        return _SECRET_TEXT.sub(lambda found: (found["name"] or found["address"] or "") + MASK, value)
    if isinstance(value, Mapping):
        property_tells = value.keys() >= _DIFFERENCE and _tells(value["path"], _TELLING_NAME, _TELLING_PROPERTY)
        return {
            redact(key): _masked(entry)
            if _tells(key, _TELLING_NAME) or (property_tells and key in {"old", "new"})
            else redact(entry)
            for key, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(entry) for entry in value]
    return value


def under(path: str, value: Any) -> Any:
    """The value of a property as it may be shown: `[redacted]` where its path says that it is nobody's business."""
    if _tells(path, _TELLING_NAME, _TELLING_PROPERTY):
        return _masked(value)
    if isinstance(value, Mapping):
        return {key: under(str(key), entry) for key, entry in value.items()}
    return [under("", entry) for entry in value] if isinstance(value, list | tuple) else redact(value)


_DIFFERENCE = {"path", "kind", "old", "new"}
_WORDS = {"", SECRET, UNKNOWN}


def _tells(name: Any, *patterns: re.Pattern[str]) -> bool:
    return isinstance(name, str) and any(pattern.search(name) for pattern in patterns)


def _masked(value: Any) -> Any:
    """Every text in it is masked; what is no text, or says nothing, stays."""
    if isinstance(value, str):
        return value if value in _WORDS else MASK
    if isinstance(value, Mapping):
        return {redact(key): _masked(entry) for key, entry in value.items()}
    return [_masked(entry) for entry in value] if isinstance(value, list | tuple) else value


_UNREADABLE = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # what names a terminal's window (ECMA-48, OSC)
    r"|\x1b\[[0-9;?]*[ -/]*[@-~]"  # what colours or moves (ECMA-48, CSI)
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # all other control characters
    r"|[\u200e\u200f\u2028-\u202e\u2066-\u2069]"  # what turns the direction of writing
)
_HALF = re.compile(r"[\ud800-\udfff]")
"""A byte that is not UTF-8, as Python has it of a name or a variable; the other half of a character."""


def readable(text: str) -> str:
    """The text without secrets and control characters, with a mark for what is no character; its lines and tabs stay."""
    return str(redact(_HALF.sub("\N{REPLACEMENT CHARACTER}", _UNREADABLE.sub("", text))))


def one_line(text: str) -> str:
    """The same in one line, every run of white space a single space."""
    return " ".join(readable(text).split())


_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_ROLE = re.compile(r"(?P<kind>:(?:assumed-)?role/)[\w+=,.@/-]+")
"""A role's name in an ARN, with its path and its session (IAM User Guide, "IAM identifiers")."""

ACCOUNT = "*" * 12
ROLE = "***"


def masked(text: str) -> str:
    """The text with every account id and every role's name in an ARN replaced by stars."""
    return _ROLE.sub(rf"\g<kind>{ROLE}", _ACCOUNT.sub(ACCOUNT, text))


class MaskedStream:
    """A text stream that masks what is written to it; in everything else it is the stream that it stands for."""

    def __init__(self, stream: IO[str]) -> None:
        self.wrapped = stream

    def write(self, text: str) -> int:
        """Write the text, masked."""
        self.wrapped.write(masked(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        """Whatever else a stream can do."""
        return getattr(self.wrapped, name)
