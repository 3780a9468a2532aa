"""What differs between a resource's state and the inputs that are wanted, property by property.

The state is compared, not the old inputs: a refresh writes into it what the cloud really has, so a diff right after it is the drift.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from deploy_sandbox.plugin import policy
from deploy_sandbox.plugin.resource import InputKind, Property, ResourceType
from deploy_sandbox.plugin.wire import UNKNOWN

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Turn(Enum):
    """How one property changes."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Difference:
    """One changed property: `path` is Pulumi's property path, `name` the top-level input that it is in."""

    path: str
    name: str
    turn: Turn
    replaces: bool


def differences(kind: ResourceType, state: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Every difference, in the order of the type's table; empty when nothing needs to be done."""
    return tuple(
        Difference(path, one.name, turn, one.replaces)
        for one in kind.inputs
        for path, turn in _walk(one, one.name, state.get(one.name), wanted.get(one.name))
    )


def delete_first(kind: ResourceType, found: Sequence[Difference]) -> bool:
    """Whether a replacement must be deleted first: it keeps its name, and AWS takes a name once (the rule of Pulumi's bridge)."""
    name = next((one.name for one in kind.inputs if one.names), None)
    return name is not None and any(one.replaces for one in found) and all(one.name != name for one in found)


def same(one: Property, left: Any, right: Any) -> bool:
    """Whether two values of a property mean the same; nothing given means the default."""
    return not list(_walk(one, one.name, left, right))


def _walk(one: Property, path: str, old: Any, new: Any) -> Iterator[tuple[str, Turn]]:
    if new is None and one.cloud_decides:
        return
    left, right = (one.default if side is None else side for side in (old, new))
    if right is UNKNOWN:
        yield path, Turn.ADD if old is None else Turn.UPDATE
    elif one.kind is InputKind.TEXT_MAP:
        yield from _walk_map(path, left or {}, right or {})
    elif one.kind is InputKind.OBJECT and isinstance(left, Mapping) and isinstance(right, Mapping):
        for field in one.fields:
            yield from _walk(field, f"{path}.{field.name}", left.get(field.name), right.get(field.name))
    elif one.kind is InputKind.OBJECTS:
        yield from _walk_list(one, path, left or [], right or [])
    elif one.kind is InputKind.OBJECT_SET:
        if not _same_elements(one, left or [], right or []):
            yield path, _turn(old, new)
    elif not _equal(one.kind, left, right):
        yield path, _turn(old, new)


def _walk_map(path: str, left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[tuple[str, Turn]]:
    for key in sorted({*left, *right}):
        if left.get(key) != right.get(key):
            yield _step(path, key), _turn(left.get(key), right.get(key))


def _walk_list(one: Property, path: str, left: Sequence[Any], right: Sequence[Any]) -> Iterator[tuple[str, Turn]]:
    element = Property(one.name, InputKind.OBJECT, fields=one.fields)
    for index in range(max(len(left), len(right))):
        pair = (side[index] if index < len(side) else None for side in (left, right))
        yield from _walk(element, f"{path}[{index}]", *pair)


def _same_elements(one: Property, left: Sequence[Any], right: Sequence[Any]) -> bool:
    """Whether each element has its twin on the other side, in whatever order."""
    element = Property(one.name, InputKind.OBJECT, fields=one.fields)
    rest = list(left)
    for wanted in right:
        twin = next((index for index, known in enumerate(rest) if same(element, known, wanted)), None)
        if twin is None:
            return False
        del rest[twin]
    return not rest


def _equal(kind: InputKind, left: Any, right: Any) -> bool:
    if left == right or left is None or right is None:
        return bool(left == right)
    if kind is InputKind.DOCUMENT:
        return policy.equivalent(left, right)
    if kind is InputKind.CODE:
        return bool(left.hash) and left.hash == right.hash
    if kind is InputKind.TEXTS:
        return sorted(left) == sorted(right)
    if kind is InputKind.FUNCTION:
        return _function(left) == _function(right)
    return False


def function_name(given: str) -> str:
    """The bare name of a Lambda function given by name or by (possibly qualified) ARN."""
    return given.split(":")[6] if given.startswith("arn:") else given


def _function(given: str) -> str:
    """A Lambda function by name and qualifier, however it is given."""
    return given.split(":", 6)[6] if given.startswith("arn:") else given


def _turn(old: Any, new: Any) -> Turn:
    if old is None:
        return Turn.ADD
    return Turn.DELETE if new is None else Turn.UPDATE


def _step(path: str, key: str) -> str:
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}"
    escaped = key.replace('"', '\\"')
    return f'{path}["{escaped}"]'
