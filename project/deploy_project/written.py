"""YAML as it is written: what a person put into a file, before anybody decides what it means, and where readers of it differ.

A document is composed, not constructed: a date that is none or a number that two versions of YAML read differently is no error
here but a value that a rule refuses. Whatever is no YAML at all is a problem of the file, never an exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, NodeEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_LONGEST_SHOWN = 60
_STRING = "tag:yaml.org,2002:str"

PLAINLY = "in quotes it is a text; a number is written in decimal digits, without a 0 in front"
"""What to do about a value that is read in two ways."""


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong in a file and where; lines and columns are counted from 1. `key` is empty where no key is to blame."""

    file: str
    line: int
    column: int
    key: str
    what: str

    def __str__(self) -> str:
        return ": ".join(part for part in (f"{self.file}:{self.line}:{self.column}", self.key, self.what) if part)


class ValueKind(StrEnum):
    """What a value is to everybody who reads the file; `AMBIGUOUS` is a word or number that two of them read differently."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    AMBIGUOUS = "ambiguous"
    NOTHING = "nothing"
    LIST = "list"
    MAPPING = "mapping"
    SECRET = "secret"  # noqa: S105 -- a kind of value


@dataclass(frozen=True)
class Document:
    """One file. `root` is None where it is no YAML; `problems` are those of the file as such."""

    root: Node | None
    problems: tuple[Problem, ...] = ()


def document(name: str, content: bytes) -> Document:
    """What the bytes of a file say. Of one with aliases or tags, which its readers do not all read alike, only where those are."""
    try:
        text = content.decode("utf-8-sig")
        marked = tuple(_marked(name, text)) if re.search(r"[&*!]|<<", text) else ()
        return Document(None, marked) if marked else Document(YAML(typ="safe", pure=True).compose(text))
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace")
        return _broken(name, _end(before), f"not text in UTF-8: {error.reason}")
    except MarkedYAMLError as error:
        if line := unmerged(text):
            return _broken(name, (line, 1), UNMERGED)
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return _broken(name, place, f"not YAML: {error.problem or error.context}")
    except (YAMLError, ValueError, RecursionError) as error:
        before = content.decode("utf-8-sig")[: getattr(error, "position", None) or 0]
        return _broken(name, _end(before), f"not YAML: {(str(error).splitlines() or ['too deep'])[0]}")


def unmerged(text: str) -> int:
    """The line in which git has marked a conflict that nobody has resolved; 0 where there is none."""
    mark = re.search(r"^<{7} ", text, re.MULTILINE)
    return text[: mark.start()].count("\n") + 1 if mark else 0


UNMERGED = "a merge conflict, expected what both sides come to"
"""What is wrong with such a file."""


def _broken(name: str, place: tuple[int, int], what: str) -> Document:
    """No YAML from that line and column on."""
    return Document(None, (Problem(name, *place, "", what),))


def _end(text: str) -> tuple[int, int]:
    """The line and the column behind the text."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _marked(name: str, text: str) -> Iterator[Problem]:
    """Anchors, aliases, merge keys and tags: they say less than they mean, and what that is not every reader knows."""
    for event in YAML(typ="safe", pure=True).parse(text):
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, AliasEvent):
            yield Problem(name, line, column, f"*{event.anchor}", "a YAML alias, expected what it stands for")
        elif isinstance(event, ScalarEvent) and event.value == "<<" and not event.style:
            yield Problem(name, line, column, "<<", "a YAML merge key, expected the keys themselves")
        elif isinstance(event, NodeEvent) and (tag := getattr(event, "tag", None)):
            yield Problem(name, line, column, "", f"a YAML tag, {shown(str(tag))}, expected a value without one")
        elif isinstance(event, NodeEvent) and event.anchor:
            yield Problem(name, line, column, f"&{event.anchor}", "a YAML anchor, expected a value without one")


def shown(text: str) -> str:
    """A text on one printable line, not too long."""
    said = text if text and text.isprintable() and text.strip() == text else ascii(text)
    return said if len(said) <= _LONGEST_SHOWN else f"{said[: _LONGEST_SHOWN - 1]}…"


def entries(node: Node) -> Iterator[tuple[Node, Node]]:
    """The keys of a mapping with their values; none of what is no mapping."""
    yield from node.value if isinstance(node, MappingNode) else ()


def at(name: str, node: Node, key: str, what: str) -> Problem:
    """A problem where the node stands."""
    return Problem(name, node.start_mark.line + 1, node.start_mark.column + 1, key, what)


