"""The rules of `deploy iam check`: everything that is wrong with the roles of some stacks; too little, too much, too far, too big.

A resource is needed as wide as it is when some need of each action is as wide: the needs say what nobody knows beforehand
with IAM's own wildcards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from deploy_driver import remedies
from deploy_driver.assurance.iam import escalation, levels, sizes
from deploy_driver.assurance.iam.levels import READING, Level
from deploy_driver.assurance.iam.roles import Documents, RoleDefinition
from deploy_driver.assurance.tokens import left_open
from deploy_driver.iam_policy import (
    Decision,
    IamPolicy,
    Layers,
    PolicyRequest,
    Statement,
    covers,
    decide,
    is_pattern,
    matches_action,
    names_action,
    read,
)
from deploy_project.remedy import Remedy
from deploy_project.seam import DocumentKind, kind_of


class IamRule(StrEnum):
    """The rules of `deploy iam check`; their names never change."""

    MISSING = "iam.missing"
    SURPLUS = "iam.surplus"
    SURPLUS_RESOURCE = "iam.surplus-resource"
    WILDCARD_ACTION = "iam.wildcard-action"
    ANY_RESOURCE = "iam.any-resource"
    REACHES_OTHERS = "iam.reaches-others"
    REACHES_ACCESS_STATE = "iam.reaches-access-state"
    UNCONDITIONED = "iam.unconditioned"
    TOO_BIG = "iam.too-big"
    WRITES = "iam.writes"
    SECRETS = "iam.secrets"
    ESCALATION = "iam.escalation"


REMEDIES = {
    IamRule.MISSING: remedies.IAM_MISSING,
    IamRule.SURPLUS: remedies.IAM_SURPLUS,
    IamRule.SURPLUS_RESOURCE: remedies.IAM_SURPLUS_RESOURCE,
    IamRule.WILDCARD_ACTION: remedies.IAM_WILDCARD_ACTION,
    IamRule.ANY_RESOURCE: remedies.IAM_ANY_RESOURCE,
    IamRule.REACHES_OTHERS: remedies.IAM_REACHES_OTHERS,
    IamRule.REACHES_ACCESS_STATE: remedies.IAM_REACHES_ACCESS_STATE,
    IamRule.UNCONDITIONED: remedies.IAM_UNCONDITIONED,
    IamRule.TOO_BIG: remedies.IAM_TOO_BIG,
    IamRule.WRITES: remedies.IAM_READING_ROLE,
    IamRule.SECRETS: remedies.IAM_READING_ROLE,
    IamRule.ESCALATION: remedies.IAM_ESCALATION,
}


@dataclass(frozen=True)
class IamFinding:
    """One thing that is not as it should be. `where` is the document, with the statement where there is one."""

    rule: IamRule
    stack: str
    role: str
    where: str
    fact: str

    @property
    def remedy(self) -> Remedy:
        """What to do about it."""
        return REMEDIES[self.rule]


def check(
    stacks: Mapping[str, Documents], roles: Sequence[RoleDefinition], access_states: Sequence[PolicyRequest] = ()
) -> list[IamFinding]:
    """The findings about `stacks` (name and documents), in their order.

    `roles` are the roles of every stack of the project: what one reaches of another is found by asking for what the
    other needs. `access_states` are what no role may touch (`reaches_access_states`). Raises PolicyError for a policy
    that cannot be decided.
    """
    found: list[IamFinding] = []
    for stack, documents in stacks.items():
        for role in roles:
            if role.stack == stack:
                found += [*_findings_of(role, roles), *reaches_access_states(role, access_states)]
        found += _sizes(stack, documents)
        for name, document in documents.items():
            if kind_of(name) is DocumentKind.TRUST:
                found += [IamFinding(IamRule.UNCONDITIONED, stack, "", name, fact) for fact in left_open(document)]
    return found


def missing(role: RoleDefinition) -> Iterator[IamFinding]:
    """Every need that the role's policies together refuse; once for each call, with the first request refused."""
    for need in role.needs:
        for request in need.requests:
            decision = decide(request, role.layers_for(need))
            if not decision.allowed:
                fact = f"{need.operation} ({need.phase} {need.type}) asks for {request}: {decision.reason}"
                yield IamFinding(IamRule.MISSING, role.stack, role.name, role.layers.identity.name, fact)
                break


