"""The same requests with one fact wrong: another stack's names, another account's things, another caller."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from deploy_driver.assurance.iam.evaluate import Layers, Request, decide
from deploy_driver.assurance.iam.finding import Finding, Rule
from deploy_driver.assurance.iam.holders import Role

NEIGHBOUR = "neighbour"
"""A stack that there is not; its things are named as this stack's are."""
STRANGER = "stranger"
"""A value that no condition expects."""


_PRESENT = {"s3:if-none-match"}
"""Keys that have one value wherever they are (Amazon S3 API, PutObject: `*`): what can be wrong is that they are not there."""


def neighbours(role: Role, requests: Iterable[Request]) -> Iterator[Request]:
    """The requests on things of a stack of another name in the same account."""
    for request in requests:
        renamed = replace(
            request,
            resource=_renamed(role.env, request.resource),
            context={key: _renamed_value(role.env, value) for key, value in request.context.items()},
        )
        if renamed.key != request.key:
            yield renamed


def by_strangers(request: Request) -> Iterator[tuple[str, Request]]:
    """For each condition key that the request brings, the request with a wrong value of it, or without it."""
    for key, value in request.context.items():
        others = {other: said for other, said in request.context.items() if other != key}
        wrong = {} if key in _PRESENT else {key: STRANGER if isinstance(value, str) else (STRANGER,)}
        yield key, replace(request, context={**others, **wrong})


def reaches(role: Role, roles: Iterable[Role]) -> Iterator[Finding]:
    """What the policy by itself allows on other stacks' things, or whatever a condition key says."""
    own = {request.key for request in role.requests}
    others = (request for other in roles if other.stack != role.stack for request in other.requests)
    found: dict[str, list[Request]] = {}
    for request in (*neighbours(role, role.requests), *others):
        decision = decide(request, Layers(role.layers.identity))
        if decision.allowed and request.key not in own:
            found.setdefault(_statement(decision.reason), []).append(request)
    for statement, requests in found.items():
        fact = f"allows {requests[0]}, which is another stack's" + _more(requests)
        yield Finding(Rule.REACHES_OTHERS, role.stack, role.name, f"{role.layers.identity.name}: {statement}", fact)
    yield from _unconditioned(role, own)


def _unconditioned(role: Role, own: set[tuple[object, ...]]) -> Iterator[Finding]:
    found: dict[tuple[str, str], list[Request]] = {}
    for request in role.requests:
        for key, wrong in by_strangers(request):
            decision = decide(wrong, Layers(role.layers.identity))
            if decision.allowed and wrong.key not in own:
                found.setdefault((_statement(decision.reason), key), []).append(wrong)
    for (statement, key), requests in found.items():
        fact = f"allows {requests[0].action} whatever {key} is" + _more(requests)
        yield Finding(Rule.UNCONDITIONED, role.stack, role.name, f"{role.layers.identity.name}: {statement}", fact)


def _statement(reason: str) -> str:
    return reason.partition(" of ")[0]


def _more(requests: list[Request]) -> str:
    return f"; and {len(requests) - 1} more" if requests[1:] else ""


def _renamed(env: str, text: str) -> str:
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(env)}(?![A-Za-z0-9])", NEIGHBOUR, text)


def _renamed_value(env: str, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    return _renamed(env, value) if isinstance(value, str) else tuple(_renamed(env, each) for each in value)
