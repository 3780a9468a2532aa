"""Property values as the engine's events carry them, paths into them, and which of them one step of the engine changes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from deploy_driver.drift.finding import contains, same
from deploy_driver.placeholders import FILES, SECRET, UNKNOWN
from deploy_driver.values import PropertyDiff, Upload, UploadedFile

if TYPE_CHECKING:
    from pulumi.automation.events import StepEventMetadata, StepEventStateMetadata


Step = str | int
"""One step down: a key of an object, or a place in a list."""

MISSING: Final = object()
"""What is not there, where None could be."""

_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_PART = re.compile(r'\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+)\]|\.?(?P<plain>[^.\[]+)')


_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks what is more than JSON (sdk/go/common/resource/sig); its values say what it is:"""

_ASSET = "c44067f5952c0a294b673a41bacd8c17"

_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"

_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"

_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

_UNKNOWNS = {
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}
"""What stands for a value that is known only afterwards, one for each type (sdk/go/common/resource/plugin, rpc.go)."""

_OF_THE_BRIDGE = "__meta"
"""No property: that a resource is replaced for a reason which no property of the diff shows (pulumi-terraform-bridge, tfbridge)."""


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


def plain_value(value: Any) -> Any:
    """The value as JSON. Whatever is marked and not known here is taken for a secret."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWNS else value
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if _SIGNATURE in value:
        return _marked(value)
    return {key: plain_value(item) for key, item in value.items() if not key.startswith("__")}


def _marked(value: Mapping[str, Any]) -> Any:
    kind = value[_SIGNATURE]
    if kind in {_ASSET, _ARCHIVE}:
        return f"[{'asset' if kind == _ASSET else 'archive'} sha256:{value.get('hash') or 'unknown'}]"
    if kind == _REFERENCE:
        return plain_value(value.get("urn", UNKNOWN))
    if kind == _OUTPUT and not value.get("secret"):
        return plain_value(value["value"]) if "value" in value else UNKNOWN
    return SECRET


def uploads_of(urn: str, inputs: Mapping[str, Any]) -> Iterator[Upload]:
    """Every asset and archive among a resource's inputs, with what it consists of."""
    for key, value in inputs.items():
        if _is_files(value):
            yield Upload(urn, key, value.get("hash", ""), tuple(_files("", value)))


def _is_files(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get(_SIGNATURE) in {_ASSET, _ARCHIVE}


def _files(name: str, value: Mapping[str, Any]) -> Iterator[UploadedFile]:
    if not value.get("assets"):
        yield UploadedFile(name, value.get("hash", ""), value.get("path", ""))
    for inner, part in (value.get("assets") or {}).items():
        yield from _files(f"{name}/{inner}" if name else inner, part)


def is_whole(value: Any) -> bool:
    """Whether the value is one of those words: it has no parts."""
    return isinstance(value, str) and (value in {SECRET, UNKNOWN} or value.startswith(FILES))


def hidden_alike(value: Any, other: Any) -> Any:
    """`value`, with `[secret]` wherever `other` has it: what has become a secret was one before."""
    if other == SECRET:
        return SECRET if value is not None else None
    if isinstance(value, Mapping) and isinstance(other, Mapping):
        return {key: hidden_alike(item, other.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(other, list):
        partners = [*other, *([None] * len(value))]
        return [hidden_alike(item, partner) for item, partner in zip(value, partners, strict=False)]
    return value


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
    return _Side(
        plain_value((state.inputs if state else None) or {}), plain_value((state.outputs if state else None) or {})
    )
