"""Reads the console blocks of a page: commands, and what they are shown to print."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

GAP = "…"
"""As a line: lines are left out here. In a line: text is."""

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_EXIT = re.compile(r"exit code (\d+)\b", re.IGNORECASE)
_DIFFERS = (
    (r"\d{8}-\d{4}-[0-9a-f]{6}", "RUN"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d", "MOMENT"),
    (r"\d\d:\d\d:\d\d", "TIME"),
    (r"(?:\d+ min )?\d+(?:\.\d+)? s\b", "SECONDS"),
    (r"127\.0\.0\.1:\d+/_aws/execute-api/[0-9a-f]+", "API"),
    (r"127\.0\.0\.1:\d+", "SANDBOX"),
    (r"\b[0-9a-f]{10}\b", "COMMIT"),
    (r"\s+", " "),
)


@dataclass(frozen=True)
class Command:
    """One command of the page, the lines that are shown below it, and the exit code that they or the next words tell."""

    typed: str
    shown: tuple[str, ...]
    code: int

    def differs(self, printed: str) -> str:
        """The first line that is not as shown, or nothing. Times, ids, addresses and widths may be others."""
        lines = [line.rstrip() for line in printed.rstrip("\n").split("\n")] if printed.strip() else []
        position, gap = 0, False
        for line in self.shown:
            if line == GAP:
                gap = True
                continue
            here = range(position, len(lines) if gap else min(position + 1, len(lines)))
            found = next((number for number in here if _alike(line, lines[number])), None)
            if found is None:
                return line
            position, gap = found + 1, False
        return "" if gap else "\n".join(lines[position:])


def commands(page: str) -> Iterator[Command]:
    """Every command of every console block, in the page's order."""
    for block in _BLOCK.finditer(page):
        lines = block[1].splitlines()
        starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        for start in starts:
            shown = tuple(takewhile(lambda line: not line.startswith("$ "), lines[start + 1 :]))
            last = start == starts[-1]
            yield Command(lines[start].removeprefix("$ "), shown, _code(shown, page[block.end() :] if last else ""))


def _code(shown: Sequence[str], after: str) -> int:
    """What the command exits with, as the lines say or the paragraph that follows begins."""
    said = [_EXIT.search(line) for line in shown] + [_EXIT.match(after.lstrip())]
    return next((int(found[1]) for found in said if found), 0)


def _alike(shown: str, printed: str) -> bool:
    parts = [re.escape(part) for part in _same(shown).split(GAP)]
    return re.fullmatch(".*".join(parts), _same(printed)) is not None


def _same(line: str) -> str:
    for pattern, word in _DIFFERS:
        line = re.sub(pattern, word, line)
    return line.strip()
