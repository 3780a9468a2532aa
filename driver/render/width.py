"""How wide a console is taken to be, and text wrapped to that: hanging lines are indented, an ARN or an address stays whole."""

from __future__ import annotations

from textwrap import wrap

from driver.events.readable import one_line

WIDTH = 100
"""Characters."""


def wrapped(text: str, indent: str = "") -> list[str]:
    """The text as lines of at most WIDTH characters where its words allow it; none for no text."""
    return wrap(
        one_line(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
