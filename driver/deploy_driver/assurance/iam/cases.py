"""The questions of the proof that policies alone answer, with their answers: enough, minimal, kept apart, escalation, read-only.

Every refusal names its twin: the case in which the same thing is allowed where it should be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from deploy_driver.assurance.iam import escalation, guarded, levels, reading, sizes, strangers
from deploy_driver.assurance.iam.evaluate import (
    Decision,
    Layers,
    Policy,
    Request,
    Statement,
    decide,
    matches_action,
    read,
)
from deploy_driver.assurance.iam.holders import Documents, Need, Role
from deploy_driver.assurance.iam.minimal import surplus


class Outcome(StrEnum):
    """How a request ends."""

    ALLOWED = "allowed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Decided:
    """One question, decided by evaluation. `id` never changes; `says` is the question as a sentence."""

    id: str
    group: str
    account: str
    says: str
    expected: Outcome
    decision: Outcome
    reason: str
    twin: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether it went as it should."""
        return self.decision is self.expected


def enough(roles: Iterable[Role]) -> Iterator[Decided]:
    """Each role may make every call that its work takes, and the same call on a neighbour's things is refused."""
    for role in roles:
        for work, needs in _by_work(role).items():
            asked = [(request, role.layers_for(need)) for need in needs for request in need.requests]
            own, other = f"enough.{role.name}.{work}@{role.env}", f"elsewhere.{role.name}.{work}@{role.env}"
            says = f"{role.name} of {role.env} may make every call of {work.replace('.', ': ')}"
            strange = list(strangers.neighbours(role, (request for request, _ in asked)))
            yield _decided(own, role, says, Outcome.ALLOWED, _all(asked), twin=other if strange else "")
            if strange:
                says = (
                    f"{role.name} of {role.env} may do nothing of {work.replace('.', ': ')} to another stack's things"
                )
                decision = _any((request, role.layers) for request in strange)
                yield _decided(other, role, says, Outcome.REFUSED, decision, twin=own)


def minimal(roles: Iterable[Role]) -> Iterator[Decided]:
    """Each action of a role's own policy is needed, and each resource: without it, some call is refused. None is wider."""
    for role in roles:
        yield from _minimal_actions(role)
        yield from _minimal_resources(role)
        wider = [f"{finding.where}: {finding.fact}" for finding in surplus(role)]
        decision = Decision(allowed=bool(wider), reason=next(iter(wider), "each is needed as wide as it is"))
        says = f"{role.name} of {role.env} is allowed nothing that is wider than what it needs"
        twin = f"enough.{role.name}.{next(iter(_by_work(role)))}@{role.env}"
        yield _decided(f"minimal.{role.name}.wider@{role.env}", role, says, Outcome.REFUSED, decision, twin=twin)


def _minimal_actions(role: Role) -> Iterator[Decided]:
    works = {need.action: work for work, needs in _by_work(role).items() for need in needs}
    granted = dict.fromkeys(
        action for each in role.layers.identity.statements if each.allows for action in each.actions
    )
    for action in granted:
        decision = _works_with(role, _without(role.layers.identity, action), [action])
        says = f"without {action}, {role.name} of {role.env} cannot do its work"
        twin = f"enough.{role.name}.{works[action]}@{role.env}" if action in works else ""
        yield _decided(f"minimal.{role.name}.{action}@{role.env}", role, says, Outcome.REFUSED, decision, twin=twin)


def _minimal_resources(role: Role) -> Iterator[Decided]:
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
            yield _decided(case, role, says, Outcome.REFUSED, decision, twin=twin)


def _works_with(role: Role, policy: Policy, actions: Sequence[str]) -> Decision:
    """Whether the role could still make every call of these actions if its own policy were this one."""
    return _all(
        (request, replace(role.layers_for(need), identity=policy))
        for need in role.needs
        if any(matches_action(action, need.action) for action in actions)
        for request in need.requests
    )


def kept_apart(roles: Iterable[Role], access_states: Sequence[Request]) -> Iterator[Decided]:
    """No role may do anything at all to the state of an access layer: neither by its policy, nor within its boundary."""
    for role in roles:
        first = next(iter(_by_work(role)))
        twin = f"enough.{role.name}.{first}@{role.env}"
        for word, policy in (("policy", role.layers.identity), ("boundary", role.layers.boundary)):
            if policy:
                says = f"the {word} of {role.name} of {role.env} allows nothing on the states of access layers"
                decision = guarded.touched(Layers(policy), access_states)
                case = f"kept-apart.{role.name}.{word}@{role.env}"
                yield _decided(case, role, says, Outcome.REFUSED, decision, twin=twin)


def escalations(roles: Sequence[Role]) -> Iterator[Decided]:
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
            yield _decided(case, role, says, Outcome.REFUSED, decision, twin=broad)
        if roles:
            yield _with_just_its_actions(path, roles[0], broad)


