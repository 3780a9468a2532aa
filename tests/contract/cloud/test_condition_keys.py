"""The boundary and the policy that an IAM request names can be conditions of a permission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import ALLOW_ALL, Someone, document, refusal, trusting

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.accounts import Sandbox

LAMBDA = trusting({"Service": "lambda.amazonaws.com"})
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture
def boundary(as_root: Callable[[str, str], Any], unique: str) -> str:
    made = as_root("dev", "iam").create_policy(PolicyName=unique, PolicyDocument=document(ALLOW_ALL))
    return str(made["Policy"]["Arn"])


@pytest.fixture
def bounded(someone: Callable[..., Someone], boundary: str) -> Any:
    """The IAM client of somebody who may make and change roles only under the boundary."""
    actions = ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"]
    condition = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    return someone("dev", {"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": condition}).client("iam")


def test_a_role_may_be_made_only_under_the_boundary(bounded: Any, boundary: str, unique: str) -> None:
    bounded.create_role(RoleName=unique, AssumeRolePolicyDocument=LAMBDA, PermissionsBoundary=boundary)
    for facts in ({}, {"PermissionsBoundary": ADMIN}):
        code, message = refusal(
            lambda facts=facts: bounded.create_role(RoleName=f"{unique}2", AssumeRolePolicyDocument=LAMBDA, **facts)  # type: ignore[misc]
        )
        assert (code, "iam:CreateRole" in message) == ("AccessDenied", True)


def test_a_role_may_be_changed_only_while_it_has_the_boundary(
    bounded: Any, as_root: Any, boundary: str, unique: str
) -> None:
    iam = as_root("dev", "iam")
    iam.create_role(RoleName=unique, AssumeRolePolicyDocument=LAMBDA, PermissionsBoundary=boundary)
    iam.create_role(RoleName=f"{unique}2", AssumeRolePolicyDocument=LAMBDA)
    policy = {"PolicyName": "more", "PolicyDocument": document(ALLOW_ALL)}
    bounded.put_role_policy(RoleName=unique, **policy)
    assert refusal(lambda: bounded.put_role_policy(RoleName=f"{unique}2", **policy))[0] == "AccessDenied"


def test_a_boundary_may_be_set_only_to_the_one_allowed(bounded: Any, as_root: Any, boundary: str, unique: str) -> None:
    as_root("dev", "iam").create_role(RoleName=unique, AssumeRolePolicyDocument=LAMBDA)
    bounded.put_role_permissions_boundary(RoleName=unique, PermissionsBoundary=boundary)
    other = {"RoleName": unique, "PermissionsBoundary": ADMIN}
    assert refusal(lambda: bounded.put_role_permissions_boundary(**other))[0] == "AccessDenied"


def test_only_an_allowed_policy_may_be_attached(someone: Any, as_root: Any, unique: str) -> None:
    as_root("dev", "iam").create_role(RoleName=unique, AssumeRolePolicyDocument=LAMBDA)
    condition = {"ArnEquals": {"iam:PolicyARN": READ_ONLY}}
    iam = someone(
        "dev", {"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": condition}
    ).client("iam")
    iam.attach_role_policy(RoleName=unique, PolicyArn=READ_ONLY)
    assert refusal(lambda: iam.attach_role_policy(RoleName=unique, PolicyArn=ADMIN))[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("sts:ExternalId", {"ExternalId": "expected"}),
        ("sts:RoleSessionName", {"RoleSessionName": "expected"}),
        ("sts:SourceIdentity", {"SourceIdentity": "expected"}),
    ],
)
def test_a_caller_may_be_held_to_what_it_says_when_it_assumes(
    someone: Any, make_role: Any, sandbox: Sandbox, key: str, facts: dict[str, str]
) -> None:
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    role = make_role("dev", trusting(sandbox.accounts["tools"], *actions))
    condition = {"StringEquals": {key: "expected"}}
    caller = someone("tools", {"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": condition})
    caller.become(role, **facts)
    assert refusal(lambda: caller.become(role))[0] == "AccessDenied"
