"""Takes out of text what nobody may read in a log: AWS keys, session tokens, and values under telling names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "[redacted]"

_SECRET_TEXT = re.compile(
    r"""
    \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                                   # access key ids (IAM User Guide, unique identifiers)
    | (?i:(?:secret_?access_?key|session_?token|security-token)["']?\s*[=:]\s*["']?)[^\s"',}]+
    | \b(?:FwoG|IQoJ)[A-Za-z0-9+/=]{40,}                              # STS session tokens begin like this
    """,
    re.VERBOSE,
)


def redact(value: Any) -> Any:
    """The same value with every secret text replaced by `[redacted]`, however deep it stands."""
    if isinstance(value, str):
        return _SECRET_TEXT.sub(MASK, value)
    if isinstance(value, Mapping):
        return {key: redact(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [redact(entry) for entry in value]
    return value