def _findings_of(role: RoleDefinition, roles: Sequence[RoleDefinition]) -> Iterator[IamFinding]:
    yield from missing(role)
    yield from surplus(role)
    yield from reaches_others(role, roles)
    if role.only_reads:
        yield from beyond_reading(role, roles)
    for path in escalation.catalogue():
        found = escalation.is_open(path, role, roles)
        if found:
            fact = f"{path.id}: {path.name.lower()}, by {' and '.join(map(str, found.allowed))}"
            yield IamFinding(IamRule.ESCALATION, role.stack, role.name, role.layers.identity.name, fact)


def _sizes(stack: str, documents: Documents) -> Iterator[IamFinding]:
    for name, document in documents.items():
        size = sizes.size(name, document)
        if size.too_big:
            fact = f"{size.characters} characters, {size.quota} are allowed for a {kind_of(name)}"
            yield IamFinding(IamRule.TOO_BIG, stack, "", name, fact)


_S3 = re.compile(r"arn:aws:s3:::[^/*?]+/[^*?]*\*")
_OTHER = re.compile(r"(?:[^:*?]*:){5}[^/:*?]+[/:]/?[^/:*?]+[/:][^*?]*\*")
"""ARNs with a name and `*` behind it. In all but S3's a kind of thing stands before the name (`function:NAME`, `role/PATH`)."""
_MADE_UP = re.compile(r"(?<=[A-Za-z0-9_]-)\?{6,7}(?![^:/])")
"""What is added in IAM's words to the name that the program gives: seven characters by the engine, six by Secrets Manager."""
_FOLDER = re.compile(r"(?<=\d:)([a-z-]+/)\*/(?=[^/:*?]+$)")
"""A folder that nobody knows beforehand, with the thing's name behind it: an event bus, a group of schedules."""


def surplus(role: RoleDefinition) -> Iterator[IamFinding]:
    """Every action and every resource of the policy's Allow statements that no need of the role asks for."""
    for statement in role.layers.identity.statements:
        if statement.allows:
            for rule, fact in (*_surplus_actions(role, statement), *_surplus_resources(role, statement)):
                where = f"{role.layers.identity.name}: {statement.name}"
                yield IamFinding(rule, role.stack, role.name, where, fact)


def _surplus_actions(role: RoleDefinition, statement: Statement) -> Iterator[tuple[IamRule, str]]:
    if statement.but_actions:
        yield IamRule.WILDCARD_ACTION, f"allows everything but {', '.join(statement.but_actions)}"
    for action in statement.actions:
        needed = {request.action for request in _needed(role, statement, action)}
        if is_pattern(action):
            known, names = len(levels.meant_by(action)), f": {', '.join(sorted(needed))}" if needed else ""
            fact = f"{action} allows {known} known actions where {len(needed)} are needed{names}"
            yield IamRule.WILDCARD_ACTION, fact
        elif not needed:
            yield (
                IamRule.SURPLUS,
                f"{action} is allowed on {', '.join(statement.resources)}, and nothing needs it there",
            )


def _surplus_resources(role: RoleDefinition, statement: Statement) -> Iterator[tuple[IamRule, str]]:
    if statement.but_resources:
        yield IamRule.ANY_RESOURCE, f"allows every resource but {', '.join(statement.but_resources)}"
    for resource in statement.resources:
        narrow = [action for action in statement.actions if levels.takes_resource(action)]
        if narrow and not names_something(resource) and not (statement.conditions and resource != "*"):
            yield IamRule.ANY_RESOURCE, f"allows {', '.join(narrow)} on {resource}"
        for needed, actions in _too_wide(role, statement, resource).items():
            only = f"only {', '.join(needed)} is needed" if needed else "nothing is needed there"
            yield IamRule.SURPLUS_RESOURCE, f"{resource} is allowed for {', '.join(actions)}, and {only}"


