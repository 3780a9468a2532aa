"""Reads the `deploy:` facts of one Pulumi.<env>.yaml: the account and the way into it. The rest is the program's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError

NAMESPACE = "deploy:"

Check = Callable[[Any], bool]


def _like(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _seconds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 900 <= value <= 43200  # noqa: PLR2004 -- AWS's own bounds of DurationSeconds


@dataclass(frozen=True)
class Fact:
    """One `deploy:` key: what it must look like, said and checked. The alphabets are IAM's and S3's own."""

    expected: str
    fits: Check
    required: bool = True


_ROLE = Fact("a role name: 1 to 64 of letters, digits and _+=,.@-", _like(r"[\w+=,.@-]{1,64}"))
_COMMON = {
    "account": Fact('12 digits in quotes, for example "111111111111"', _like(r"\d{12}")),
    "region": Fact("a region, for example eu-central-1", _like(r"[a-z]{2}(-[a-z]+)+-\d")),
}
TOOLS_FACTS: Mapping[str, Fact] = {
    **_COMMON,
    "jenkinsDeployRole": _ROLE,
    "jenkinsPreviewRole": _ROLE,
    "stateBucket": Fact("a bucket name", _like(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")),
    "stateKey": Fact("a KMS alias, for example alias/deploy-state", _like(r"alias/[\w/-]{1,250}")),
}
TARGET_FACTS: Mapping[str, Fact] = {
    **_COMMON,
    "bootstrapRole": _ROLE,
    "deploymentRole": _ROLE,
    "previewRole": _ROLE,
    "externalId": Fact("2 to 1224 of letters, digits and +=,.@:/-_", _like(r"[\w+=,.@:/-]{2,1224}")),
    "sessionDuration": Fact("900 to 43200 (seconds)", _seconds, required=False),
}


@dataclass(frozen=True)
class StackFile:
    """The `deploy:` facts of one file, without the namespace."""

    path: Path
    facts: Mapping[str, Any]


def read(path: Path, expected: Mapping[str, Fact]) -> tuple[StackFile, list[str]]:
    """The file's facts, and every problem with them as `file:line: key: got …, expected …`."""
    try:
        document = YAML(typ="rt").load(path)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return StackFile(path, {}), [f"{path.name}:{line}: not YAML: {error.problem}"]
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, CommentedMap):
        return StackFile(path, {}), [f"{path.name}:1: config: missing, expected a mapping of settings"]
    facts = {key.removeprefix(NAMESPACE): value for key, value in config.items() if str(key).startswith(NAMESPACE)}
    problems = []
    for key, fact in expected.items():
        if key not in facts:
            if fact.required:
                problems.append(
                    f"{path.name}:{config.lc.line + 1}: {NAMESPACE}{key}: missing, expected {fact.expected}"
                )
        elif not fact.fits(facts[key]):
            line = config.lc.key(NAMESPACE + key)[0] + 1
            problems.append(f"{path.name}:{line}: {NAMESPACE}{key}: got {facts[key]!r}, expected {fact.expected}")
    return StackFile(path, facts), problems
