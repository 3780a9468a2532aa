"""Decides one request by identity policy, permissions boundary and session policy, as AWS does within one account.

An explicit deny in any of them refuses; otherwise each of them that is there must allow (IAM User Guide, "How AWS
enforcement code logic evaluates requests to allow or deny access"). Resource-based policies, service control policies
and policy variables are not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from driver.iam.conditions import Context, hold
from driver.iam.policy import Policy, Statement
from driver.iam.wildcards import covers, matches_action


@dataclass(frozen=True)
class Request:
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

    identity: Policy
    boundary: Policy | None = None
    session: Policy | None = None

    @property
    def all(self) -> Mapping[str, Policy]:
        """Each layer that is there, by what it is."""
        layers = {"policy": self.identity, "boundary": self.boundary, "session policy": self.session}
        return {kind: policy for kind, policy in layers.items() if policy}


def decide(request: Request, layers: Layers) -> Decision:
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


def _speaks_of(statement: Statement, request: Request, document: str) -> bool:
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