def _too_wide(role: RoleDefinition, statement: Statement, resource: str) -> Mapping[tuple[str, ...], list[str]]:
    """The actions of which no need is as wide as the resource, by what they do need within it.

    Not those that are not needed at all in this statement, which is a finding of its own.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for action in statement.actions:
        needs = dict.fromkeys(request.resource for request in _needed(role, statement, action))
        if needs and not any(covers(need, resource) for need in needs):
            within = tuple(need for need in needs if covers(resource, need))
            found.setdefault(within, []).append(action)
    return found


def names_something(resource: str) -> bool:
    """Whether an ARN says by name what it is about, and leaves open at most what is below that name.

    Below a bucket: its objects; below a function, a log group or a path of roles: versions, streams, roles. `key/*` or
    `bucket-*` name nothing, so a condition has to say which of them is meant. `orders-dev-topic-???????` does: it is the
    name of what the engine names.
    """
    said = _FOLDER.sub(r"\1", _MADE_UP.sub("", resource))
    open_ended = _S3 if said.startswith("arn:aws:s3:") else _OTHER
    return not is_pattern(said) or open_ended.fullmatch(said) is not None


def _needed(role: RoleDefinition, statement: Statement, action: str) -> Iterator[PolicyRequest]:
    """What the role needs of the action where the statement allows it."""
    for request in role.requests:
        meant = request.resource
        met = any(covers(resource, meant) or covers(meant, resource) for resource in statement.resources or ("*",))
        if met and matches_action(action, request.action):
            yield request


NEIGHBOUR = "neighbour"
"""A stack that there is not; its things are named as this stack's are."""
STRANGER = "stranger"
"""A value that no condition expects."""


_PRESENT = {"s3:if-none-match"}
"""Keys that have one value wherever they are (Amazon S3 API, PutObject: `*`): what can be wrong is that they are not there."""


def neighbours(role: RoleDefinition, requests: Iterable[PolicyRequest]) -> Iterator[PolicyRequest]:
    """The requests on things of a stack of another name in the same account."""
    for request in requests:
        renamed = replace(
            request,
            resource=_renamed(role.env, request.resource),
            context={key: _renamed_value(role.env, value) for key, value in request.context.items()},
        )
        if renamed.key != request.key:
            yield renamed


def by_strangers(request: PolicyRequest) -> Iterator[tuple[str, PolicyRequest]]:
    """For each condition key that the request brings, the request with a wrong value of it, or without it."""
    for key, value in request.context.items():
        others = {other: said for other, said in request.context.items() if other != key}
        wrong = {} if key in _PRESENT else {key: STRANGER if isinstance(value, str) else (STRANGER,)}
        yield key, replace(request, context={**others, **wrong})


def reaches_others(role: RoleDefinition, roles: Iterable[RoleDefinition]) -> Iterator[IamFinding]:
    """What the policy by itself allows on other stacks' things, or whatever a condition key says."""
    own = {request.key for request in role.requests}
    others = (request for other in roles if other.stack != role.stack for request in other.requests)
    found: dict[str, list[PolicyRequest]] = {}
    for request in (*neighbours(role, role.requests), *others):
        decision = decide(request, Layers(role.layers.identity))
        if decision.allowed and request.key not in own:
            found.setdefault(_deciding(decision.reason), []).append(request)
    for statement, requests in found.items():
        fact = f"allows {requests[0]}, which is another stack's" + _more(requests)
        yield IamFinding(
            IamRule.REACHES_OTHERS, role.stack, role.name, f"{role.layers.identity.name}: {statement}", fact
        )
    yield from _unconditioned(role, own)


def _unconditioned(role: RoleDefinition, own: set[tuple[object, ...]]) -> Iterator[IamFinding]:
    found: dict[tuple[str, str], list[PolicyRequest]] = {}
    for request in role.requests:
        for key, wrong in by_strangers(request):
            decision = decide(wrong, Layers(role.layers.identity))
            if decision.allowed and wrong.key not in own:
                found.setdefault((_deciding(decision.reason), key), []).append(wrong)
    for (statement, key), requests in found.items():
        fact = f"allows {requests[0].action} whatever {key} is" + _more(requests)
        yield IamFinding(
            IamRule.UNCONDITIONED, role.stack, role.name, f"{role.layers.identity.name}: {statement}", fact
        )


def _deciding(reason: str) -> str:
    return reason.partition(" of ")[0]


def _more(requests: list[PolicyRequest]) -> str:
    return f"; and {len(requests) - 1} more" if requests[1:] else ""


def _renamed(env: str, text: str) -> str:
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(env)}(?![A-Za-z0-9])", NEIGHBOUR, text)


