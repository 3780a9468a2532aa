"""Each thing that the program names, and each role of its account: what the role needs of it, and nothing else of what anybody needs.

The cases follow from the needs, so that a queue or a table is tried because it is in the program. Evaluated: each real role, asked
of IAM's simulator, so that what somebody gave a role by hand is found. Executed: the reads by which a thing is found by name.
There are at most three evaluated cases for each thing and role, and four executed ones for each thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from deploy_driver.assurance.iam.check import neighbours
from deploy_driver.assurance.iam.roles import RoleDefinition
from deploy_driver.assurance.prove import created
from deploy_driver.assurance.prove.case import ApiRequest, CaseTable, Trial, simulated
from deploy_driver.assurance.prove.facts import Facts, ProvedTarget, needs
from deploy_driver.assurance.prove.target_roles import looking, session
from deploy_driver.drift.by_name import QUESTIONS, NameQuestion
from deploy_driver.iam_policy import PolicyRequest
from deploy_project.seam import NamedThing

GROUP = "things"

_BUCKET = "aws:s3/bucket:Bucket"
_UNKNOWN = str.maketrans({"?": "0", "*": "default"})
"""In place of what nobody knows beforehand, where one ARN or name has to be asked for."""


def trials(facts: Facts) -> Iterator[Trial]:
    """The reads of the deployment and the preview role, on this stack's things and on those of the same name of another stack."""
    for target in facts.targets:
        sessions = {"deployment": session(facts, target), "preview": looking(facts, target)}
        for role in target.roles_of(*sessions):
            cases = CaseTable(GROUP, role.name, target.env, sessions[role.name], "")
            for thing in target.things:
                yield from _looks(cases, target, role, thing)


def evaluations(facts: Facts) -> Iterator[Trial]:
    """Each role on each thing."""
    for target in facts.targets:
        for thing in target.things:
            asked = {role.name: [each for each in role.requests if _about(thing, each)] for role in target.roles}
            for role in target.roles:
                yield from _measured(target, thing, role, asked)


Asked = Mapping[str, Sequence[PolicyRequest]]
"""What each role needs of one thing."""


def _measured(target: ProvedTarget, thing: NamedThing, role: RoleDefinition, asked: Asked) -> Iterator[Trial]:
    """What it needs; the same of another stack's thing of that name; and what others need of it."""
    cases = CaseTable(GROUP, role.name, target.env, created.in_account(target), "")
    said, needed, beside, beyond = _said(thing), _fact("needs", thing), _fact("beside", thing), _fact("beyond", thing)
    own, strange = asked[role.name], list(neighbours(role, asked[role.name]))
    more = {other: _not_needed(role, requests) for other, requests in asked.items()}
    if own:
        sentence, questions = f"may do to {said} all that it needs: {_count(own)}", _asked_of(role, own)
        yield cases.simulate(needed, sentence, questions, allowed=True, twin=beside if strange else beyond)
    if strange:
        sentence = f"may do none of what it needs of {said} to another stack's of that name: {_count(strange)}"
        yield cases.simulate(beside, sentence, _asked_of(role, strange), allowed=False, twin=needed)
    if any(more.values()):
        others = [request for requests in more.values() for request in requests]
        sentence = f"may do to {said} nothing of what only others need: {_count(others)}"
        trial = cases.simulate(beyond, sentence, _asked_of(role, others), allowed=False, twin=needed)
        holder = next(other for other, requests in more.items() if requests)
        twin = CaseTable(GROUP, holder, target.env, cases.who, "").id(needed)
        yield replace(trial, case=replace(trial.case, twin=twin))


def _not_needed(role: RoleDefinition, requests: Iterable[PolicyRequest]) -> list[PolicyRequest]:
    return [each for each in requests if not needs(role, each.action, each.resource, each.context)]


def _asked_of(role: RoleDefinition, requests: Iterable[PolicyRequest]) -> list[ApiRequest]:
    """One question for all actions on the same thing in the same context."""
    alike: dict[tuple[str, tuple[tuple[str, str | tuple[str, ...]], ...]], list[str]] = {}
    for each in requests:
        alike.setdefault((each.resource, tuple(sorted(each.context.items()))), []).append(each.action)
    return [
        simulated(role.arn, sorted(set(actions)), _known(resource), keys=dict(context))
        for (resource, context), actions in alike.items()
    ]


def _looks(cases: CaseTable, target: ProvedTarget, role: RoleDefinition, thing: NamedThing) -> Iterator[Trial]:
    """The read that finds the thing, where the role makes it on the thing itself: not where AWS lists everything of the account."""
    question = QUESTIONS.get(thing.type)
    if not question or not any(
        need.operation.rpartition(":")[2] == question.operation and any(_about(thing, each) for each in need.requests)
        for need in role.needs
    ):
        return
    look, beside = _fact("look", thing), _fact("look-beside", thing)
    request = _read(question, target, thing.called)
    yield cases.allow(look, f"looks at {_said(thing)}", request, twin=beside)
    for strange in neighbours(role, [PolicyRequest("", thing.called)]):
        # Of a bucket that there is not, S3 says so to anybody: another stack's is there, the proof makes it.
        other = created.other_bucket(target) if thing.type == _BUCKET else strange.resource
        yield cases.deny(beside, f"looks at another stack's {other}", _read(question, target, other), twin=look)


def _read(question: NameQuestion, target: ProvedTarget, called: str) -> ApiRequest:
    names = {key: default or _known(called) for key, default in question.names({}).items()}
    here = {"account": target.account, "region": target.region}
    return ApiRequest(question.service, question.method, question.asked({**names, **here}) or {})


def _about(thing: NamedThing, request: PolicyRequest) -> bool:
    """Whether a request is on the thing or on what is below it: a bucket's objects, a function's versions, a table's indexes."""
    return request.resource == thing.arn or request.resource.startswith((f"{thing.arn}/", f"{thing.arn}:"))


def _known(said: str) -> str:
    return said.translate(_UNKNOWN)


def _said(thing: NamedThing) -> str:
    return f"the {_kind(thing)} {thing.name} ({thing.called})"


def _kind(thing: NamedThing) -> str:
    return thing.type.rpartition(":")[2].lower()


def _fact(what: str, thing: NamedThing) -> str:
    return f"{what}.{_kind(thing)}.{thing.name}"


def _count(requests: Sequence[PolicyRequest]) -> str:
    actions = len({each.action for each in requests})
    return f"{actions} action{'s' if actions != 1 else ''}"
