"""What the documents alone decide: enough, minimal, kept apart, no known way to more rights, reading only, and each policy alone.

Every refusal names its twin: the case in which the same thing is allowed where it should be.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from deploy_driver.assurance.iam import escalation, levels, sizes
from deploy_driver.assurance.iam.check import (
    CONTENTS,
    DECLARED,
    by_strangers,
    contents_of_others,
    neighbours,
    refused,
    resources_of,
    secrets_beyond,
    session_only,
    surplus,
    touched,
    writing,
)
from deploy_driver.assurance.iam.roles import CallNeed, Documents, RoleDefinition
from deploy_driver.assurance.prove import buckets, trust
from deploy_driver.assurance.prove.case import CaseAnswer, Method, ProofCase, Verdict, decided
from deploy_driver.assurance.prove.facts import Facts
from deploy_driver.iam_policy import (
    Decision,
    IamPolicy,
    Layers,
    PolicyRequest,
    Statement,
    covers,
    decide,
    matches_action,
    read,
)

_COLONS = 5
"""In `arn:partition:service:region:account:thing`."""


def verdicts(
    facts: Facts,
    roles: Sequence[RoleDefinition],
    stacks: Mapping[str, Documents],
    access_states: Sequence[PolicyRequest],
) -> Iterator[Verdict]:
    """Every case of these roles; `stacks` are the documents of their access layers, by the stack's name.

    `access_states` are what no role may touch.
    """
    yield from trust.verdicts(facts, {role.env: stacks[role.stack] for role in roles})
    yield from alone(roles)
    yield from buckets.verdicts(facts)
    for group in (
        enough(roles),
        minimal(roles),
        kept_apart(roles, access_states),
        escalations(roles),
        read_only(roles, stacks),
    ):
        begin = time.monotonic()
        for verdict in group:
            yield replace(verdict, seconds=time.monotonic() - begin)
            begin = time.monotonic()


def alone(roles: Sequence[RoleDefinition]) -> Iterator[Verdict]:
    """What each role's own policy refuses by itself, without its boundary: two protections are two only if each holds alone.

    For each action of each role: on another stack's things, on things of another name, in another context.
    """
    for role in roles:
        own = {request.key for request in role.requests}
        layers = Layers(role.layers.identity)
        for action in dict.fromkeys(need.action for need in role.needs):
            made = [request for request in role.requests if request.action == action]
            wrong = [request for request in _wrong(role, made) if request.key not in own]
            if wrong:
                yield _alone(role, action, wrong, layers)


def _wrong(role: RoleDefinition, made: Sequence[PolicyRequest]) -> Iterator[PolicyRequest]:
    yield from neighbours(role, made)
    for request in made:
        yield from (strange for _, strange in by_strangers(request))
        other = _of_another_name(request.resource)
        if not covers(request.resource, other):  # what only its tags tell from others has no other name
            yield PolicyRequest(request.action, other, request.context)


def _of_another_name(arn: str) -> str:
    """A thing of the same service, region and account that nobody's policy names."""
    head, _, thing = arn.rpartition(":") if arn.count(":") <= _COLONS else (":".join(arn.split(":")[:6]), "", "")
    inside = "/prove" if "/" in thing and not thing.startswith("/") else ""
    return f"{head}:prove-other{inside}"


def _alone(role: RoleDefinition, action: str, wrong: Sequence[PolicyRequest], layers: Layers) -> Verdict:
    found = [(request, decide(request, layers)) for request in wrong]
    request, decision = next(((asked, each) for asked, each in found if each.allowed), found[-1])
    reason = f"{request}: {decision.reason}" if decision.allowed else f"{len(wrong)} requests: {decision.reason}"
    says = f"the policy of {role.name} alone allows {action} on nothing but what is its own"
    kind = _kind_of_work(next(each for each in role.needs if each.action == action))
    case, twin = f"alone.{role.name}.{action}@{role.env}", f"enough.{role.name}.{kind}@{role.env}"
    return _decided(case, role, says, CaseAnswer.REFUSED, Decision(allowed=decision.allowed, reason=reason), twin=twin)


def enough(roles: Iterable[RoleDefinition]) -> Iterator[Verdict]:
    """Each role may make every call that its work takes, and the same call on a neighbour's things is refused."""
    for role in roles:
        for work, needs in _by_work(role).items():
            asked = [(request, role.layers_for(need)) for need in needs for request in need.requests]
            own, other = f"enough.{role.name}.{work}@{role.env}", f"elsewhere.{role.name}.{work}@{role.env}"
            says = f"{role.name} of {role.env} may make every call of {work.replace('.', ': ')}"
            strange = list(neighbours(role, (request for request, _ in asked)))
            yield _decided(own, role, says, CaseAnswer.ALLOWED, _all(asked), twin=other if strange else "")
            if strange:
                says = (
                    f"{role.name} of {role.env} may do nothing of {work.replace('.', ': ')} to another stack's things"
                )
                decision = _any((request, role.layers) for request in strange)
                yield _decided(other, role, says, CaseAnswer.REFUSED, decision, twin=own)


