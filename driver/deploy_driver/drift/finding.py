"""One difference: in which property of which resource, which side moved, what was expected and what was found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from deploy_driver.drift.resource_state import PUBLISHED, PropertyState, ResourceState
from deploy_driver.placeholders import SECRET, UNKNOWN
from deploy_driver.record.catalogue import DriftFact, Moved
from deploy_driver.record.redaction import under
from deploy_driver.values import Stack, Urn


@dataclass(frozen=True)
class DriftFinding:
    """`path` is the property; empty where it is about the whole resource. `expected` is what the code says.

    `op` is what an `up` would do to the resource, in Pulumi's word.
    """

    stack: str
    account: str
    urn: str
    path: str
    moved: Moved
    fact: DriftFact
    expected: Any = None
    found: Any = None
    deployed: Any = None
    op: str = ""

    @property
    def type(self) -> str:
        """The Pulumi type token."""
        return Urn(self.urn).type

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return Urn(self.urn).name

    @property
    def key(self) -> str:
        """The same for the same difference, run after run, whatever its values are."""
        return hashlib.sha256(f"{self.stack} {self.urn} {self.path}".encode()).hexdigest()[:16]


def together(moved: Iterable[Moved]) -> Moved:
    """What differences of one resource come to."""
    sides = set(moved)
    return sides.pop() if len(sides) == 1 else Moved.BOTH


_REMOVES = frozenset({"delete"})


def findings_of(stack: Stack, resource: ResourceState) -> Iterator[DriftFinding]:
    """Everything that differs in one resource; nothing, when the three agree.

    What differs only because something else will be changed is no finding: that something else is.
    """
    whole = _whole(resource)
    if whole:
        moved, fact = whole
        yield DriftFinding(stack.name, stack.account, resource.urn, "", moved, fact, op=resource.op)
    if resource.gone or not resource.known:
        return
    for prop in resource.properties:
        side = _side(prop)
        if side:
            yield DriftFinding(
                stack.name,
                stack.account,
                resource.urn,
                prop.path,
                side,
                DriftFact.CHANGED,
                expected=under(prop.path, prop.state if contains(prop.code, UNKNOWN) else prop.code),
                found=under(prop.path, prop.cloud),
                deployed=under(prop.path, prop.state),
                op=resource.op,
            )


def _whole(resource: ResourceState) -> tuple[Moved, DriftFact] | None:
    if resource.gone:
        return (Moved.CLOUD if resource.op and resource.op not in _REMOVES else Moved.BOTH), DriftFact.DELETED
    if resource.op in _REMOVES:
        return Moved.CODE, DriftFact.NOT_REMOVED
    return None if resource.known else (Moved.CODE, DriftFact.NOT_MADE)


def _side(prop: PropertyState) -> Moved | None:
    """Values decide: a provider also names what it will know only after an update, and what is written in another way."""
    known = not contains(prop.code, UNKNOWN)
    if (prop.moved or (prop.wanted and known)) and _may_differ(prop.state, prop.cloud, named=prop.moved):
        return Moved.BOTH if known and not same(prop.state, prop.code) else Moved.CLOUD
    return Moved.CODE if prop.wanted and known and _may_differ(prop.state, prop.code, named=True) else None


def _may_differ(left: Any, right: Any, *, named: bool) -> bool:
    """Of secrets nobody sees whether they differ: there the word of a provider that has `named` them counts."""
    return not same(left, right) or (named and (contains(left, SECRET) or contains(right, SECRET)))


def without_followers(resources: Iterable[ResourceState]) -> Iterator[ResourceState]:
    """The same, where an alias that would only follow a version published by hand is wanted as it was deployed.

    What the code says of it is then computed from what the cloud has, and not what anybody wrote.
    """
    read = tuple(resources)
    published = {
        (one.state, one.cloud)
        for resource in read
        if resource.type in PUBLISHED
        for one in resource.properties
        if one.path == "version"
    }
    for resource in read:
        properties = (
            replace(one, code=one.state)
            if one.path == "functionVersion" and (one.state, one.code) in published
            else one
            for one in resource.properties
        )
        yield replace(resource, properties=tuple(properties))


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
