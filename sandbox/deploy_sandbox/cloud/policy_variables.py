"""Policy variables: `${aws:PrincipalTag/team}` in a Resource or in a condition's value stands for the request's value.

A variable that the request does not have matches nothing, unless it names a default: `${aws:username, 'nobody'}`.
(IAM User Guide, "IAM policy elements: Variables and tags".) The emulator compared them literally.
Two things are not modelled: a policy of version 2008-10-17, in which AWS reads variables literally, and the escapes
`${*}`, `${?}` and `${$}`, which match nothing here.
"""

from __future__ import annotations

import re
from dataclasses import replace as with_values
from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_VARIABLE = re.compile(r"\$\{(?P<key>[^},]+?)\s*(?:,\s*'(?P<default>[^']*)')?\}")


class _UnknownVariableError(Exception):
    """The request has no value for a variable."""


def install() -> None:
    replace("core.iam_evaluator", "_first_match", _in_resources)
    replace("core.iam_evaluator", "_conditions_met", _in_conditions)


def _substitute(text: str, ctx: Any) -> str:
    def value(found: re.Match[str]) -> str:
        actual = emulator.condition_value(found["key"].strip(), ctx)
        if actual is None or isinstance(actual, list):
            actual = found["default"]
        if actual is None:
            raise _UnknownVariableError
        return str(actual)

    return _VARIABLE.sub(value, text)


def _in_resources(original: Callable[..., Any]) -> Callable[..., Any]:
    def first_match(ctx: Any, stmts: list[Any], effect: str) -> Any:
        for statement in stmts:
            if original(ctx, [_substituted(statement, ctx)], effect):
                return statement
        return None

    return first_match


def _substituted(statement: Any, ctx: Any) -> Any:
    """The statement for this request; a resource whose variable is unknown stays as it is, and so matches nothing."""
    patterns = (*statement.resources, *statement.not_resources)
    if not any("${" in pattern for pattern in patterns):
        return statement

    def known(pattern: str) -> str:
        try:
            return _substitute(pattern, ctx)
        except _UnknownVariableError:
            return pattern

    return with_values(
        statement,
        resources=[known(pattern) for pattern in statement.resources],
        not_resources=[known(pattern) for pattern in statement.not_resources],
    )


def _in_conditions(original: Callable[..., bool]) -> Callable[..., bool]:
    def conditions_met(conditions: dict[str, Any], ctx: Any) -> bool:
        if "${" not in str(conditions):
            return original(conditions, ctx)
        try:
            return original(_deep(conditions, ctx), ctx)
        except _UnknownVariableError:
            return False

    return conditions_met


def _deep(value: Any, ctx: Any) -> Any:
    if isinstance(value, dict):
        return {key: _deep(inner, ctx) for key, inner in value.items()}
    if isinstance(value, list):
        return [_deep(inner, ctx) for inner in value]
    return _substitute(value, ctx) if isinstance(value, str) else value
