"""Reads records without believing them: whoever can write a record can write anything into it.

A line becomes the event of the catalogue that it says it is. What it does not say, or says in another type, is empty or 0;
where that would be a claim, the line is unreadable. So is a line of a kind that this deploy does not know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime
from typing import Any, get_origin, get_type_hints

from deploy_driver.record.catalogue import KINDS, CheckPassed, Event
from deploy_driver.record.stream import Envelope
from deploy_driver.values import Changes, Process, PropertyDiff, ResourceChange

_LAST = 253402300799.0
"""The last second of the year 9999, beyond which there is no date to show."""


@dataclass(frozen=True)
class Unreadable:
    """A line of a record from which no event can be read, and why."""

    why: str


Line = Envelope | Unreadable


def lines_of(record: bytes) -> list[Line]:
    """The lines of a record. Raises ValueError where one is not JSON: something has happened to the file.

    A last line that is cut off belongs to a run that was killed; what it said before holds.
    """
    *lines, last = record.split(b"\n")
    found = [event_of(_json(line, number)) for number, line in enumerate(lines, 1)]
    try:
        return [*found, event_of(_json(last, len(lines) + 1))]
    except ValueError:
        return found


def _json(line: bytes, number: int) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"line {number} is not JSON: {error}") from None


def event_of(body: Any) -> Line:
    """The event that one line says, with its place in the run."""
    if not isinstance(body, Mapping):
        return Unreadable("it is no object")
    kind, time = KINDS.get(_text(body.get("kind"))), _time(body.get("time"))
    if kind is None or time is None:
        return Unreadable("it is of no known kind" if kind is None else "it does not say when")
    filled = _with_caller(body) if kind is CheckPassed else body
    try:
        event = kind(**{name: _value(filled.get(name), hint, default) for name, hint, default in _FIELDS[kind.kind]})
    except ValueError as error:
        return Unreadable(str(error))
    return Envelope(_text(body.get("run")), int(_number(body.get("sequence"))), time, event)


def _with_caller(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Before a check named whom it had found, the fact of the one that is called `identity` was the ARN."""
    return {"arn": body.get("fact"), **body} if body.get("check") == "identity" else body


def _fields(kind: type[Event]) -> list[tuple[str, Any, Any]]:
    """Of each field its name, its type and what it is where nothing is said."""
    hints = get_type_hints(kind)
    return [(field.name, hints[field.name], field.default) for field in fields(kind)]


_FIELDS = {kind.kind: _fields(kind) for kind in KINDS.values()}


def _value(value: Any, hint: Any, default: Any) -> Any:
    """A field's value, of its own type. Raises ValueError where a whole number or a list is due, and is not there."""
    if default is not MISSING:
        return default if value is None else _reader(hint)(value)
    if hint is int and (not isinstance(value, int) or isinstance(value, bool)):
        raise ValueError("it has something else where a whole number is due")
    if get_origin(hint) is tuple and not isinstance(value, list):
        raise ValueError("it has something else where a list is due")
    return _reader(hint)(value)


def _reader(hint: Any) -> Callable[[Any], Any]:
    """What makes a value of that type, whatever is there; codes are texts, known or not."""
    return _READ.get(hint, _texts if get_origin(hint) is tuple else _text)


def _time(value: Any) -> float | None:
    try:
        return datetime.fromisoformat(_text(value)).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float:
    """A number of seconds or of things: not negative, and none that stands for something else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LAST:
        return 0.0
    return float(value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in _list(value) if isinstance(each, str))


def _changes(value: Any) -> Changes:
    counts = _mapping(value)
    return Changes(**{field.name: int(_number(counts.get(field.name))) for field in fields(Changes)})


def _resource(value: Any) -> ResourceChange:
    body = _mapping(value)
    diffs = tuple(_difference(each) for each in _list(body.get("diffs")))
    return ResourceChange(_text(body.get("urn")), _text(body.get("op")), _texts(body.get("keys")), diffs)


def _process(value: Any) -> Process:
    body = _mapping(value)
    host, boot, started = (_text(body.get(key)) for key in ("host", "boot", "started"))
    return Process(host, boot, int(_number(body.get("pid"))), started)


def _difference(value: Any) -> PropertyDiff:
    body = _mapping(value)
    return PropertyDiff(_text(body.get("path")), _text(body.get("kind")), body.get("old"), body.get("new"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


_READ: Mapping[Any, Callable[[Any], Any]] = {
    int: int,
    bool: lambda value: value is True,
    float: _number,
    Changes: _changes,
    Process: _process,
    ResourceChange: _resource,
    tuple[ResourceChange, ...]: lambda value: tuple(_resource(each) for each in _list(value)),
}
