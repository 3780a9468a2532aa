"""Why the engine failed, in one line, and the way out. One table; the recorded outputs in the tests are its proof."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """A reason in one line and what to do about it."""

    reason: str
    remedy: str = ""


@dataclass(frozen=True)
class _Row:
    pattern: re.Pattern[str]
    reason: str
    remedy: str


def _row(pattern: str, reason: str, remedy: str) -> _Row:
    return _Row(re.compile(pattern, re.DOTALL), reason, remedy)


_TABLE: Sequence[_Row] = ()


def classify(errors: Sequence[str], said: str, code: int) -> Failure:
    """The reason for a failed call: `errors` are the engine's error diagnostics, `said` is all else that it said."""
    text = "\n".join([*errors, said])
    for row in _TABLE:
        found = row.pattern.search(text)
        if found:
            return Failure(row.reason.format_map(found.groupdict()), row.remedy.format_map(found.groupdict()))
    return Failure(_first_words(errors, said) or f"the engine ended with code {code} and did not say why")


def _first_words(errors: Sequence[str], said: str) -> str:
    if errors:
        return errors[0].splitlines()[0]
    for line in said.splitlines():
        if line.startswith("error: "):
            return line.removeprefix("error: ")
    return ""
