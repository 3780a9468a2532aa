"""One thing that is wrong in a stack file, and how it is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_LONGEST = 60


@dataclass(frozen=True)
class Problem:
    """Where it is, what was found, what belongs there. `line` is 1 where there is no better one."""

    file: str
    line: int
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.what}"


def shown(got: object) -> str:
    """What was found, on one line, not too long, and nothing a terminal would act on."""
    said = _said(got)
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"


def _said(got: object) -> str:
    if isinstance(got, str):
        return got if got and got.isprintable() and got.strip() == got else ascii(got)
    if isinstance(got, Mapping):
        return "a secret" if "secure" in got else "a mapping"
    if isinstance(got, bool):
        return str(got).lower()
    if isinstance(got, int | float):
        return f"the number {got}"
    return "nothing" if got is None else "a list"
