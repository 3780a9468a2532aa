"""Which side moved: the cloud, the code, or both; told from one look at a resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from driver.drift.finding import Fact, Finding, Moved
from driver.drift.sight import UNKNOWN, PropertySight, Sight
from driver.events.redaction import under
from driver.values import Stack

_REMOVES = frozenset({"delete"})


def findings_of(stack: Stack, sight: Sight) -> Iterator[Finding]:
    """Everything that differs in one resource; nothing, when the three agree.

    What differs only because something else will be changed is no finding: that something else is.
    """
    whole = _whole(sight)
    if whole:
        moved, fact = whole
        yield Finding(stack.name, stack.account, sight.urn, "", moved, fact, op=sight.op)
    if sight.gone or not sight.known:
        return
    for seen in sight.properties:
        side = _side(seen)
        if side:
            yield Finding(
                stack.name,
                stack.account,
                sight.urn,
                seen.path,
                side,
                Fact.CHANGED,
                expected=under(seen.path, seen.state if contains_unknown(seen.code) else seen.code),
                found=under(seen.path, seen.cloud),
                deployed=under(seen.path, seen.state),
                op=sight.op,
            )


def _whole(sight: Sight) -> tuple[Moved, Fact] | None:
    if sight.gone:
        return (Moved.CLOUD if sight.op and sight.op not in _REMOVES else Moved.BOTH), Fact.DELETED
    if sight.op in _REMOVES:
        return Moved.CODE, Fact.NOT_REMOVED
    return None if sight.known else (Moved.CODE, Fact.NOT_MADE)


def _side(seen: PropertySight) -> Moved | None:
    unknown = contains_unknown(seen.code)
    code_moved = not unknown and not same(seen.state, seen.code)
    if seen.moved:
        return Moved.BOTH if code_moved else Moved.CLOUD
    return Moved.CODE if seen.wanted and not unknown else None


def contains_unknown(value: Any) -> bool:
    """Whether some of it is known only after something else was changed."""
    if isinstance(value, dict):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def same(left: Any, right: Any) -> bool:
    """Whether two values mean the same: documents are compared by what they say, not by how they are written."""
    return bool(_read(left) == _read(right))


def _read(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
