"""How wide a console is taken to be, and text that fits into it."""

from __future__ import annotations

import re
from contextvars import ContextVar
from textwrap import wrap

from deploy_driver.record.redaction import one_line

WIDTH = 80
"""Characters of a line that is piped, mailed or read beside something else."""

_terminal: ContextVar[int] = ContextVar("terminal", default=0)

ROOM = 20
"""Characters in which a column of sentences can be read."""

KEPT = "\N{NO-BREAK SPACE}"
"""Stands for a space at which no line ends."""

_COMMAND = re.compile(r"`[^`]+`")


def fit_terminal(columns: int) -> None:
    """Results go to a terminal that is so wide; 0: to none."""
    _terminal.set(columns)


def is_terminal() -> bool:
    """Whether results go to a terminal."""
    return bool(_terminal.get())


def line_width() -> int:
    """Characters that a line of a result may take."""
    return _terminal.get() or WIDTH


def fitting(line: str) -> str:
    """The line, cut where it is too long, which it then says by its last character."""
    return line if len(line) <= line_width() else f"{line[: line_width() - 1]}…"


def wrapped(text: str, indent: str = "", width: int = 0) -> list[str]:
    """The text as lines of at most `width` characters where its words and commands allow it; none for no text."""
    most = width or line_width()

    def whole(command: re.Match[str]) -> str:
        fits = len(command[0]) <= most - len(indent) - 2
        return command[0].replace(" ", KEPT) if fits else command[0]

    lines = wrap(
        _COMMAND.sub(whole, one_line(text)),
        most,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(KEPT, " ") for line in lines]


def folded(text: str, columns: int | None = None) -> str:
    """The text with its long lines going on in the next one, on a terminal; elsewhere as it is, so that a search finds a sentence."""
    most = _terminal.get() if columns is None else columns
    if not most:
        return text
    return "\n".join(
        part
        for line in text.split("\n")
        for part in ([line] if len(line) <= most else wrapped(line, line[: len(line) - len(line.lstrip())], most))
    )
