"""What each role's own policy refuses by itself, without its boundary: two protections are two only if each holds alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deploy_driver.assurance.iam.evaluate import Decision, Layers, Request, decide
from deploy_driver.assurance.iam.holders import Role
from deploy_driver.assurance.iam.strangers import by_strangers, neighbours
from deploy_driver.assurance.prove.case import Answer, Case, Method, Verdict

GROUP = "alone"


def verdicts(roles: Sequence[Role]) -> Iterator[Verdict]:
    """For each action of each role: on another stack's things, on things of another name, in another context."""
    for role in roles:
        own = {request.key for request in role.requests}
        layers = Layers(role.layers.identity)
        for action in dict.fromkeys(need.action for need in role.needs):
            made = [request for request in role.requests if request.action == action]
            wrong = [request for request in _wrong(role, made) if request.key not in own]
            if wrong:
                yield _verdict(role, action, wrong, layers)


def _wrong(role: Role, made: Sequence[Request]) -> Iterator[Request]:
    yield from neighbours(role, made)
    for request in made:
        yield from (strange for _, strange in by_strangers(request))
        if request.resource != "*":
            yield Request(request.action, _of_another_name(request.resource), request.context)


def _of_another_name(arn: str) -> str:
    """A thing of the same service, region and account that nobody's policy names."""
    head, _, thing = arn.rpartition(":") if arn.count(":") <= _COLONS else (":".join(arn.split(":")[:6]), "", "")
    inside = "/prove" if "/" in thing and not thing.startswith("/") else ""
    return f"{head}:prove-other{inside}"


_COLONS = 5
"""In `arn:partition:service:region:account:thing`."""


def _verdict(role: Role, action: str, wrong: Sequence[Request], layers: Layers) -> Verdict:
    found = [(request, decide(request, layers)) for request in wrong]
    request, decision = next(((asked, each) for asked, each in found if each.allowed), found[-1])
    reason = f"{request}: {decision.reason}" if decision.allowed else f"{len(wrong)} requests: {decision.reason}"
    case = Case(
        f"{GROUP}.{role.name}.{action}@{role.env}",
        GROUP,
        role.env,
        f"the policy of {role.name} alone allows {action} on nothing but what is its own",
        Answer.REFUSED,
        _twin(role, action),
        Method.EVALUATED,
    )
    return Verdict(case, _answer(decision), reason)


def _answer(decision: Decision) -> Answer:
    return Answer.ALLOWED if decision.allowed else Answer.REFUSED


def _twin(role: Role, action: str) -> str:
    """The case in which the role may do this to its own things."""
    need = next(each for each in role.needs if each.action == action)
    kind = need.type.rpartition("/")[2].partition(":")[0].replace(" ", "-")
    return f"enough.{role.name}.{kind}.{need.phase}@{role.env}"
