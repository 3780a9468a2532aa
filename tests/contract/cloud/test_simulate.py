"""The policy simulator decides as enforcement does: within the boundary, for every resource, with the given context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import ALLOW_ALL, document, refusal, trusting

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.sandbox

LOGS_ONLY = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
TRUST = trusting({"Service": "lambda.amazonaws.com"})


@pytest.fixture
def iam(as_root: Callable[[str, str], Any]) -> Any:
    return as_root("dev", "iam")


def decisions(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(result["EvalActionName"], result["EvalDecision"]) for result in answer["EvaluationResults"]]


@pytest.mark.parametrize("bounded", [True, False])
def test_a_role_is_simulated_within_its_boundary(
    iam: Any, make_role: Callable[..., str], unique: str, bounded: bool
) -> None:
    facts = {}
    if bounded:
        facts["PermissionsBoundary"] = iam.create_policy(PolicyName=unique, PolicyDocument=document(LOGS_ONLY))[
            "Policy"
        ]["Arn"]
    role = make_role("dev", TRUST, ALLOW_ALL, **facts)
    answer = iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=["logs:PutLogEvents", "s3:PutObject"])
    assert decisions(answer) == [
        ("logs:PutLogEvents", "allowed"),
        ("s3:PutObject", "implicitDeny" if bounded else "allowed"),
    ]
    allowed = [
        result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary")
        for result in answer["EvaluationResults"]
    ]
    assert allowed == ([True, False] if bounded else [None, None])


def test_every_resource_that_is_named_is_decided(iam: Any, make_role: Callable[..., str]) -> None:
    mine, other = "arn:aws:s3:::mine/key", "arn:aws:s3:::other/key"
    role = make_role("dev", TRUST, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": mine})
    answer = iam.simulate_principal_policy(
        PolicySourceArn=role, ActionNames=["s3:GetObject"], ResourceArns=[mine, other]
    )
    found = {result["EvalResourceName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}
    assert found == {mine: "allowed", other: "implicitDeny"}


def test_context_entries_meet_conditions(iam: Any) -> None:
    condition = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    policy = document({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": condition})

    def ask(service: str) -> list[tuple[str, str]]:
        entry = {"ContextKeyName": "iam:PassedToService", "ContextKeyValues": [service], "ContextKeyType": "string"}
        return decisions(
            iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=["iam:PassRole"], ContextEntries=[entry])
        )

    assert ask("lambda.amazonaws.com") == [("iam:PassRole", "allowed")]
    assert ask("ec2.amazonaws.com") == [("iam:PassRole", "implicitDeny")]


def test_a_custom_policy_is_simulated_within_a_given_boundary(iam: Any) -> None:
    asked = {"PolicyInputList": [document(ALLOW_ALL)], "ActionNames": ["s3:PutObject"]}
    assert decisions(iam.simulate_custom_policy(**asked)) == [("s3:PutObject", "allowed")]
    within = iam.simulate_custom_policy(**asked, PermissionsBoundaryPolicyInputList=[document(LOGS_ONLY)])
    assert decisions(within) == [("s3:PutObject", "implicitDeny")]
    deny = document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    denied = iam.simulate_custom_policy(PolicyInputList=[document(ALLOW_ALL), deny], ActionNames=["s3:PutObject"])
    assert decisions(denied) == [("s3:PutObject", "explicitDeny")]


def test_a_principal_that_does_not_exist_cannot_be_simulated(iam: Any, make_role: Callable[..., str]) -> None:
    role = make_role("dev", TRUST)
    iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=["s3:PutObject"])
    simulate = iam.simulate_principal_policy
    assert refusal(lambda: simulate(PolicySourceArn=f"{role}-not", ActionNames=["s3:PutObject"]))[0] == "NoSuchEntity"