def minimal(roles: Iterable[RoleDefinition]) -> Iterator[Verdict]:
    """Each action of a role's own policy is needed, and each resource: without it, some call is refused. None is wider."""
    for role in roles:
        yield from _minimal_actions(role)
        yield from _minimal_resources(role)
        wider = [f"{finding.where}: {finding.fact}" for finding in surplus(role)]
        decision = Decision(allowed=bool(wider), reason=next(iter(wider), "each is needed as wide as it is"))
        says = f"{role.name} of {role.env} is allowed nothing that is wider than what it needs"
        twin = f"enough.{role.name}.{next(iter(_by_work(role)))}@{role.env}"
        yield _decided(f"minimal.{role.name}.wider@{role.env}", role, says, CaseAnswer.REFUSED, decision, twin=twin)


def _minimal_actions(role: RoleDefinition) -> Iterator[Verdict]:
    works = {need.action: work for work, needs in _by_work(role).items() for need in needs}
    granted = dict.fromkeys(
        action for each in role.layers.identity.statements if each.allows for action in each.actions
    )
    for action in granted:
        decision = _works_with(role, _without(role.layers.identity, action), [action])
        says = f"without {action}, {role.name} of {role.env} cannot do its work"
        twin = f"enough.{role.name}.{works[action]}@{role.env}" if action in works else ""
        yield _decided(f"minimal.{role.name}.{action}@{role.env}", role, says, CaseAnswer.REFUSED, decision, twin=twin)


def _minimal_resources(role: RoleDefinition) -> Iterator[Verdict]:
    """By statement and place: a resource's own name can be long, and differs from account to account."""
    works = {need.action: work for work, needs in _by_work(role).items() for need in needs}
    for statement in role.layers.identity.statements:
        for place, resource in enumerate(statement.resources if statement.allows else (), 1):
            kept = replace(statement, resources=tuple(each for each in statement.resources if each != resource))
            decision = _works_with(role, _replaced(role.layers.identity, statement, kept), statement.actions)
            says = f"without {resource} in {statement.name}, {role.name} of {role.env} cannot do its work"
            case = f"minimal.{role.name}.{statement.name}-{place}@{role.env}"
            twin = next(
                (f"enough.{role.name}.{works[each]}@{role.env}" for each in statement.actions if each in works), ""
            )
            yield _decided(case, role, says, CaseAnswer.REFUSED, decision, twin=twin)


def _works_with(role: RoleDefinition, policy: IamPolicy, actions: Sequence[str]) -> Decision:
    """Whether the role could still make every call of these actions if its own policy were this one."""
    return _all(
        (request, replace(role.layers_for(need), identity=policy))
        for need in role.needs
        if any(matches_action(action, need.action) for action in actions)
        for request in need.requests
    )


def kept_apart(roles: Iterable[RoleDefinition], access_states: Sequence[PolicyRequest]) -> Iterator[Verdict]:
    """No role may do anything at all to the state of an access layer: neither by its policy, nor within its boundary."""
    for role in roles:
        first = next(iter(_by_work(role)))
        twin = f"enough.{role.name}.{first}@{role.env}"
        for word, policy in (("policy", role.layers.identity), ("boundary", role.layers.boundary)):
            if policy:
                says = f"the {word} of {role.name} of {role.env} allows nothing on the states of access layers"
                decision = touched(Layers(policy), access_states)
                case = f"kept-apart.{role.name}.{word}@{role.env}"
                yield _decided(case, role, says, CaseAnswer.REFUSED, decision, twin=twin)


def escalations(roles: Sequence[RoleDefinition]) -> Iterator[Verdict]:
    """No known way to more rights is open to any role; each is open to somebody with just its actions."""
    for path in escalation.catalogue():
        broad = f"escalation.{path.id}.broad"
        for role in roles:
            case = f"escalation.{path.id}.{role.name}@{role.env}"
            found = escalation.is_open(path, role, roles)
            says = f"{role.name} of {role.env} cannot do this: {path.name.lower()}"
            reason = (
                " and ".join(map(str, found.allowed)) if found else f"not all of {', '.join(path.needs)} is allowed"
            )
            decision = Decision(allowed=found is not None, reason=reason)
            yield _decided(case, role, says, CaseAnswer.REFUSED, decision, twin=broad)
        if roles:
            yield _with_just_its_actions(path, roles[0], broad)


def read_only(roles: Sequence[RoleDefinition], stacks: Mapping[str, Documents]) -> Iterator[Verdict]:
    """The reading roles write nothing and read no secrets and no contents; nor does anybody in their narrowed session."""
    for role in roles:
        if not role.only_reads:
            continue
        first = next(iter(_by_work(role)))
        twin = f"enough.{role.name}.{first}@{role.env}"
        unnarrowed = Layers(role.layers.identity, role.layers.boundary)
        group, secrets = f"read-only.{role.name}", secrets_beyond(role)
        yield from _writes_nothing(role, group, role.name, unnarrowed, roles=roles, secrets=secrets, twin=twin)
        if role.layers.session:
            yield from _session(role, role.layers.session, roles, stacks[role.stack])


