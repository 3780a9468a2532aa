"""What a role that only reads must not do: write, read secrets, read the contents that the others keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from deploy_driver.assurance.iam import levels
from deploy_driver.assurance.iam.evaluate import Decision, Layers, Policy, Request, decide, names_action, read
from deploy_driver.assurance.iam.finding import Finding, Rule
from deploy_driver.assurance.iam.holders import Role
from deploy_driver.assurance.iam.levels import READING, Level

SECRETS = (
    "kms:Decrypt",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
)
"""Reading in AWS's classification, or deciphering, that shows the value of a secret."""
CONTENTS = ("s3:GetObject", "s3:GetObjectTorrent", "s3:GetObjectVersion", "s3:GetObjectVersionTorrent")
"""Reading what an object holds."""

EVERYTHING = read(
    "everything", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
"""The policy of somebody who may do anything; a session policy must narrow even that."""


def writing(*services: str) -> tuple[tuple[str, Level], ...]:
    """Every known action of the services, or of all, that does more than read."""
    return tuple((action, level) for action, level in levels.actions(*services) if level not in READING)


def refused(actions: Iterable[str], resources: Sequence[str], layers: Layers) -> Decision:
    """Refused when none of the actions is allowed on any of the resources, whatever else the caller says."""
    last = Decision(
        allowed=False, reason=f"none is named in all of {', '.join(policy.name for policy in layers.all.values())}"
    )
    for action in actions:
        if not all(_names(policy, action) for policy in layers.all.values()):
            continue
        for resource in ("*", *resources):
            last = decide(Request(action, resource, chosen=True), layers)
            if last.allowed:
                return Decision(allowed=True, reason=f"{action} on {resource}: {last.reason}")
    return last


def _names(policy: Policy, action: str) -> bool:
    return any(names_action(statement, action) for statement in policy.statements if statement.allows)


def things(roles: Iterable[Role]) -> tuple[str, ...]:
    """Every resource that any of the roles needs."""
    return tuple(sorted({request.resource for role in roles for request in role.requests}))


def contents(role: Role, roles: Iterable[Role]) -> tuple[str, ...]:
    """The objects that the other roles of the stack read or write, and this one does not."""
    own = {request.resource for request in role.requests}
    others = [other for other in roles if other.stack == role.stack and other.name != role.name]
    objects = {request.resource for other in others for request in other.requests if request.action in CONTENTS}
    return tuple(sorted(objects - own))


def session_only(session: Policy) -> Layers:
    """Somebody who may do anything, in a session that the policy narrows."""
    return Layers(EVERYTHING, session=session)


def wrong(role: Role, roles: Sequence[Role]) -> Iterator[Finding]:
    """What a reading role's policies allow that is not reading, or is reading too much."""
    name = role.layers.identity.name
    everywhere = things(other for other in roles if other.stack == role.stack)
    unnarrowed = Layers(role.layers.identity, role.layers.boundary)
    for action in _unknown(role.layers.identity):
        yield Finding(Rule.WRITES, role.stack, role.name, name, f"{action} is allowed, and its level is not known")
    for action, level in writing():
        decision = refused([action], everywhere, unnarrowed)
        if decision.allowed:
            yield Finding(Rule.WRITES, role.stack, role.name, name, f"{decision.reason}; its level is {level}")
    for action in SECRETS:
        decision = refused([action], everywhere, unnarrowed)
        if decision.allowed:
            yield Finding(Rule.SECRETS, role.stack, role.name, name, decision.reason)
    for action in CONTENTS:
        decision = refused([action], contents(role, roles), unnarrowed)
        if decision.allowed:
            yield Finding(Rule.SECRETS, role.stack, role.name, name, decision.reason)


def _unknown(policy: Policy) -> Iterator[str]:
    """Actions of services whose actions are not known here, or that are none."""
    for statement in policy.statements:
        if statement.allows:
            yield from (action for action in statement.actions if not levels.meant_by(action))
