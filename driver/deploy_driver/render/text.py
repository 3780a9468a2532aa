"""The words for resources, durations and tables that every renderer shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Any

from deploy_driver.record.catalogue import GateOverridden, Reason
from deploy_driver.record.redaction import one_line
from deploy_driver.record.story import RunPart
from deploy_driver.render.width import ROOM, is_terminal, line_width, wrapped
from deploy_driver.values import Changes


def parts_as_text(parts: Sequence[RunPart]) -> str:
    """The runs of a run over several agents: of which stacks, and how each ended."""
    return "; ".join(
        f"{part.run} of {one_line(', '.join(part.stacks))}, {'no end' if part.exit_code is None else f'exit {part.exit_code}'}"
        for part in parts
    )


def parts_as_json(parts: Sequence[RunPart]) -> Sequence[Mapping[str, Any]]:
    """The same, as every JSON promises it."""
    return [{"run": part.run, "stacks": list(part.stacks), "exitCode": part.exit_code} for part in parts]


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


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned by spaces, so that a console and a copy into a mail keep them readable.

    Cells go on in the next line where a row is too wide. No word is broken, so an ARN or a URL may still make it wider: on a
    terminal, which would break every row then, the last column is narrower than such a word, or stands below the others; where
    those do not fit either, each cell has a line of its own.
    """
    lines, most = (header, *rows), line_width()
    widths = _widths(lines, most)
    room = widths[-1] + most - _taken(widths)
    if room >= widths[-1] or not is_terminal():
        return "\n".join(line for cells in lines for line in row(cells, widths))
    if room >= ROOM:
        return "\n".join(line for cells in lines for line in row(cells, [*widths[:-1], room]))
    widths = _widths([line[:-1] for line in lines], most)
    if _taken(widths) <= most:
        return "\n".join(line for *cells, last in lines for line in [*row(cells, widths), *wrapped(last, "    ")])
    first = max(map(len, header))
    named = ([row(both, (first, most - first - 2)) for both in zip(header, cells, strict=True)] for cells in rows)
    return "\n\n".join("\n".join(line for part in block for line in part) for block in named)


def _taken(widths: Sequence[int]) -> int:
    """The width of a table whose columns have these widths."""
    return sum(widths) + 2 * (len(widths) - 1)


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """What each column takes: what it needs, or, where all do not fit, the widest ones less, down to heading or longest word."""
    columns = list(zip(*rows, strict=True))
    least = [max([len(head), *(len(word) for cell in cells for word in cell.split())]) for head, *cells in columns]
    taken = [max(map(len, cells)) for cells in columns]
    while _taken(taken) > width:
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
