"""Takes account ids and role names out of what a console shows, where more people read the console than may know them."""

from __future__ import annotations

import re
from typing import IO, Any

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
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text, masked."""
        self._stream.write(masked(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        """Whatever else a stream can do."""
        return getattr(self._stream, name)
