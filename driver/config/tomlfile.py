"""Reads `deploy.toml` and says every problem with it as `file: key: got …, expected …`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from driver.config.model import DeployToml, DriftTable, IgnoreTable, ProgramTable, SandboxTable, StackTable

FILE = "deploy.toml"

_TABLES: Mapping[str, type[BaseModel]] = {
    "program": ProgramTable,
    "sandbox": SandboxTable,
    "stacks": StackTable,
    "drift": DriftTable,
}
_RULE = 3
"""How deep in a place a rule of `[[drift.ignore]]` is named: table, list, number."""
_KEY = "[key]"
"""How pydantic marks that a table's name is wrong, not what is in it."""


def read(path: Path) -> tuple[DeployToml | None, list[str]]:
    """The file, checked; None and its problems when it does not hold."""
    try:
        return DeployToml.model_validate(tomllib.loads(path.read_text("utf-8"))), []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return None, [f"{path.name}: not TOML: {error}"]
    except OSError as error:
        return None, [f"{path.name}: cannot be read: {error.strerror}"]
    except ValidationError as error:
        return None, [f"{path.name}: {_said(problem)}" for problem in error.errors()]


def _said(problem: Mapping[str, Any]) -> str:
    place = [str(part) for part in problem["loc"] if part != _KEY]
    key = ".".join(place)
    if problem["type"] == "missing":
        return f"{key}: missing, expected {_description(place)}"
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key; {_hint(place)}"
    if problem["type"] == "string_pattern_mismatch":
        return f"{key}: got {problem['input']!r}, expected {_description(place)}"
    return f"{key}: got {problem['input']!r}, {_expected(str(problem['msg']))}"


def _expected(message: str) -> str:
    said = message.removeprefix("Value error, ").replace("Input should be", "expected")
    return said.replace("a valid tuple", "a list").replace("a valid dictionary", "a table")


def _table(place: list[str]) -> type[BaseModel]:
    if place[0] == "drift" and len(place) > _RULE:
        return IgnoreTable
    return _TABLES[place[0]] if len(place) > 1 else DeployToml


def _description(place: list[str]) -> str:
    fields = _table(place).model_fields.values()
    return next((field.description or "" for field in fields if field.alias == place[-1]), "a value")


def _hint(place: list[str]) -> str:
    known = [str(field.alias) for field in _table(place).model_fields.values()]
    close = get_close_matches(place[-1], known, n=1)
    return f"did you mean {close[0]}?" if close else f"expected one of {', '.join(known)}"
