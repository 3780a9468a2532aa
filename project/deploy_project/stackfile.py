"""Reads a Pulumi stack file as it is written: every key with its line and column, every value before anybody decides what it means.

Whatever is no stack file at all is a problem of the file, never an exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deploy_project.files import content_of
from deploy_project.stacks import TOOLS, env_in
from deploy_project.written import (
    Problem,
    ValueKind,
    at,
    data_of,
    document,
    kind_of,
    of_keys,
    shown,
    strangers,
    text_of,
    within,
)

OF_SECRETS = ("secretsprovider", "encryptedkey", "encryptionsalt")
"""Keys of a stack file that say how its secrets are encrypted, and with them the state."""

_INSTEAD = {
    "environment": "environments are Pulumi Cloud's, and states are in S3 here: write what it holds under `config:`",
}

_FULL_KEY = re.compile(r"[^:]+:[^:]+")


@dataclass(frozen=True)
class Setting:
    """One key of `config:` with its value as it is written. `items` are the texts of a list.

    The text of a list or a mapping is JSON. `secret`: the value, or a part of it, is encrypted. `data` is what the engine gets.
    """

    kind: ValueKind
    text: str = ""
    items: tuple[str, ...] = ()
    line: int = 1
    column: int = 1
    secret: bool = False
    data: Any = field(default=None, compare=False, repr=False)

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

    `line` is where the settings begin. `encryption` are the keys beside `config:` that say how its secrets are encrypted.
    """

    name: str
    settings: Mapping[str, Setting]
    problems: tuple[Problem, ...] = ()
    line: int = 1
    encryption: Mapping[str, Setting] = field(default_factory=dict)

    @property
    def env(self) -> str:
        """What stands in its name: `dev` of `Pulumi.dev.yaml`."""
        return env_in(self.name)

    def problem(self, key: str, what: str) -> Problem:
        """A problem with one key, where it stands; where the settings begin when it is not there."""
        setting = self.settings.get(key) or self.encryption.get(key)
        line, column = (setting.line, setting.column) if setting else (self.line, 1)
        return Problem(self.name, line, column, shown(key), what)

    def place_of(self, value: str) -> tuple[int, int]:
        """The line and column of the key with this value; otherwise those of the account, otherwise the file's first."""
        found = [setting for setting in self.settings.values() if setting.text == value]
        setting = next(iter(found), self.settings.get("deploy:account"))
        return (setting.line, setting.column) if setting else (1, 1)


Reader = Callable[[Path], StackFile]


def read(path: Path) -> StackFile:
    """The file at `path`, parsed once for as long as its content is the same. It may be missing or hold anything."""
    try:
        return parse(path.name, content_of(path))
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
    whole = document(name, content)
    if whole.problems:
        return StackFile(name, {}, whole.problems)
    return _stack_file(name, whole.root)


def _stack_file(name: str, root: Node | None) -> StackFile:
    if not isinstance(root, MappingNode):
        return StackFile(name, {}, (Problem(name, 1, 1, "config", "missing, expected a mapping of settings"),))
    problems = [*of_keys(name, root), *strangers(name, root, ("config", *OF_SECRETS), _INSTEAD)]
    key, config = next(((key, value) for key, value in root.value if text_of(key) == "config"), (root, None))
    line = key.start_mark.line + 1
    if not isinstance(config, MappingNode):
        problems.append(Problem(name, line, 1, "config", "missing, expected a mapping of settings"))
        return StackFile(name, {}, tuple(problems))
    problems += of_keys(name, config)
    settings: dict[str, Setting] = {}
    for key, value in config.value:
        problems += _of_setting(name, key, value)
        if isinstance(key, ScalarNode):
            settings.setdefault(text_of(key), _setting(key, value))
    encryption = {text_of(key): _setting(key, value) for key, value in root.value if text_of(key) in OF_SECRETS}
    for said, setting in encryption.items():
        if setting.kind is not ValueKind.TEXT:
            problems.append(
                Problem(name, setting.line, setting.column, said, f"got {setting.shown()}, expected a text")
            )
    return StackFile(name, settings, tuple(problems), line, encryption=encryption)


def _of_setting(name: str, key: Node, value: Node) -> Iterator[Problem]:
    """What is wrong with a setting, whatever it means. What `deploy:` may say is judged by its keys, each with its own words."""
    text = text_of(key)
    if kind_of(key) is ValueKind.TEXT and not _FULL_KEY.fullmatch(text):
        yield at(
            name,
            key,
            shown(text),
            f"expected a key with its namespace, such as PROJECT:{shown(text.rpartition(':')[2])}",
        )
    if not (text.startswith("deploy:") and isinstance(value, ScalarNode)):
        yield from within(name, shown(text), value)


def _setting(key: Node, value: Node) -> Setting:
    line, column = key.start_mark.line + 1, key.start_mark.column + 1
    kind, data = kind_of(value), data_of(value)
    secret = _encrypted(data)
    if kind is ValueKind.SECRET:
        return Setting(kind, "", (), line, column, secret=True, data=data)
    if isinstance(value, ScalarNode):
        return Setting(kind, text_of(value), (), line, column, data=data)
    items = tuple(map(text_of, value.value)) if isinstance(value, SequenceNode) else ()
    return Setting(kind, json.dumps(data), items, line, column, secret, data)


def _encrypted(data: Any) -> bool:
    if isinstance(data, dict):
        return data.keys() == {"secure"} or any(map(_encrypted, data.values()))
    return isinstance(data, list) and any(map(_encrypted, data))
