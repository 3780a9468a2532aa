"""The differing properties of a resource as the lines of a diff; a long value is shown where it differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from driver.render.markdown_policy import diff_lines, in_order, is_policy, ordered, policy_diff
from driver.render.markdown_text import cut
from driver.values import PropertyDiff

_WORDS = ("[secret]", "[unknown]", "[redacted]")
_FILES = ("[asset sha256:", "[archive sha256:")
_REPLACES = "-replace"
_BEFORE = 20
"""Characters kept before the first one that differs."""

_COMPARABLE = 600
"""Lines up to which two texts are compared line by line."""


def property_lines(diffs: Sequence[PropertyDiff], *, value: int, context: int) -> list[str]:
    """One or two lines for each difference, what forces a replacement first. `value` is the room for one value."""
    ordered = sorted(diffs, key=lambda diff: not diff.kind.endswith(_REPLACES))
    return [line for diff in ordered for line in _lines(diff, value, context)]


def _lines(diff: PropertyDiff, value: int, context: int) -> Iterator[str]:
    path = json.dumps(diff.path, ensure_ascii=False)[1:-1].replace('\\"', '"')
    forces = "  (forces the replacement)" if diff.kind.endswith(_REPLACES) else ""
    both = diff.kind.startswith("update")
    if both and (lines := _line_by_line(diff, value, context)):
        yield f"  {cut(path, value)}:{forces}"
        yield from lines
        return
    old, new = one_value(diff.old), one_value(diff.new)
    if both and old == new:
        yield f"! {cut(path, value)}: {cut(old, value)}, another one than before{forces}"
        return
    if both:
        old, new = excerpts(old, new, value)
    if not diff.kind.startswith("add"):
        yield f"- {cut(path, value)}: {cut(old, value)}{'' if both else forces}"
    if not diff.kind.startswith("delete"):
        yield f"+ {cut(path, value)}: {cut(new, value)}{forces}"


def _line_by_line(diff: PropertyDiff, value: int, context: int) -> list[str]:
    """Policies by statement, documents and longer texts by line; empty when one line says it as well."""
    if is_policy(diff.old) and is_policy(diff.new):
        lines = policy_diff(diff.old, diff.new, context=context)
    else:
        before, after = _text_lines(diff.old), _text_lines(diff.new)
        if before is None or after is None or max(len(before), len(after)) > _COMPARABLE:
            return []
        lines = diff_lines(before, after, context)
    shown = [cut(line, value) for line in lines]
    return shown if sum(map(len, shown)) <= max(value, 400) * 4 else []


def _text_lines(value: Any) -> list[str] | None:
    """The lines of a text that has several, or of a document; None for what is one line anyway."""
    if isinstance(value, str):
        if "\n" in value:
            return value.split("\n")
        value = _json(value)
    if not isinstance(value, dict | list):
        return None
    return json.dumps(ordered(value), indent=2, ensure_ascii=False).splitlines()


def _json(text: str) -> Any:
    if not text.startswith(("{", "[")) or text in _WORDS:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def one_value(value: Any) -> str:
    """The value in one line; words that stand for a value are no quoted text."""
    if isinstance(value, str) and (value in _WORDS or value.startswith(_FILES)):
        return value
    return json.dumps(in_order(value), ensure_ascii=False)


def excerpts(old: str, new: str, room: int) -> tuple[str, str]:
    """Two texts that are too long, from where they begin to differ."""
    if max(len(old), len(new)) <= room:
        return old, new
    start = max(_same_start(old, new) - _BEFORE, 0)
    if start <= room // 2:
        return old, new
    left_out = f"({start:,} characters) …"
    return left_out + old[start:], left_out + new[start:]


def _same_start(old: str, new: str) -> int:
    """How many characters both begin with; by halves, because values may be megabytes."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if old[:middle] == new[:middle] else (low, middle - 1)
    return low
