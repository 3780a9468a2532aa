"""Pulumi's property paths: `tags.owner`, `rules[0].status`, `tags["a.b"]`, taken apart, put together and followed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

Step = str | int
"""One step down: a key of an object, or a place in a list."""

MISSING: Final = object()
"""What is not there, where None could be."""

_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_PART = re.compile(r'\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+)\]|\.?(?P<plain>[^.\[]+)')


def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path, as the engine writes it (sdk/go/common/resource, PropertyPath)."""
    return tuple(_step(found) for found in _PART.finditer(path))


def _step(found: re.Match[str]) -> Step:
    if found["index"] is not None:
        return int(found["index"])
    if found["quoted"] is not None:
        return found["quoted"].replace('\\"', '"').replace("\\\\", "\\")
    return found["plain"]


def joined(path: str, step: Step) -> str:
    """The path one step further down."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    if _PLAIN.fullmatch(step):
        return f"{path}.{step}" if path else step
    escaped = step.replace("\\", "\\\\").replace('"', '\\"')
    return f'{path}["{escaped}"]'


def follow(value: Any, steps: Sequence[Step]) -> Any:
    """What stands at the end of the steps; MISSING when nothing does."""
    for step in steps:
        inside = step < len(value) if isinstance(step, int) and isinstance(value, list) else False
        if not inside and not (isinstance(value, Mapping) and step in value):
            return MISSING
        value = value[step]
    return value
