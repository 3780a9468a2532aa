"""Which properties of a resource one step of the engine changes, from what to what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from driver.adapters.engine.paths import MISSING, Step, follow, joined, parse
from driver.adapters.engine.properties import hidden_alike, is_whole, plain
from driver.drift.classify import contains, same
from driver.values import SECRET, UNKNOWN, PropertyDiff

if TYPE_CHECKING:
    from pulumi.automation.events import StepEventMetadata, StepEventStateMetadata

_OF_THE_BRIDGE = "__meta"
"""No property: that a resource is replaced for a reason which no property of the diff shows (pulumi-terraform-bridge, tfbridge)."""


@dataclass(frozen=True)
class _Side:
    """A resource before or after a step, as JSON."""

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]

    def at(self, steps: Sequence[Step], *, state_first: bool = False) -> Any:
        """What the property is; in the inputs, or in the state where the inputs do not have it. None when nowhere."""
        places = (self.outputs, self.inputs) if state_first else (self.inputs, self.outputs)
        found = (_down(place, steps) for place in places)
        return next((value for value in found if value is not MISSING), None)


def diffs_of(step: StepEventMetadata) -> tuple[PropertyDiff, ...]:
    """Where the provider says which properties differ, those of them that do; otherwise the inputs are compared.

    What is made adds all its inputs, what is deleted takes its old ones away.
    """
    old, new = _side(step.old), _side(step.new)
    if step.new is None:
        return tuple(PropertyDiff(path, "delete", old=value) for path, value in _leaves("", old.inputs))
    if step.old is None:
        return tuple(PropertyDiff(path, "add", new=value) for path, value in _leaves("", new.inputs))
    if step.detailed_diff:
        said = (
            _said(path, diff.diff_kind.value, old.at(parse(path), state_first=not diff.input_diff), new.at(parse(path)))
            for path, diff in step.detailed_diff.items()
        )
        return tuple(diff for diff in said if _counts(diff, {*old.inputs, *new.inputs}))
    keys = step.diffs or sorted({*old.inputs, *new.inputs})
    return tuple(
        replace(diff, kind=f"{diff.kind}-replace") if key in (step.keys or ()) else diff
        for key in keys
        for diff in _compared(key, old.inputs.get(key, MISSING), new.inputs.get(key, MISSING))
        or (_said(key, "update", old.inputs.get(key), new.inputs.get(key)),)
        if step.diffs or diff.old != diff.new
    )


def keys_of(step: StepEventMetadata) -> tuple[str, ...]:
    """The properties that force a replacement; otherwise those that differ, as far as the provider names them."""
    if step.keys or not step.detailed_diff or step.old is None or step.new is None:
        return tuple(step.keys or step.detailed_diff or step.diffs or ())
    return tuple(diff.path for diff in diffs_of(step))


def _counts(diff: PropertyDiff, inputs: Collection[Step]) -> bool:
    """Whether values differ: the provider also names outputs that it will know only after an update, and its bridge `__meta`.

    Of secrets nobody sees that, and what forces a replacement is never left out.
    """
    if diff.path == _OF_THE_BRIDGE:
        return False
    if diff.kind.endswith("-replace") or contains([diff.old, diff.new], SECRET):
        return True
    if parse(diff.path)[0] not in inputs and contains(diff.new, UNKNOWN):
        return False
    return not same(diff.old, diff.new)


def _said(path: str, kind: str, old: Any, new: Any) -> PropertyDiff:
    return PropertyDiff(
        path,
        kind,
        old=None if kind.startswith("add") else hidden_alike(old, new),
        new=None if kind.startswith("delete") else hidden_alike(new, old),
    )


def _compared(path: str, old: Any, new: Any) -> tuple[PropertyDiff, ...]:
    if (old is MISSING and new is MISSING) or old == new:
        return ()
    if old is MISSING:
        return (PropertyDiff(path, "add", new=new),)
    if new is MISSING:
        return (PropertyDiff(path, "delete", old=old),)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        pairs = [(key, old.get(key, MISSING), new.get(key, MISSING)) for key in sorted({*old, *new})]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(index, left, right) for index, (left, right) in enumerate(zip(old, new, strict=True))]
    else:
        return (_said(path, "update", old, new),)
    return tuple(diff for step, left, right in pairs for diff in _compared(joined(path, step), left, right))


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """An object is taken apart, and a list of objects; anything else is a value."""
    if isinstance(value, Mapping) and (value or not path):
        for key, item in value.items():
            yield from _leaves(joined(path, key), item)
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(joined(path, index), item)
    else:
        yield path, value


def _down(value: Any, steps: Sequence[Step]) -> Any:
    """What stands at the end of the steps. A part of what is a secret, unknown or a file is that itself."""
    for step in steps:
        if is_whole(value):
            return value
        value = follow(value, (step,))
    return value


def _side(state: StepEventStateMetadata | None) -> _Side:
    return _Side(plain((state.inputs if state else None) or {}), plain((state.outputs if state else None) or {}))
