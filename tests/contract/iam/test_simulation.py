"""Our evaluator and the policy simulator decide alike: the shipped documents, and policies made at random."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy_driver.assurance.iam.check import by_strangers, neighbours
from deploy_driver.assurance.iam.roles import RoleDefinition
from deploy_driver.iam_policy import Decision, Layers, PolicyRequest, decide, read
from tests.unit.driver.iam.shipped import shipped, stacks

pytestmark = pytest.mark.sandbox

Document = Mapping[str, Any]
AWS_ALLOWS = "allowed"


def simulated(iam: Any, request: PolicyRequest, policy: Document, boundary: Document | None) -> str:
    """What the simulator says: allowed, explicitDeny or implicitDeny."""
    entries = [
        {
            "ContextKeyName": key,
            "ContextKeyValues": [value] if isinstance(value, str) else list(value),
            "ContextKeyType": "string" if isinstance(value, str) else "stringList",
        }
        for key, value in request.context.items()
    ]
    within = {"PermissionsBoundaryPolicyInputList": [json.dumps(boundary)]} if boundary else {}
    answer = iam.simulate_custom_policy(
        PolicyInputList=[json.dumps(policy)],
        ActionNames=[request.action],
        ResourceArns=[request.resource],
        ContextEntries=entries,
        **within,
    )
    return str(answer["EvaluationResults"][0]["EvalDecision"])


def ours(request: PolicyRequest, policy: Document, boundary: Document | None) -> str:
    layers = Layers(read("policy", policy), read("boundary", boundary) if boundary else None)
    decision: Decision = decide(request, layers)
    return AWS_ALLOWS if decision.allowed else "explicitDeny" if "denies" in decision.reason else "implicitDeny"


@pytest.mark.parametrize("role", [pytest.param(role, id=f"{role.stack}-{role.name}") for role in shipped()[:5]])
def test_the_shipped_documents_are_decided_alike(iam: Any, role: RoleDefinition) -> None:
    documents = stacks()[role.stack]
    policy, boundary = documents[role.layers.identity.name], documents["boundary"]
    wrong = [strange for request in role.requests for _, strange in by_strangers(request)]
    asked = [*role.requests, *neighbours(role, role.requests), *wrong]
    differing = []
    for request in asked:
        said, simulator = ours(request, policy, boundary), simulated(iam, request, policy, boundary)
        if said != simulator:
            differing.append((str(request), said, simulator))
    assert differing == []
    assert {ours(request, policy, boundary) for request in role.requests} == {AWS_ALLOWS}


ACTIONS = ["s3:GetObject", "s3:PutObject", "lambda:GetFunction", "iam:PassRole"]
RESOURCES = ["arn:aws:s3:::a", "arn:aws:s3:::a/b", "arn:aws:s3:::ab", "arn:aws:iam::222222222222:role/a"]
KEYS = ["test:one", "test:two"]
VALUES = ["a", "b", "ab"]

patterns = st.sampled_from([*ACTIONS, "s3:*", "*", "s3:Get*", "S3:getobject", "lambda:?etFunction", "iam:Pass*"])
arns = st.sampled_from([*RESOURCES, "*", "arn:aws:s3:::a*", "arn:aws:s3:::a/?", "arn:aws:iam::*:role/*"])
values = st.sampled_from([*VALUES, "a*", "?b"])
operators = st.sampled_from(
    [
        prefix + operator + suffix
        for operator in ("StringEquals", "StringLike", "StringNotEquals", "StringNotLike")
        for prefix in ("", "ForAnyValue:", "ForAllValues:")
        for suffix in ("", "IfExists")
    ]
)


def few(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(strategy, min_size=1, max_size=3)


conditions = st.one_of(
    st.dictionaries(operators, st.dictionaries(st.sampled_from(KEYS), few(values), min_size=1, max_size=2), max_size=2),
    st.builds(lambda key, null: {"Null": {key: null}}, st.sampled_from(KEYS), st.sampled_from(["true", "false"])),
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(few(patterns))
    made[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(few(arns))
    condition = draw(conditions)
    return {**made, "Condition": condition} if condition else made


policies = st.lists(statements(), min_size=1, max_size=4).map(lambda made: {"Version": "2012-10-17", "Statement": made})
requests = st.builds(
    PolicyRequest,
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=2),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request_=requests, policy=policies, boundary=st.none() | policies)
def test_random_policies_are_decided_alike(
    iam: Any, request_: PolicyRequest, policy: Document, boundary: Document | None
) -> None:
    assert ours(request_, policy, boundary) == simulated(iam, request_, policy, boundary)
