"""What differs between two stacks of one project: settings, what was deployed, resources, roles.

A stack's name, account, region and external id are its own; where two values differ in these alone, they are taken to be the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from deploy_driver.values import Stack


class Part(StrEnum):
    """What two stacks are compared in."""

    SETTING = "setting"
    DEPLOYED = "deployed"
    RESOURCE = "resource"
    ROLE = "role"


@dataclass(frozen=True)
class ComparedStack:
    """A stack and what is known of it: of each part, things by name, as JSON values.

    `ids` are those that AWS gave its resources, each with what the resource is called in every stack.
    """

    stack: Stack
    known: Mapping[Part, Mapping[str, Any]]
    ids: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def own(self) -> Mapping[str, str]:
        """What is the stack's own, and what stands for it in a comparison."""
        stack = self.stack
        words = {
            **self.ids,
            stack.env: "STACK",
            stack.name: "STACK",
            stack.region: "REGION",
            stack.account: "ACCOUNT",
            stack.external_id: "EXTERNAL-ID",
        }
        return {word: name for word, name in words.items() if word}

    @cached_property
    def own_words(self) -> re.Pattern[str]:
        """Any of them as a whole word."""
        longest_first = sorted(self.own, key=len, reverse=True)
        return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9])")

    def plain(self, value: Any) -> Any:
        """The value without what is the stack's own."""
        if isinstance(value, Mapping):
            return {self.plain(key): self.plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        return self.own_words.sub(lambda found: self.own[found[0]], value) if isinstance(value, str) else value

    def things(self, part: Part) -> Mapping[str, Any]:
        """What is known of a part, each thing under a name that every stack could give it."""
        return {self.plain(name): value for name, value in self.known.get(part, {}).items()}

    def leaves(self, thing: Any) -> Mapping[str, Any]:
        """What a thing consists of, by where it stands."""
        return {self.plain(path): value for path, value in _leaves("", thing)}


@dataclass(frozen=True)
class Unlike:
    """One thing that the two have differently, as JSON values; None where one does not have it."""

    part: Part
    what: str
    left: Any
    right: Any


def comparison(left: ComparedStack, right: ComparedStack) -> tuple[Unlike, ...]:
    """Everything in which they differ, part by part, in the order of the names."""
    return tuple(Unlike(part, *found) for part in Part for found in _unlike(left, right, part))


def _unlike(left: ComparedStack, right: ComparedStack, part: Part) -> Iterator[tuple[str, Any, Any]]:
    mine, theirs = left.things(part), right.things(part)
    for name in sorted(mine.keys() | theirs.keys()):
        if name not in mine or name not in theirs:
            yield name, _summed(mine.get(name)), _summed(theirs.get(name))
            continue
        old, new = left.leaves(mine[name]), right.leaves(theirs[name])
        for path in dict.fromkeys([*old, *new]):
            if left.plain(old.get(path)) != right.plain(new.get(path)):
                yield f"{name} {path}".strip(), old.get(path), new.get(path)


def _summed(value: Any) -> Any:
    """What only one has: a value, or that it is there."""
    return "there" if isinstance(value, Mapping | list) else value


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """An object is taken apart, also as JSON in a text, and a list of objects, such as the statements of a policy, by their Sid."""
    value = _read(value)
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, item)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value):
            name = item.get("Sid", index) if isinstance(item, Mapping) else index
            yield from _leaves(f"{path}[{name}]", item)
    else:
        yield path, value


def _read(value: Any) -> Any:
    """A policy document in a text, as what it says."""
    if not isinstance(value, str) or not value.startswith("{"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
