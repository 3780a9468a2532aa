"""What the documents alone decide, as verdicts: enough, minimal, kept apart, no known way to more rights, reading only."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from deploy_driver.assurance.iam import cases
from deploy_driver.assurance.iam.cases import Decided
from deploy_driver.assurance.iam.evaluate import Request
from deploy_driver.assurance.iam.holders import Documents, Role
from deploy_driver.assurance.prove import alone, buckets, demands
from deploy_driver.assurance.prove.case import Answer, Case, Method, Verdict
from deploy_driver.assurance.prove.facts import Facts


def verdicts(
    facts: Facts, roles: Sequence[Role], stacks: Mapping[str, Documents], access_states: Sequence[Request]
) -> Iterator[Verdict]:
    """Every case of these roles; `stacks` are the documents of their access layers, by the stack's name.

    `access_states` are what no role may touch (`deploy_driver.assurance.iam.guarded`).
    """
    yield from demands.verdicts(facts, {role.env: stacks[role.stack] for role in roles})
    yield from alone.verdicts(roles)
    yield from buckets.verdicts(facts)
    yield from _of_cases(roles, stacks, access_states)


def _of_cases(
    roles: Sequence[Role], stacks: Mapping[str, Documents], access_states: Sequence[Request]
) -> Iterator[Verdict]:
    envs = {role.account: role.env for role in roles}
    for group in (
        cases.enough(roles),
        cases.minimal(roles),
        cases.kept_apart(roles, access_states),
        cases.escalations(roles),
        cases.read_only(roles, stacks),
    ):
        begin = time.monotonic()
        for decided in group:
            yield _verdict(decided, envs[decided.account], time.monotonic() - begin)
            begin = time.monotonic()


def _verdict(decided: Decided, env: str, seconds: float) -> Verdict:
    case = Case(
        decided.id, decided.group, env, decided.says, Answer(decided.expected.value), decided.twin, Method.EVALUATED
    )
    return Verdict(case, Answer(decided.decision.value), decided.reason, seconds)