def _session(
    role: RoleDefinition, session: IamPolicy, roles: Sequence[RoleDefinition], documents: Documents
) -> Iterator[Verdict]:
    group, who = f"read-only.{role.name}-session", f"an administrator in {role.name}'s session"
    narrowed = session_only(session)
    asked = [(request, narrowed) for need in role.needs if need.narrowed for request in need.requests]
    twin = f"{group}.reads@{role.env}"
    says = f"{who} in {role.env} may look at all that a preview looks at"
    yield _decided(twin, role, says, CaseAnswer.ALLOWED, _all(asked), twin=f"{group}.s3@{role.env}")
    secrets = [action for action in secrets_beyond(role) if action not in DECLARED]
    yield from _writes_nothing(role, group, who, narrowed, roles=roles, secrets=secrets, twin=twin)
    size = sizes.size(session.name, documents[session.name])
    fits = Decision(allowed=not size.too_big, reason=f"{size.characters} of {size.quota} characters")
    says = f"AWS takes {role.name}'s session policy in {role.env}"
    yield _decided(f"{group}.size@{role.env}", role, says, CaseAnswer.ALLOWED, fits)


def _writes_nothing(
    role: RoleDefinition,
    group: str,
    who: str,
    layers: Layers,
    *,
    roles: Sequence[RoleDefinition],
    secrets: Sequence[str],
    twin: str,
) -> Iterator[Verdict]:
    things = resources_of(other for other in roles if other.stack == role.stack)
    asked = [(service, [action for action, _ in writing(service)], things) for service in levels.services()]
    asked.append(("secrets", list(secrets), things))
    asked.append(("contents", list(CONTENTS), contents_of_others(role, roles)))
    for what, actions, resources in asked:
        does = f"reads no {what}" if what in {"secrets", "contents"} else f"writes nothing in {what}"
        decision = refused(actions, resources, layers)
        says = f"{who} in {role.env} {does}: {len(actions)} actions"
        yield _decided(f"{group}.{what}@{role.env}", role, says, CaseAnswer.REFUSED, decision, twin=twin)


def _with_just_its_actions(path: escalation.EscalationPath, like: RoleDefinition, case: str) -> Verdict:
    allow = {"Effect": "Allow", "Action": list(path.needs), "Resource": "*"}
    policy = read("just its actions", {"Version": "2012-10-17", "Statement": [allow]})
    broad = replace(like, layers=Layers(policy), needs=())
    found = escalation.is_open(path, broad)
    says = f"somebody with {' and '.join(path.needs)} on everything can do this: {path.name.lower()}"
    reason = " and ".join(map(str, found.allowed)) if found else "the catalogue's own actions do not open it"
    return _decided(case, broad, says, CaseAnswer.ALLOWED, Decision(allowed=found is not None, reason=reason))


def _by_work(role: RoleDefinition) -> dict[str, list[CallNeed]]:
    """The needs by what is done, for example `bucket.create`, `Jenkins.enter`."""
    works: dict[str, list[CallNeed]] = {}
    for need in role.needs:
        works.setdefault(_kind_of_work(need), []).append(need)
    return works


def _kind_of_work(need: CallNeed) -> str:
    kind = need.type.rpartition("/")[2].partition(":")[0].replace(" ", "-")
    return f"{kind}.{need.phase}"


def _all(asked: Iterable[tuple[PolicyRequest, Layers]]) -> Decision:
    """Allowed when every request is; the first refusal otherwise."""
    last = Decision(allowed=True, reason="nothing is asked")
    for request, layers in asked:
        last = decide(request, layers)
        if not last.allowed:
            return Decision(allowed=False, reason=f"{request}: {last.reason}")
    return last


def _any(asked: Iterable[tuple[PolicyRequest, Layers]]) -> Decision:
    """Refused when every request is; the first that is allowed otherwise."""
    last = Decision(allowed=False, reason="nothing is asked")
    for request, layers in asked:
        last = decide(request, layers)
        if last.allowed:
            return Decision(allowed=True, reason=f"{request}: {last.reason}")
    return last


def _replaced(policy: IamPolicy, old: Statement, new: Statement) -> IamPolicy:
    changed = (new if each is old else each for each in policy.statements)
    return replace(policy, statements=tuple(each for each in changed if each.resources or each.but_resources))


def _without(policy: IamPolicy, action: str) -> IamPolicy:
    def less(statement: Statement) -> Statement:
        return replace(statement, actions=tuple(each for each in statement.actions if each != action))

    kept = (less(each) if each.allows else each for each in policy.statements)
    return replace(policy, statements=tuple(each for each in kept if each.actions or each.but_actions))


def _decided(
    case: str, role: RoleDefinition, sentence: str, expected: CaseAnswer, decision: Decision, *, twin: str = ""
) -> Verdict:
    group = case.partition(".")[0]
    asked = ProofCase(case, group, role.env, sentence, expected, twin, Method.EVALUATED)
    return decided(asked, decision)
