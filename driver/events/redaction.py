"""Takes out of text what nobody may read in a log: AWS keys, session tokens, values under telling names, and what was learned."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from driver.events.secret_forms import forms
from driver.values import SECRET, UNKNOWN

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
