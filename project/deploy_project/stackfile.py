"""Reads a Pulumi stack file as it is written: every key with its line and column, every value before anybody decides what it means.

YAML is composed, not constructed: a date that is none or a number that two versions of YAML read differently is no error here
but a value that a rule refuses. Whatever is no stack file at all is a problem of the file, never an exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deploy_project.stacks import TOOLS

_LONGEST_SHOWN = 60
_MERGE = "tag:yaml.org,2002:merge"
_STRING = "tag:yaml.org,2002:str"

OF_SECRETS = ("secretsprovider", "encryptedkey", "encryptionsalt")
"""Keys of a stack file that say how its secrets are encrypted, and with them the state."""


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong in a file and where; lines and columns are counted from 1. `key` is empty where no key is to blame."""

    file: str
    line: int
    column: int
    key: str
    what: str

    def __str__(self) -> str:
        return ": ".join(part for part in (f"{self.file}:{self.line}", self.key, self.what) if part)


class ValueKind(StrEnum):
    """What a value is, in every version of YAML; `AMBIGUOUS` is a plain word or number that they read differently."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    AMBIGUOUS = "ambiguous"
    NOTHING = "nothing"
    LIST = "list"
    MAPPING = "mapping"
    SECRET = "secret"  # noqa: S105 -- a kind of value


@dataclass(frozen=True)
class Setting:
    """One key of `config:` with its value as it is written. `items` are the texts of a list.

    The text of a list or a mapping is JSON. `secret`: the value, or a part of it, is encrypted.
    """

    kind: ValueKind
    text: str = ""
    items: tuple[str, ...] = ()
    line: int = 1
    column: int = 1
    secret: bool = False

    @property
    def structured(self) -> bool:
        """Whether it is a list or a mapping."""
        return self.kind in {ValueKind.LIST, ValueKind.MAPPING}

    def shown(self) -> str:
        """The value on one line, not too long, and nothing that a terminal would act on."""
        if self.kind in {ValueKind.TEXT, ValueKind.AMBIGUOUS, ValueKind.TRUTH}:
            return shown(self.text)
        if self.kind is ValueKind.NUMBER:
            return f"the number {shown(self.text)}"
        return "nothing" if self.kind is ValueKind.NOTHING else f"a {self.kind}"


@dataclass(frozen=True)
class StackFile:
    """The `config:` of one file by full key, such as `deploy:account`, and what is wrong with the file as such.

    `line` is where the settings begin. It is not `whole` where more keys may be merged in than it shows. `encryption` are the keys
    beside `config:` that say how its secrets are encrypted.
    """

    name: str
    settings: Mapping[str, Setting]
    problems: tuple[Problem, ...] = ()
    line: int = 1
    whole: bool = True
    encryption: Mapping[str, Setting] = field(default_factory=dict)

    @property
    def env(self) -> str:
        """What stands in its name: `dev` of `Pulumi.dev.yaml`."""
        return self.name.removeprefix("Pulumi.").removesuffix(".yaml")

    def problem(self, key: str, what: str) -> Problem:
        """A problem with one key, where it stands; where the settings begin when it is not there."""
        setting = self.settings.get(key) or self.encryption.get(key)
        line, column = (setting.line, setting.column) if setting else (self.line, 1)
        return Problem(self.name, line, column, shown(key), what)

    def line_of(self, value: str) -> int:
        """The line of the key with this value; otherwise that of the account, otherwise the first."""
        lines = [setting.line for setting in self.settings.values() if setting.text == value]
        account = self.settings.get("deploy:account")
        return next(iter(lines), account.line if account else 1)


Reader = Callable[[Path], StackFile]


def read(path: Path) -> StackFile:
    """The file at `path`, parsed once for as long as its content is the same. It may be missing or hold anything."""
    try:
        return parse(path.name, path.read_bytes())
    except FileNotFoundError:
        env = path.name.split(".")[1]
        why = "it says where Jenkins lives" if env == TOOLS else f"it says everything about the account {env}"
        what = f"no such file, though {why}; write one that begins with `config:`, and every key that it must have is named"
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
    return StackFile(path.name, {}, (Problem(path.name, 1, 1, "", what),))


@cache
def parse(name: str, content: bytes) -> StackFile:
    """What the bytes of a file say."""
    try:
        root = YAML(typ="safe", pure=True).compose(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _broken(name, content[: error.start].count(b"\n"), f"not text in UTF-8: {error.reason}")
    except MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        return _broken(name, line, f"not YAML: {error.problem or error.context}")
    except (YAMLError, ValueError, RecursionError) as error:
        line = content.decode("utf-8")[: getattr(error, "position", None) or 0].count("\n")
        return _broken(name, line, f"not YAML: {(str(error).splitlines() or ['too deep'])[0]}")
    return _stack_file(name, root)


def shown(text: str) -> str:
    """A text on one printable line, not too long."""
    said = text if text and text.isprintable() and text.strip() == text else ascii(text)
    return said if len(said) <= _LONGEST_SHOWN else f"{said[: _LONGEST_SHOWN - 1]}…"


def _broken(name: str, line: int, what: str) -> StackFile:
    return StackFile(name, {}, (Problem(name, line + 1, 1, "", what),))


def _stack_file(name: str, root: Node | None) -> StackFile:
    if not isinstance(root, MappingNode):
        return StackFile(name, {}, (Problem(name, 1, 1, "config", "missing, expected a mapping of settings"),))
    problems = list(_of_keys(name, root))
    key, config = next(((key, value) for key, value in root.value if _text(key) == "config"), (root, None))
    line = key.start_mark.line + 1
    if not isinstance(config, MappingNode):
        problems.append(Problem(name, line, 1, "config", "missing, expected a mapping of settings"))
        return StackFile(name, {}, tuple(problems))
    problems += _of_keys(name, config)
    settings: dict[str, Setting] = {}
    for name_of, value in config.value:
        if isinstance(name_of, ScalarNode) and name_of.tag != _MERGE:
            settings.setdefault(_text(name_of), _setting(name_of, value))
    merged = any(key.tag == _MERGE for key, _ in config.value)
    encryption = {_text(key): _setting(key, value) for key, value in root.value if _text(key) in OF_SECRETS}
    return StackFile(name, settings, tuple(problems), line, whole=not merged, encryption=encryption)


def _of_keys(name: str, mapping: MappingNode) -> Iterator[Problem]:
    """A key that is given twice, a merge key, and a key that is no text: what the engine and a person may read differently."""
    lines: dict[str, int] = {}
    for key, _ in mapping.value:
        text, line, column = _text(key), key.start_mark.line + 1, key.start_mark.column + 1
        if key.tag == _MERGE:
            yield Problem(name, line, column, "<<", "a YAML merge key, expected the keys themselves")
        elif not isinstance(key, ScalarNode):
            yield Problem(name, line, column, "", "got a key that is a list or a mapping, expected a name")
        elif text in lines:
            yield Problem(name, line, column, shown(text), f"given twice, expected it in line {lines[text]} only")
        lines.setdefault(text, line)


def _text(node: Node) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _setting(key: Node, value: Node) -> Setting:
    line, column = key.start_mark.line + 1, key.start_mark.column + 1
    if isinstance(value, ScalarNode):
        return Setting(_kind(value), str(value.value), (), line, column)
    data = _data(value)
    said, secret = json.dumps(data), _encrypted(data)
    if isinstance(value, SequenceNode):
        return Setting(ValueKind.LIST, said, tuple(map(_text, value.value)), line, column, secret)
    if any(_text(inner) == "secure" for inner, _ in value.value):
        return Setting(ValueKind.SECRET, "", (), line, column, secret=True)
    return Setting(ValueKind.MAPPING, said, (), line, column, secret)


def _data(node: Node) -> Any:
    """A list or a mapping of settings as plain data."""
    if isinstance(node, SequenceNode):
        return [_data(part) for part in node.value]
    if isinstance(node, MappingNode):
        return {_text(key): _data(value) for key, value in node.value}
    kind, text = _kind(node) if isinstance(node, ScalarNode) else ValueKind.NOTHING, _text(node)
    if kind is ValueKind.NUMBER:
        return json.loads(text.removeprefix("+"))
    return {ValueKind.NOTHING: None, ValueKind.TRUTH: text.lower() == "true"}.get(kind, text)


def _encrypted(data: Any) -> bool:
    if isinstance(data, dict):
        return data.keys() == {"secure"} or any(map(_encrypted, data.values()))
    return isinstance(data, list) and any(map(_encrypted, data))


_NOTHING = re.compile(r"~|null|Null|NULL|")
_TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)|[-+]?[0-9]+\.[0-9]+([eE][-+][0-9]+)?", re.ASCII)
_AMBIGUOUS = re.compile(
    r"y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF"  # truth in YAML 1.1, text in 1.2
    r"|[-+]?[0-9][0-9_]*"  # 010, 1_000
    r"|[-+]?0[bB][01_]+|[-+]?0[oO][0-7_]+|[-+]?0[xX][0-9a-fA-F_]+"
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"  # base 60 in YAML 1.1
    r"|[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?",  # a date in YAML 1.1
    re.ASCII,
)


def _kind(node: ScalarNode) -> ValueKind:
    """What the characters are to YAML 1.1, which the engine reads, and to 1.2 alike; a quoted value is always text."""
    if node.style:
        return ValueKind.TEXT if node.tag == _STRING else ValueKind.AMBIGUOUS
    for pattern, kind in (
        (_NOTHING, ValueKind.NOTHING),
        (_TRUTH, ValueKind.TRUTH),
        (_NUMBER, ValueKind.NUMBER),
        (_AMBIGUOUS, ValueKind.AMBIGUOUS),
    ):
        if pattern.fullmatch(str(node.value)):
            return kind
    return ValueKind.TEXT if node.tag == _STRING else ValueKind.AMBIGUOUS
