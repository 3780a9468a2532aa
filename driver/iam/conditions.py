"""Whether a statement's conditions hold for a request.

Source: IAM User Guide, "Condition operators", "Multivalued context keys" and "Null condition operator". A key that is
absent from a request makes a condition false, true for a negated operator, and true with `…IfExists`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from driver.iam.policy import Conditions, PolicyError
from driver.iam.wildcards import matches, matches_arn

Context = Mapping[str, str | tuple[str, ...]]
"""Condition keys of a request; a tuple for a key that has several values."""

_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda said, actual: said == actual,
    "StringLike": matches,
    "ArnEquals": matches_arn,
    "ArnLike": matches_arn,
    "Bool": lambda said, actual: said.lower() == actual.lower(),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
_IF_EXISTS, _ANY, _ALL = "IfExists", "ForAnyValue:", "ForAllValues:"


@dataclass(frozen=True)
class _Operator:
    compare: Callable[[str, str], bool]
    negated: bool
    if_exists: bool
    over: str


def hold(conditions: Conditions, context: Context, *, where: str, unsaid: bool | None = None) -> bool:
    """Whether all conditions hold.

    `unsaid` is what a condition on a key that the context does not say comes to: None is what AWS makes of an absent
    key; True or False when the key is said to be anything that suits the caller. Raises PolicyError.
    """
    keys = {key.lower(): value for key, value in context.items()}
    return all(
        _holds(operator, said, keys.get(key.lower()), where=f"{where}: {operator}: {key}", unsaid=unsaid)
        for operator, asked in conditions.items()
        for key, said in asked.items()
    )


def check_known(conditions: Conditions, *, where: str) -> None:
    """Raise PolicyError for an operator that is not known here, or a Null that is neither true nor false."""
    for operator, asked in conditions.items():
        if operator != "Null":
            _operator(operator, where)
            continue
        for said in asked.values():
            if {value.lower() for value in said} not in ({"true"}, {"false"}):
                raise PolicyError(f"got Null {', '.join(said)}, expected true or false", where=where)


def _holds(
    name: str, said: tuple[str, ...], actual: str | tuple[str, ...] | None, *, where: str, unsaid: bool | None
) -> bool:
    if actual is None and unsaid is not None:
        return unsaid
    if name == "Null":
        return (actual is None) == (said[0].lower() == "true")
    operator = _operator(name, where)
    if actual is None:
        return operator.if_exists or operator.over == _ALL or (operator.negated and operator.over != _ANY)
    if not operator.over:
        if not isinstance(actual, str):
            raise PolicyError("the key has several values, which takes ForAnyValue or ForAllValues", where=where)
        return _compares(operator, said, actual)
    values = (actual,) if isinstance(actual, str) else actual
    found = [_compares(operator, said, value) for value in values]
    return all(found) if operator.over == _ALL else any(found)


def _compares(operator: _Operator, said: tuple[str, ...], actual: str) -> bool:
    """Any of the values for an operator, none of them for a negated one."""
    return any(operator.compare(value, actual) for value in said) is not operator.negated


def _operator(name: str, where: str) -> _Operator:
    over = next((prefix for prefix in (_ANY, _ALL) if name.startswith(prefix)), "")
    plain = name.removeprefix(over).removesuffix(_IF_EXISTS)
    positive = _NEGATED.get(plain, plain)
    if positive not in _OPERATORS:
        raise PolicyError(f"the condition operator {name} is not known here", where=where)
    return _Operator(_OPERATORS[positive], plain in _NEGATED, name.endswith(_IF_EXISTS), over)
