"""Text as a console may have it: nothing secret, and no character that moves, colours, rings or hides."""

from __future__ import annotations

import re

from driver.events.redaction import redact

_UNREADABLE = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # what names a terminal's window (ECMA-48, OSC)
    r"|\x1b\[[0-9;?]*[ -/]*[@-~]"  # what colours or moves (ECMA-48, CSI)
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # all other control characters
    r"|[\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"  # what turns the direction of writing, and half characters
)


def readable(text: str) -> str:
    """The text without secrets and control characters; its lines and tabs stay."""
    return str(redact(_UNREADABLE.sub("", text)))


def one_line(text: str) -> str:
    """The same in one line, every run of white space a single space."""
    return " ".join(readable(text).split())
