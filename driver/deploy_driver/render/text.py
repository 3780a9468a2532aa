"""The words for resources, durations and tables that every renderer shares, and the width that a console is taken to have."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from textwrap import wrap

from deploy_driver.record.catalogue import GateOverridden, Reason
from deploy_driver.record.redaction import one_line
from deploy_driver.values import Changes

WIDTH = 80
"""Characters. A terminal has no fewer by default; what is piped, mailed or read beside something else has no more."""


def fitting(line: str, width: int = WIDTH) -> str:
    """The line, cut at `width` characters, which it then says by its last one."""
    return line if len(line) <= width else f"{line[: width - 1]}…"


def wrapped(text: str, indent: str = "", width: int = WIDTH) -> list[str]:
    """The text as lines of at most `width` characters where its words allow it; none for no text."""
    return wrap(
        one_line(text),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


VERBS = {
    "create": ("creating", "created"),
    "update": ("updating", "updated"),
    "delete": ("deleting", "deleted"),
    "replace": ("replacing", "replaced"),
    "create-replacement": ("creating replacement", "created replacement"),
    "delete-replaced": ("deleting replaced", "deleted replaced"),
    "refresh": ("reading", "read"),
    "read": ("reading", "read"),
    "import": ("importing", "imported"),
    "same": ("checking", "unchanged"),
}


def doing(op: str) -> str:
    """Pulumi's operation as something that goes on."""
    return VERBS.get(op, (op, op))[0]


def did(op: str) -> str:
    """Pulumi's operation as something that is done."""
    return VERBS.get(op, (op, op))[1]


def changed(changes: Changes, reason: str) -> str:
    """What a step did; after a preview, what it would do."""
    return changes.planned() if reason in {Reason.PREVIEWED, Reason.MISSING_RIGHTS} else changes.done()


def duration(seconds: float) -> str:
    """`0.8 s`, `42 s`, `3 min 05 s`, `2 h 03 min`."""
    if round(seconds, 1) < 10:  # noqa: PLR2004 -- tenths matter only below ten seconds
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:  # noqa: PLR2004 -- minutes of an hour
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int = WIDTH) -> str:
    """Columns aligned by spaces, so that a console and a copy into a mail keep them readable.

    Cells go on in the next line where a row is wider than `width`. No word is broken, so an ARN or a URL may still make it wider.
    """
    widths = _widths([header, *rows], width)
    return "\n".join(line for cells in (header, *rows) for line in row(cells, widths))


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """What each column takes: what it needs, or, where all do not fit, the widest ones less, down to heading or longest word."""
    columns = list(zip(*rows, strict=True))
    least = [max([len(head), *(len(word) for cell in cells for word in cell.split())]) for head, *cells in columns]
    taken = [max(map(len, cells)) for cells in columns]
    while sum(taken) + 2 * (len(taken) - 1) > width:
        loose = [number for number, each in enumerate(taken) if each > least[number]]
        if not loose:
            break
        taken[max(loose, key=taken.__getitem__)] -= 1
    return taken


def row(cells: Sequence[str], widths: Sequence[int], *, break_words: bool = False) -> list[str]:
    """The lines of one row whose columns have these widths: what is longer goes on in the next line."""
    parts = [
        [cell] if len(cell) <= width else wrap(cell, width, break_long_words=break_words, break_on_hyphens=False)
        for cell, width in zip(cells, widths, strict=True)
    ]
    return [
        "  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True)).rstrip()
        for line in zip_longest(*parts, fillvalue="")
    ]


def counted(number: int, word: str) -> str:
    """`1 resource`, `3 resources`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def overridden(event: GateOverridden) -> str:
    """`overrode window: what cannot wait (alice)`."""
    return f"overrode {event.gate}: {event.why}" + (f" ({event.by})" if event.by else "")