def of_keys(name: str, mapping: Node) -> Iterator[Problem]:
    """A key that is given twice, and one that is no text: what two readers understand differently."""
    lines: dict[str, int] = {}
    for key, _ in entries(mapping):
        text = text_of(key)
        if not isinstance(key, ScalarNode):
            yield at(name, key, "", "got a key that is a list or a mapping, expected a name")
        elif text in lines:
            yield at(name, key, shown(text), f"given twice, expected it in line {lines[text]} only")
        elif kind_of(key) is not ValueKind.TEXT:
            yield at(name, key, shown(text), f"not everybody reads that key as the same; expected a name: {PLAINLY}")
        lines.setdefault(text, key.start_mark.line + 1)


def within(name: str, key: str, node: Node) -> Iterator[Problem]:
    """Everything in a value that two readers understand differently, however deep. `key` is what to blame."""
    if isinstance(node, ScalarNode) and kind_of(node) is ValueKind.AMBIGUOUS:
        yield at(name, node, key, f"got {shown(text_of(node))}, which not everybody reads as the same value: {PLAINLY}")
    yield from of_keys(name, node)
    for inner, value in entries(node):
        if text_of(inner) == "secure" and (len(node.value) > 1 or kind_of(value) is not ValueKind.TEXT):
            yield at(name, inner, key, "got more than a text under `secure:`, expected one encrypted value, alone")
        yield from within(name, key, value)
    for part in node.value if isinstance(node, SequenceNode) else ():
        yield from within(name, key, part)


def strangers(name: str, mapping: Node, known: Sequence[str], instead: Mapping[str, str]) -> Iterator[Problem]:
    """Every key of a mapping that is none of the known ones. `instead` says of some what to do in their place."""
    for key, _ in entries(mapping):
        text = text_of(key)
        if isinstance(key, ScalarNode) and text not in known:
            close = get_close_matches(text, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(known)}"
            yield at(name, key, shown(text), instead.get(text) or f"unknown key; {hint}")


def text_of(node: Node) -> str:
    """The text of a value that is neither list nor mapping, as every reader has it."""
    if not isinstance(node, ScalarNode) or kind_of(node) is ValueKind.NOTHING:
        return ""
    text = str(node.value)
    return text.lower() if kind_of(node) is ValueKind.TRUTH else text


def data_of(node: Node) -> Any:
    """A value as plain data."""
    if isinstance(node, SequenceNode):
        return [data_of(part) for part in node.value]
    if isinstance(node, MappingNode):
        return {text_of(key): data_of(value) for key, value in node.value}
    kind, text = kind_of(node), text_of(node)
    if kind in {ValueKind.NUMBER, ValueKind.TRUTH}:
        return json.loads(text)
    return None if kind is ValueKind.NOTHING else text


def as_yaml(data: Any) -> str:
    """Plain data in a form of YAML that nobody reads differently: JSON in ASCII, with YAML's escapes for what is beyond it."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return re.sub(r"[^\n\x20-\x7e]", lambda found: f"\\U{ord(found[0]):08x}", text) + "\n"


_NOTHING = re.compile(r"~|null|Null|NULL|")
_TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?", re.ASCII)
_AMBIGUOUS = re.compile(
    r"y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF"  # truth in YAML 1.1, text in 1.2
    r"|[-+]?[0-9][0-9_]*"  # 010, 1_000, +5
    r"|[-+]?0[bB][01_]+|[-+]?0[oO][0-7_]+|[-+]?0[xX][0-9a-fA-F_]+"
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"  # base 60 in YAML 1.1
    r"|[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9_]+)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"  # a date in YAML 1.1
    r"|=|<<",
    re.ASCII | re.DOTALL,
)


_HALF = re.compile(r"[\ud800-\udfff]")
"""Half a character, which `"\\ud800"` is to one reader and an error to another."""


def _same_number(text: str) -> bool:
    """Whether the engine hands a number on with the digits that are written: of `1.10` it makes 1.1, of `-0` 0."""
    return text != "-0" and not text.endswith(".0") and ("." not in text or repr(float(text)) == text)


def kind_of(node: Node) -> ValueKind:
    """What the characters are to YAML 1.1, to 1.2 and to the engine alike; what stands in quotes is always a text."""
    if isinstance(node, SequenceNode):
        return ValueKind.LIST
    if isinstance(node, MappingNode):
        return ValueKind.SECRET if any(text_of(key) == "secure" for key, _ in node.value) else ValueKind.MAPPING
    text = str(node.value)
    if getattr(node, "style", None):
        return ValueKind.AMBIGUOUS if _HALF.search(text) else ValueKind.TEXT
    plain = ((_NOTHING, ValueKind.NOTHING), (_TRUTH, ValueKind.TRUTH), (_NUMBER, ValueKind.NUMBER))
    found = next((kind for pattern, kind in plain if pattern.fullmatch(text)), None)
    if found is ValueKind.NUMBER and not _same_number(text):
        return ValueKind.AMBIGUOUS
    return found or (ValueKind.AMBIGUOUS if node.tag != _STRING or _AMBIGUOUS.fullmatch(text) else ValueKind.TEXT)
