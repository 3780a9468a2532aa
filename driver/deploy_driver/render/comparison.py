"""What differs between two stacks on stdout: a table to read, or JSON to compute with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from deploy_driver.plan.comparison import Unlike
from deploy_driver.record.redaction import one_line, readable, redact
from deploy_driver.render.report.words import value
from deploy_driver.render.text import table

LONGEST = 60
"""Characters of a value that is shown; the JSON has all of it."""


def as_text(left: str, right: str, found: Sequence[Unlike]) -> str:
    """A table for each part in which they differ."""
    if not found:
        return f"nothing differs between {left} and {right}"
    parts = (
        table([part.upper(), left, right], [[one_line(one.what), _shown(one.left), _shown(one.right)] for one in its])
        for part, its in groupby(found, key=lambda one: one.part)
    )
    return readable("\n\n".join(parts))


def _shown(found: Any) -> str:
    text = "-" if found is None else one_line(value(found))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def as_json(left: str, right: str, found: Sequence[Unlike]) -> Mapping[str, Any]:
    """The differences as `--output json` promises them; null where a stack does not have a thing."""
    redacted: Mapping[str, Any] = redact({"left": left, "right": right, "differences": [asdict(one) for one in found]})
    return redacted
