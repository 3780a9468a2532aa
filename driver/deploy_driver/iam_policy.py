"""Decides one request by identity policy, permissions boundary and session policy, as AWS does within one account.

Source: IAM User Guide, "Condition operators", "Multivalued context keys" and "Null condition operator". A key that is
absent from a request makes a condition false, true for a negated operator, and true with `…IfExists`.

Source: IAM User Guide, "IAM JSON policy elements reference" and "Grammar of the IAM JSON policy language".

An explicit deny in any of them refuses; otherwise each of them that is there must allow (IAM User Guide, "How AWS
enforcement code logic evaluates requests to allow or deny access"). Resource-based policies, service control policies
and policy variables are not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from deploy_driver.errors import UsageError
from deploy_project.seam import RoleNeed

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


Conditions = Mapping[str, Mapping[str, tuple[str, ...]]]


class PolicyError(UsageError):
    """A policy says something that cannot be decided here. `where` names the document, the statement and the element."""


@dataclass(frozen=True)
class Statement:
    """One statement of an identity policy, a boundary or a session policy. `name` is its Sid, or its place from 1."""

    name: str
    allows: bool
    actions: tuple[str, ...] = ()
    but_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    but_resources: tuple[str, ...] = ()
    conditions: Conditions = field(default_factory=dict)


@dataclass(frozen=True)
class IamPolicy:
    """A document under the name it goes by, for example `deployment.policy`."""

    name: str
    statements: tuple[Statement, ...]


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


_DOCUMENT = {"Version", "Id", "Statement"}
_STATEMENT = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


def read(name: str, document: Mapping[str, Any]) -> IamPolicy:
    """The policy in `document`. Raises PolicyError that names what is not known."""
    _known(name, document, _DOCUMENT)
    if document.get("Version") != "2012-10-17":
        raise PolicyError(f"got Version {document.get('Version')!r}, expected '2012-10-17'", where=name)
    found = document.get("Statement", [])
    statements = [found] if isinstance(found, Mapping) else found
    return IamPolicy(name, tuple(_statement(name, place, each) for place, each in enumerate(statements, 1)))


def _statement(document: str, place: int, said: Mapping[str, Any]) -> Statement:
    name = str(said.get("Sid") or place)
    where = f"{document}: {name}"
    _known(where, said, _STATEMENT)
    if said.get("Effect") not in {"Allow", "Deny"}:
        raise PolicyError(f"got Effect {said.get('Effect')!r}, expected 'Allow' or 'Deny'", where=where)
    for one, other in (("Action", "NotAction"), ("Resource", "NotResource")):
        if (one in said) == (other in said):
            raise PolicyError(f"expected either {one} or {other}", where=where)
    conditions = {
        operator: {key: _texts(f"{where}: {operator}", values) for key, values in keys.items()}
        for operator, keys in said.get("Condition", {}).items()
    }
    check_known(conditions, where=where)
    return Statement(
        name=name,
        allows=said["Effect"] == "Allow",
        actions=_texts(where, said.get("Action", ())),
        but_actions=_texts(where, said.get("NotAction", ())),
        resources=_texts(where, said.get("Resource", ())),
        but_resources=_texts(where, said.get("NotResource", ())),
        conditions=conditions,
    )


def _texts(where: str, values: Any) -> tuple[str, ...]:
    many = (values,) if isinstance(values, str | bool) else tuple(values)
    texts = tuple(str(value).lower() if isinstance(value, bool) else value for value in many)
    for text in texts:
        if not isinstance(text, str):
            raise PolicyError(f"got {text!r}, expected a text", where=where)
        if "${" in text:
            raise PolicyError(f"the policy variable in {text!r} is not known here", where=where)
    return texts


def _known(where: str, said: Mapping[str, Any], elements: set[str]) -> None:
    unknown = sorted(set(said) - elements)
    if unknown:
        raise PolicyError(f"the element {unknown[0]} is not known here", where=where)


@dataclass(frozen=True)
class PolicyRequest:
    """An action on a resource (`*` where the action has none) with the condition keys of the call.

    A resource with wildcards stands for many: a statement speaks of it when it speaks of all of them.
    With `chosen`, keys that `context` does not say may be whatever suits the caller: an Allow's condition on them
    holds, a Deny's does not. That is how it is asked whether anything at all could be allowed.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    chosen: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """The same for the same question."""
        return (self.action, self.resource, tuple(sorted(self.context.items())), self.chosen)

    def __str__(self) -> str:
        said = ", ".join(f"{key}={value}" for key, value in self.context.items())
        return f"{self.action} on {self.resource}" + (f" with {said}" if said else "")


def requests_of(need: RoleNeed) -> tuple[PolicyRequest, ...]:
    """The requests that AWS authorises for a call that a role makes."""
    context = {key: value if isinstance(value, str) else tuple(value) for key, value in need.context.items()}
    return tuple(PolicyRequest(need.action, resource, context) for resource in need.resources)


@dataclass(frozen=True)
class Decision:
    """What comes of a request, and which document and statement decided."""

    allowed: bool
    reason: str

    def __str__(self) -> str:
        return f"{'allowed' if self.allowed else 'refused'}: {self.reason}"


@dataclass(frozen=True)
class Layers:
    """The policies that together decide for one role: its own, its boundary's and its session's where there are such."""

    identity: IamPolicy
    boundary: IamPolicy | None = None
    session: IamPolicy | None = None

    @property
    def all(self) -> Mapping[str, IamPolicy]:
        """Each layer that is there, by what it is."""
        layers = {"policy": self.identity, "boundary": self.boundary, "session policy": self.session}
        return {kind: policy for kind, policy in layers.items() if policy}


def decide(request: PolicyRequest, layers: Layers) -> Decision:
    """Whether the request is allowed. Raises PolicyError for a policy that says what is not known here."""
    matched = {
        kind: [each for each in policy.statements if _speaks_of(each, request, policy.name)]
        for kind, policy in layers.all.items()
    }
    for kind, statements in matched.items():
        denial = next((each for each in statements if not each.allows), None)
        if denial:
            return Decision(allowed=False, reason=f"{denial.name} of {layers.all[kind].name} denies it")
    for kind, statements in matched.items():
        if not statements:
            return Decision(allowed=False, reason=f"nothing in the {kind} {layers.all[kind].name} allows it")
    granted = [f"{statements[0].name} of {layers.all[kind].name}" for kind, statements in matched.items()]
    return Decision(allowed=True, reason=" and ".join(granted) + (" allow it" if granted[1:] else " allows it"))


def _speaks_of(statement: Statement, request: PolicyRequest, document: str) -> bool:
    return (
        names_action(statement, request.action)
        and names_resource(statement, request.resource)
        and hold(
            statement.conditions,
            request.context,
            where=f"{document}: {statement.name}",
            unsaid=statement.allows if request.chosen else None,
        )
    )


def names_action(statement: Statement, action: str) -> bool:
    """Whether the statement is about the action."""
    if statement.actions:
        return any(matches_action(pattern, action) for pattern in statement.actions)
    return not any(matches_action(pattern, action) for pattern in statement.but_actions)


def names_resource(statement: Statement, resource: str) -> bool:
    """Whether the statement is about the resource."""
    if statement.resources:
        return any(covers(pattern, resource) for pattern in statement.resources)
    return not any(covers(pattern, resource) for pattern in statement.but_resources)
