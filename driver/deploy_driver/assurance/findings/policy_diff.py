"""Whether two policy documents mean the same, and where they do not: order, lists of one, ids and spelling do not count."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from deploy_project.stacks import arn

_SHOWN = 3
"""Differences that are told one by one; a rewritten policy has hundreds."""


@dataclass(frozen=True, order=True)
class StatementGrant:
    """The smallest part of a policy: one effect, on one thing, for one principal, under conditions (as JSON)."""

    effect: str
    principal: str
    action: str
    resource: str
    conditions: str

    def __str__(self) -> str:
        whom = f" by {self.principal}" if self.principal else ""
        what = f" on {self.resource}" if self.resource else ""
        return f"{self.effect} {self.action}{what}{whom}"

    @property
    def without_conditions(self) -> StatementGrant:
        """The same, whenever."""
        return StatementGrant(self.effect, self.principal, self.action, self.resource, "")


def differences(derived: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """In words, what `found` says besides `derived`, and what it no longer says; empty where both mean the same."""
    wanted, seen = frozenset(grants(derived)), frozenset(grants(found))
    more, less = seen - wanted, wanted - seen
    moved = {grant.without_conditions for grant in more} & {grant.without_conditions for grant in less}
    said = [
        _told("under other conditions", moved),
        _told("besides", {grant for grant in more if grant.without_conditions not in moved}),
        _told("no longer", {grant for grant in less if grant.without_conditions not in moved}),
    ]
    if derived.get("Version") != found.get("Version"):
        said.append(f"version {found.get('Version')} instead of {derived.get('Version')}")
    return "; ".join(part for part in said if part)


def principals(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Everyone whom the statements of a resource's policy name."""
    named = (_principals(statement.get("Principal")) for statement in entries(document.get("Statement")))
    return tuple(dict.fromkeys(principal for every in named for principal in every))


def _told(how: str, grants: set[StatementGrant]) -> str:
    if not grants:
        return ""
    first = ", ".join(str(grant) for grant in sorted(grants)[:_SHOWN])
    rest = f" and {len(grants) - _SHOWN} more" if len(grants) > _SHOWN else ""
    return f"{how}: {first}{rest}"


def grants(document: Mapping[str, Any]) -> Iterator[StatementGrant]:
    """The smallest parts that a document is made of."""
    for statement in entries(document.get("Statement")):
        whom = ["not " + one for one in _principals(statement.get("NotPrincipal"))]
        parts = product(
            [str(statement.get("Effect"))],
            whom or _principals(statement.get("Principal")) or [""],
            _either(statement, "Action", str.lower),
            _either(statement, "Resource", str),
            [_conditions(statement.get("Condition"))],
        )
        yield from (StatementGrant(*part) for part in parts)


def _either(statement: Mapping[str, Any], key: str, spelled: Any) -> list[str]:
    """The entries one by one; those of a `Not…` mean something only all together."""
    without = [spelled(str(entry)) for entry in entries(statement.get(f"Not{key}"))]
    if without:
        return ["all but " + " ".join(sorted(without))]
    return [spelled(str(entry)) for entry in entries(statement.get(key))] or [""]


def _principals(principal: Any) -> list[str]:
    """`*` is every AWS principal (IAM User Guide, "Principal"), and an account's id is its root's ARN."""
    if not isinstance(principal, Mapping):
        return ["AWS:*" if one == "*" else str(one) for one in entries(principal)]
    return [f"{kind}:{_account(str(one))}" for kind, named in principal.items() for one in entries(named)]


def _account(principal: str) -> str:
    return arn("iam", "root", account=principal) if principal.isdigit() else principal


def _conditions(conditions: Any) -> str:
    """Condition keys have no case, operators too; true and "true" are the same (IAM User Guide, "Condition")."""
    plain = {
        operator.lower(): {key.lower(): sorted(map(_value, entries(values))) for key, values in keys.items()}
        for operator, keys in (conditions or {}).items()
    }
    return json.dumps(plain, sort_keys=True)


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def entries(value: Any) -> Sequence[Any]:
    """What a policy says in one place, where it may say one thing, several or nothing."""
    if value is None:
        return []
    return value if isinstance(value, list | tuple) else [value]