def _renamed_value(env: str, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    return _renamed(env, value) if isinstance(value, str) else tuple(_renamed(env, each) for each in value)


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
DECLARED = ("secretsmanager:GetSecretValue", "ssm:GetParameter")
"""Those by which the provider reads a value that the program declares. A preview's session lets them through, its role narrows them."""
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
        if not all(_allows_somewhere(policy, action) for policy in layers.all.values()):
            continue
        for resource in ("*", *resources):
            last = decide(PolicyRequest(action, resource, chosen=True), layers)
            if last.allowed:
                return Decision(allowed=True, reason=f"{action} on {resource}: {last.reason}")
    return last


def _allows_somewhere(policy: IamPolicy, action: str) -> bool:
    return any(names_action(statement, action) for statement in policy.statements if statement.allows)


def resources_of(roles: Iterable[RoleDefinition]) -> tuple[str, ...]:
    """Every resource that any of the roles needs."""
    return tuple(sorted({request.resource for role in roles for request in role.requests}))


def contents_of_others(role: RoleDefinition, roles: Iterable[RoleDefinition]) -> tuple[str, ...]:
    """The objects that the other roles of the stack read or write, and this one does not."""
    own = {request.resource for request in role.requests}
    others = [other for other in roles if other.stack == role.stack and other.name != role.name]
    objects = {request.resource for other in others for request in other.requests if request.action in CONTENTS}
    return tuple(sorted(objects - own))


def secrets_beyond(role: RoleDefinition) -> list[str]:
    """The reading of secrets that its work does not take: of a parameter, its value is all that there is to look at."""
    needed = {request.action for request in role.requests}
    return [action for action in SECRETS if action not in needed]


def session_only(session: IamPolicy) -> Layers:
    """Somebody who may do anything, in a session that the policy narrows."""
    return Layers(EVERYTHING, session=session)


def beyond_reading(role: RoleDefinition, roles: Sequence[RoleDefinition]) -> Iterator[IamFinding]:
    """What a reading role's policies allow that is not reading, or is reading too much."""
    name = role.layers.identity.name
    everywhere = resources_of(other for other in roles if other.stack == role.stack)
    unnarrowed = Layers(role.layers.identity, role.layers.boundary)
    for action in _unknown_actions(role.layers.identity):
        yield IamFinding(
            IamRule.WRITES, role.stack, role.name, name, f"{action} is allowed, and its level is not known"
        )
    for action, level in writing():
        decision = refused([action], everywhere, unnarrowed)
        if decision.allowed:
            yield IamFinding(IamRule.WRITES, role.stack, role.name, name, f"{decision.reason}; its level is {level}")
    for action in secrets_beyond(role):
        decision = refused([action], everywhere, unnarrowed)
        if decision.allowed:
            yield IamFinding(IamRule.SECRETS, role.stack, role.name, name, decision.reason)
    for action in CONTENTS:
        decision = refused([action], contents_of_others(role, roles), unnarrowed)
        if decision.allowed:
            yield IamFinding(IamRule.SECRETS, role.stack, role.name, name, decision.reason)


def _unknown_actions(policy: IamPolicy) -> Iterator[str]:
    """Actions of services whose actions are not known here, or that are none."""
    for statement in policy.statements:
        if statement.allows:
            yield from (action for action in statement.actions if not levels.meant_by(action))


def reaches_access_states(role: RoleDefinition, guarded: Iterable[PolicyRequest]) -> Iterator[IamFinding]:
    """What the role's policy or its boundary, each by itself, allows to be done to these things, whatever their requests' actions.

    `guarded` are the states of access layers: whoever writes one decides what an administrator's next run does. They are
    requests of a service's any action (`s3:*`) on one thing. Each of the two has to hold alone: the boundary
    where the policy is edited, the policy where the boundary is taken away.
    """
    for policy in (role.layers.identity, role.layers.boundary):
        decision = touched(Layers(policy), guarded) if policy else None
        if policy and decision and decision.allowed:
            yield IamFinding(IamRule.REACHES_ACCESS_STATE, role.stack, role.name, policy.name, decision.reason)


def touched(layers: Layers, guarded: Iterable[PolicyRequest]) -> Decision:
    """Refused when nothing at all can be done to any of these things, whatever else the caller says."""
    last = Decision(allowed=False, reason="nothing is guarded")
    for thing in guarded:
        for action, _ in levels.actions(thing.action.partition(":")[0]):
            # What is allowed on no single thing, such as listing the names of keys, does nothing to this one.
            if not levels.takes_resource(action) or not any(
                names_action(each, action) for each in layers.identity.statements if each.allows
            ):
                continue
            asked = PolicyRequest(action, thing.resource, thing.context, chosen=True)
            last = decide(asked, layers)
            if last.allowed:
                return Decision(allowed=True, reason=f"{asked}: {last.reason}")
    return last
