"""Whether a program's inputs are ones that this plugin acts on, and those inputs with the defaults written in.

It fails closed: an input that is not in the type's table is refused by name, never ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deploy_sandbox.plugin.archive import demand_packable
from deploy_sandbox.plugin.autonaming import DEFAULTS, Naming, named
from deploy_sandbox.plugin.errors import REAL_PLUGIN, InputFailure, PluginError
from deploy_sandbox.plugin.resource import InputKind, Property, ResourceType
from deploy_sandbox.plugin.wire import UNKNOWN, CodeArchive, has_unknown

_PYTHON_TYPES: Mapping[InputKind, Any] = {
    InputKind.TEXT: str,
    InputKind.FUNCTION: str,
    InputKind.INTEGER: int,
    InputKind.NUMBER: (int, float),
    InputKind.BOOLEAN: bool,
    InputKind.CODE: CodeArchive,
    InputKind.TEXTS: list,
    InputKind.ORDERED_TEXTS: list,
    InputKind.OBJECTS: list,
    InputKind.OBJECT_SET: list,
    InputKind.TEXT_MAP: Mapping,
    InputKind.OBJECT: Mapping,
    InputKind.DOCUMENT: str,
}


def checked(
    kind: ResourceType, given: Mapping[str, Any], default_tags: Mapping[str, str], naming: Naming | None = None
) -> tuple[dict[str, Any], tuple[InputFailure, ...]]:
    """The inputs to work with, and every reason not to."""
    given = {key: value for key, value in given.items() if value is not None and key != DEFAULTS}
    try:
        made = dict(filter(None, [named(kind, given, naming or Naming())]))
    except ValueError as error:
        return given, (InputFailure("", str(error)),)
    given |= made
    failures = tuple(_problems(kind.token, tuple(one for one in kind.inputs if one.given), given, ""))
    if failures:
        return given, failures
    inputs = {key: _document(value) if _is_document(kind, key) else value for key, value in given.items()}
    filled = {one.name: one.default for one in kind.inputs if one.filled and one.name not in inputs}
    if kind.tagged:
        inputs["tagsAll"] = _all_tags(inputs.get("tags", {}), default_tags)
    return {**inputs, **filled, DEFAULTS: sorted({*filled, *made})}, ()


def _problems(token: str, table: tuple[Property, ...], given: Mapping[str, Any], prefix: str) -> Iterator[InputFailure]:
    known = {one.name: one for one in table}
    for key in given:
        if key not in known and key != DEFAULTS:
            yield InputFailure(
                f"{prefix}{key}",
                f"the sandbox's AWS plugin does not act on {prefix}{key} of {token}, so it refuses it. {REAL_PLUGIN}",
            )
    for one in table:
        value = given.get(one.name)
        if value is not None:
            yield from _shape(token, one, value, f"{prefix}{one.name}")
        elif one.required and one.names:
            yield InputFailure(
                one.name, "a name is required: the program gives none, and auto-naming is off (pulumi:autonaming)"
            )
        elif one.required:
            yield InputFailure(f"{prefix}{one.name}", f"is required: {one.kind.value}")


def _shape(token: str, one: Property, value: Any, path: str) -> Iterator[InputFailure]:
    if value is UNKNOWN:
        return
    if one.kind is InputKind.DOCUMENT and isinstance(value, Mapping):
        return
    expected = _PYTHON_TYPES[one.kind]
    if not isinstance(value, expected) or (isinstance(value, bool) and one.kind is not InputKind.BOOLEAN):
        yield InputFailure(path, f"must be {one.kind.value}, not {value!r}")
    elif one.kind in {InputKind.DOCUMENT, InputKind.CODE}:
        yield from (_json if one.kind is InputKind.DOCUMENT else _code)(value, path)
    elif one.kind is InputKind.OBJECT:
        yield from _problems(token, one.fields, value, f"{path}.")
    elif one.kind in {InputKind.OBJECTS, InputKind.OBJECT_SET}:
        for index, element in enumerate(value):
            yield from _shape(
                token, Property(one.name, InputKind.OBJECT, fields=one.fields), element, f"{path}[{index}]"
            )
    elif one.kind in {InputKind.TEXTS, InputKind.ORDERED_TEXTS, InputKind.TEXT_MAP}:
        elements = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, element in elements:
            yield from _shape(token, Property(one.name), element, f"{path}[{key!r}]")


def _code(archive: CodeArchive, path: str) -> Iterator[InputFailure]:
    try:
        demand_packable(archive, path)
    except PluginError as error:
        yield InputFailure(path, str(error))


def _json(text: str, path: str) -> Iterator[InputFailure]:
    try:
        document = json.loads(text)
    except ValueError as error:
        yield InputFailure(path, f"must be {InputKind.DOCUMENT.value}; it is not JSON: {error}")
    else:
        if not isinstance(document, dict):
            yield InputFailure(path, f"must be {InputKind.DOCUMENT.value}; it is not an object")


def _is_document(kind: ResourceType, name: str) -> bool:
    return any(one.name == name and one.kind is InputKind.DOCUMENT for one in kind.inputs)


def _document(value: Any) -> Any:
    """A policy document as text; the program may give it as an object, whose unknown parts make the whole text unknown."""
    if not isinstance(value, Mapping):
        return value
    return UNKNOWN if has_unknown(value) else json.dumps(value)


def _all_tags(tags: Any, default_tags: Mapping[str, str]) -> Any:
    return UNKNOWN if tags is UNKNOWN else {**default_tags, **tags}