def read_only(roles: Sequence[Role], stacks: Mapping[str, Documents]) -> Iterator[Decided]:
    """The reading roles write nothing and read no secrets and no contents; nor does anybody in their narrowed session."""
    for role in roles:
        if not role.only_reads:
            continue
        first = next(iter(_by_work(role)))
        twin = f"enough.{role.name}.{first}@{role.env}"
        unnarrowed = Layers(role.layers.identity, role.layers.boundary)
        yield from _writes_nothing(role, f"read-only.{role.name}", role.name, unnarrowed, roles=roles, twin=twin)
        if role.layers.session:
            yield from _session(role, role.layers.session, roles, stacks[role.stack])


def _session(role: Role, session: Policy, roles: Sequence[Role], documents: Documents) -> Iterator[Decided]:
    group, who = f"read-only.{role.name}-session", f"an administrator in {role.name}'s session"
    narrowed = reading.session_only(session)
    asked = [(request, narrowed) for need in role.needs if need.narrowed for request in need.requests]
    twin = f"{group}.reads@{role.env}"
    says = f"{who} in {role.env} may look at all that a preview looks at"
    yield _decided(twin, role, says, Outcome.ALLOWED, _all(asked), twin=f"{group}.s3@{role.env}")
    yield from _writes_nothing(role, group, who, narrowed, roles=roles, twin=twin)
    size = sizes.size(session.name, documents[session.name])
    fits = Decision(allowed=not size.too_big, reason=f"{size.characters} of {size.quota} characters")
    says = f"AWS takes {role.name}'s session policy in {role.env}"
    yield _decided(f"{group}.size@{role.env}", role, says, Outcome.ALLOWED, fits)


def _writes_nothing(
    role: Role, group: str, who: str, layers: Layers, *, roles: Sequence[Role], twin: str
) -> Iterator[Decided]:
    things = reading.things(other for other in roles if other.stack == role.stack)
    asked = [(service, [action for action, _ in reading.writing(service)], things) for service in levels.services()]
    asked.append(("secrets", list(reading.SECRETS), things))
    asked.append(("contents", list(reading.CONTENTS), reading.contents(role, roles)))
    for what, actions, resources in asked:
        does = f"reads no {what}" if what in {"secrets", "contents"} else f"writes nothing in {what}"
        decision = reading.refused(actions, resources, layers)
        says = f"{who} in {role.env} {does}: {len(actions)} actions"
        yield _decided(f"{group}.{what}@{role.env}", role, says, Outcome.REFUSED, decision, twin=twin)


def _with_just_its_actions(path: escalation.EscalationPath, like: Role, case: str) -> Decided:
    allow = {"Effect": "Allow", "Action": list(path.needs), "Resource": "*"}
    policy = read("just its actions", {"Version": "2012-10-17", "Statement": [allow]})
    broad = replace(like, layers=Layers(policy), needs=())
    found = escalation.is_open(path, broad)
    says = f"somebody with {' and '.join(path.needs)} on everything can do this: {path.name.lower()}"
    reason = " and ".join(map(str, found.allowed)) if found else "the catalogue's own actions do not open it"
    return _decided(case, broad, says, Outcome.ALLOWED, Decision(allowed=found is not None, reason=reason))


def _by_work(role: Role) -> dict[str, list[Need]]:
    """The needs by what is done, for example `bucket.create`, `Jenkins.enter`."""
    works: dict[str, list[Need]] = {}
    for need in role.needs:
        kind = need.type.rpartition("/")[2].partition(":")[0].replace(" ", "-")
        works.setdefault(f"{kind}.{need.phase}", []).append(need)
    return works


def _all(asked: Iterable[tuple[Request, Layers]]) -> Decision:
    """Allowed when every request is; the first refusal otherwise."""
    last = Decision(allowed=True, reason="nothing is asked")
    for request, layers in asked:
        last = decide(request, layers)
        if not last.allowed:
            return Decision(allowed=False, reason=f"{request}: {last.reason}")
    return last


def _any(asked: Iterable[tuple[Request, Layers]]) -> Decision:
    """Refused when every request is; the first that is allowed otherwise."""
    last = Decision(allowed=False, reason="nothing is asked")
    for request, layers in asked:
        last = decide(request, layers)
        if last.allowed:
            return Decision(allowed=True, reason=f"{request}: {last.reason}")
    return last


def _replaced(policy: Policy, old: Statement, new: Statement) -> Policy:
    changed = (new if each is old else each for each in policy.statements)
    return replace(policy, statements=tuple(each for each in changed if each.resources or each.but_resources))


def _without(policy: Policy, action: str) -> Policy:
    def less(statement: Statement) -> Statement:
        return replace(statement, actions=tuple(each for each in statement.actions if each != action))

    kept = (less(each) if each.allows else each for each in policy.statements)
    return replace(policy, statements=tuple(each for each in kept if each.actions or each.but_actions))


def _decided(case: str, role: Role, says: str, expected: Outcome, decision: Decision, *, twin: str = "") -> Decided:
    happened = Outcome.ALLOWED if decision.allowed else Outcome.REFUSED
    return Decided(case, case.partition(".")[0], role.account, says, expected, happened, decision.reason, twin)
