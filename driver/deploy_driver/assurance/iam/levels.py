"""What an action does by AWS's own classification: read, list, write, tag, or change who may do what.

The table is made by `generate/access_levels.py` from AWS's Service Authorization Reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from deploy_driver import remedies
from deploy_driver.iam_policy import PolicyError, matches_action


class Level(StrEnum):
    """AWS's access levels."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS = "Permissions management"


READING = frozenset({Level.LIST, Level.READ})


def actions(*services: str) -> Iterator[tuple[str, Level]]:
    """Every known action with its level, of these services or of all."""
    for action, level in _table().items():
        if not services or action.partition(":")[0] in services:
            yield action, level


def services() -> tuple[str, ...]:
    """The services whose actions are known."""
    return tuple(_file()["levels"])


def level(action: str) -> Level:
    """The level of one action, in any case. Raises PolicyError for one that is not known."""
    found = _by_lower_case().get(action.lower())
    if not found:
        raise PolicyError(
            f"the access level of {action} is not known",
            remedy=remedies.NAME_AN_ACTION.of(services=", ".join(services())),
        )
    return _table()[found]


def meant_by(pattern: str) -> tuple[str, ...]:
    """The known actions that a pattern with wildcards names."""
    return tuple(action for action in _table() if matches_action(pattern, action))


def takes_resource(action: str) -> bool:
    """Whether AWS lets the action be allowed on single resources; unknown actions are taken to."""
    service, _, name = action.partition(":")
    return name.lower() not in {known.lower() for known in _file()["without-resource"].get(service.lower(), ())}


@cache
def _file() -> Mapping[str, Any]:
    said: Mapping[str, Any] = json.loads((files("deploy_driver.assurance.iam") / "levels.json").read_text("utf-8"))
    return said


@cache
def _table() -> Mapping[str, Level]:
    return {
        f"{service}:{name}": Level(level)
        for service, levels in _file()["levels"].items()
        for level, names in levels.items()
        for name in names
    }


@cache
def _by_lower_case() -> Mapping[str, str]:
    return {action.lower(): action for action in _table()}
