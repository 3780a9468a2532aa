"""IAM's wildcards: `*` stands for any characters, `?` for exactly one."""

from __future__ import annotations

import re
from functools import cache

_ARN_PARTS = 6


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text, in its case, is what the pattern says: resources, StringLike."""
    return _compiled(pattern).fullmatch(text) is not None


def covers(pattern: str, resource: str) -> bool:
    """Whether the pattern stands for everything that `resource` stands for, which may have wildcards too."""
    return _covering(pattern).fullmatch(resource) is not None


@cache
def matches_action(pattern: str, action: str) -> bool:
    """The same for actions, whose case does not matter."""
    return matches(pattern.lower(), action.lower())


def matches_arn(pattern: str, arn: str) -> bool:
    """Whether each of the six parts of the ARN is what that part of the pattern says: ArnEquals, ArnLike."""
    parts, said = arn.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    return len(parts) == len(said) == _ARN_PARTS and all(map(matches, said, parts))


def is_pattern(text: str) -> bool:
    """Whether it holds a wildcard."""
    return "*" in text or "?" in text


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return _expression(pattern, one=".")


@cache
def _covering(pattern: str) -> re.Pattern[str]:
    """A `*` of the other stands for any characters, so only a `*` covers it."""
    return _expression(pattern, one="[^*]")


def _expression(pattern: str, *, one: str) -> re.Pattern[str]:
    said = "".join({"*": ".*", "?": one}.get(character) or re.escape(character) for character in pattern)
    return re.compile(said, re.DOTALL)
