"""Reads the `deploy:` facts of one Pulumi.<env>.yaml: the account and the way into it. The rest is the program's own."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

NAMESPACE = "deploy:"

_SHORT = reprlib.Repr()
_SHORT.maxstring = 80

Value = str | int
Read = Callable[[Any], Value | None]


def _like(pattern: str) -> Read:
    compiled = re.compile(pattern, re.ASCII)
    return lambda got: str(got) if isinstance(got, str) and compiled.fullmatch(got) else None


def _seconds(got: Any) -> int | None:
    """`pulumi config set` writes numbers as text, a person writes them as they are."""
    if isinstance(got, bool) or not isinstance(got, str | int) or not re.fullmatch(r"[0-9]{1,9}", str(got)):
        return None
    return int(got) if 900 <= int(got) <= 43200 else None  # noqa: PLR2004 -- AWS's own bounds of DurationSeconds


@dataclass(frozen=True)
class Fact:
    """One `deploy:` key: what it must look like, said and checked. The alphabets are IAM's and S3's own.

    `read` answers None for what it refuses; `default` makes the key optional.
    """

    expected: str
    read: Read
    default: Value | None = None


_ROLE = Fact("a role name: 1 to 64 of letters, digits and _+=,.@-", _like(r"[\w+=,.@-]{1,64}"))
_KEY = Fact("a KMS alias, for example alias/deploy-state", _like(r"alias/[\w/-]{1,250}"))
_BUCKET = Fact("a bucket name", _like(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"))
_COMMON = {
    "account": Fact('12 digits in quotes, for example "111111111111"', _like(r"\d{12}")),
    "region": Fact("a region, for example eu-central-1", _like(r"[a-z]{2}(-[a-z]+)+-\d")),
}
TOOLS_FACTS: Mapping[str, Fact] = {
    **_COMMON,
    "jenkinsDeployRole": _ROLE,
    "jenkinsPreviewRole": _ROLE,
    "stateBucket": _BUCKET,
    "stateKey": _KEY,
    "accessStateBucket": replace(_BUCKET, default=""),
    "accessStateKey": replace(_KEY, default=""),
    "planKey": replace(_KEY, default="alias/deploy-plan"),
}
TARGET_FACTS: Mapping[str, Fact] = {
    **_COMMON,
    "bootstrapRole": replace(_ROLE, default="OrganizationAccountAccessRole"),
    "deploymentRole": _ROLE,
    "previewRole": _ROLE,
    "externalId": Fact("2 to 1224 of letters, digits and +=,.@:/-_", _like(r"[\w+=,.@:/-]{2,1224}")),
    "sessionDuration": Fact("900 to 43200 (seconds)", _seconds, default=3600),
}


@dataclass(frozen=True)
class StackFile:
    """The `deploy:` facts of one file, without the namespace, defaults filled in; only what holds is there."""

    path: Path
    facts: Mapping[str, Value]

    def text(self, key: str) -> str:
        """The fact of that key. Raises KeyError."""
        return str(self.facts[key])


def read(path: Path, expected: Mapping[str, Fact]) -> tuple[StackFile, list[str]]:
    """The file's facts, and every problem with them as `file:line: key: got …, expected …`."""
    try:
        document = YAML(typ="rt").load(path.read_text("utf-8"))
    except OSError as error:
        return StackFile(path, {}), [f"{path.name}: cannot be read: {error.strerror}"]
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return StackFile(path, {}), [f"{path.name}:{line}: not YAML: {error.problem}"]
    except (YAMLError, ValueError, RecursionError) as error:
        return StackFile(path, {}), [f"{path.name}: not YAML: {str(error).splitlines()[0]}"]
    config = document.get("config") if isinstance(document, CommentedMap) else None
    if not isinstance(config, CommentedMap):
        return StackFile(path, {}), [f"{path.name}:1: config: missing, expected a mapping of settings"]
    facts: dict[str, Value] = {}
    problems = []
    for key, fact in expected.items():
        got = config.get(NAMESPACE + key)
        value = fact.default if got is None else fact.read(got)
        if value is not None:
            facts[key] = value
        else:
            what = "missing" if got is None else f"got {_SHORT.repr(got)}"
            line = _line(config, NAMESPACE + key)
            problems.append(f"{path.name}:{line}: {NAMESPACE}{key}: {what}, expected {fact.expected}")
    return StackFile(path, facts), problems


def _line(config: CommentedMap, key: str) -> int:
    """Where the key stands, counted from 1; where the settings begin when it is not there or is merged in."""
    place = config.lc.data or {}
    return int(place[key][0] if key in place else config.lc.line) + 1


def line_of(path: Path, value: str) -> int:
    """The line, counted from 1, that says `value`; otherwise the one that says the account, otherwise the first."""
    lines = path.read_text("utf-8").splitlines()
    said = [number for number, line in enumerate(lines, 1) if line.split(": ", 1)[-1].strip(" \"'") == value]
    account = [number for number, line in enumerate(lines, 1) if f"{NAMESPACE}account:" in line]
    return next(iter([*said, *account]), 1)
