"""Which side moved: the cloud, the code, or both; told from one look at a resource."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from deploy_driver.drift.finding import Finding
from deploy_driver.drift.sight import PUBLISHED, PropertySight, Sight
from deploy_driver.record.catalogue import Fact, Moved
from deploy_driver.record.redaction import under
from deploy_driver.values import SECRET, UNKNOWN, Stack

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
                expected=under(seen.path, seen.state if contains(seen.code, UNKNOWN) else seen.code),
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
    """Values decide: a provider also names what it will know only after an update, and what is written in another way."""
    known = not contains(seen.code, UNKNOWN)
    if (seen.moved or (seen.wanted and known)) and _may_differ(seen.state, seen.cloud, named=seen.moved):
        return Moved.BOTH if known and not same(seen.state, seen.code) else Moved.CLOUD
    return Moved.CODE if seen.wanted and known and _may_differ(seen.state, seen.code, named=True) else None


def _may_differ(left: Any, right: Any, *, named: bool) -> bool:
    """Of secrets nobody sees whether they differ: there the word of a provider that has `named` them counts."""
    return not same(left, right) or (named and (contains(left, SECRET) or contains(right, SECRET)))


def without_followers(sights: Iterable[Sight]) -> Iterator[Sight]:
    """The same, where an alias that would only follow a version published by hand is wanted as it was deployed.

    What the code says of it is then computed from what the cloud has, and not what anybody wrote.
    """
    seen = tuple(sights)
    published = {
        (one.state, one.cloud)
        for sight in seen
        if sight.type in PUBLISHED
        for one in sight.properties
        if one.path == "version"
    }
    for sight in seen:
        properties = (
            replace(one, code=one.state)
            if one.path == "functionVersion" and (one.state, one.code) in published
            else one
            for one in sight.properties
        )
        yield replace(sight, properties=tuple(properties))


def contains(value: Any, word: str) -> bool:
    """Whether some of it is that word, `UNKNOWN` or `SECRET`."""
    if isinstance(value, dict):
        return any(contains(item, word) for item in value.values())
    if isinstance(value, list):
        return any(contains(item, word) for item in value)
    return bool(value == word)


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
