"""Takes out of text what nobody may read in a log: AWS keys, session tokens, and values under telling names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "[redacted]"

_TELLING = r"(?i:secret[_-]?access[_-]?key|session[_-]?token|security[_-]?token)"
_TELLING_NAME = re.compile(_TELLING)
_SECRET_TEXT = re.compile(
    rf"""
    (?:AKIA|ASIA)[A-Z0-9]{{16}}                                        # access key ids (IAM User Guide, unique identifiers)
    | (?P<name>{_TELLING}[\\"']*\s*[=:>]\s*[\\"']*)[^\s"'\\,}}<&]+     # name=value, in JSON, YAML, XML, URLs and headers
    | (?:FwoG|IQoJ)[A-Za-z0-9+/=%_-]{{40,}}                            # STS session tokens begin like this
    """,
    re.VERBOSE,
)


def redact(value: Any) -> Any:
    """The same value with every secret text replaced by `[redacted]`, however deep it stands."""
    if isinstance(value, str):
        return _SECRET_TEXT.sub(lambda found: (found["name"] or "") + MASK, value)
    if isinstance(value, Mapping):
        return {redact(key): _under(key, entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [redact(entry) for entry in value]
    return value


def _under(name: Any, value: Any) -> Any:
    telling = isinstance(name, str) and _TELLING_NAME.search(name)
    return MASK if telling and isinstance(value, str) and value else redact(value)
