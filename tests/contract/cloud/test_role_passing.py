"""A role is given to a service only by someone who may pass it, and only to a service that it trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import refusal, trusting, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

LAMBDA = trusting({"Service": "lambda.amazonaws.com"})
EC2 = trusting({"Service": "ec2.amazonaws.com"})
MAY_DEPLOY = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}


def pass_role(role: str, to: str | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role}
    return {**statement, "Condition": {"StringEquals": {"iam:PassedToService": to}}} if to else statement


@pytest.fixture
def create(unique: str) -> Callable[..., Any]:
    """Make a function with a role, as somebody."""
    return lambda who, role, name="": who.client("lambda").create_function(
        FunctionName=f"{unique}{name}",
        Role=role,
        Runtime="python3.11",
        Handler="index.handler",
        Code={"ZipFile": zipped("")},
    )


def assert_pass_refused(call: Callable[[], Any], role: str) -> None:
    code, message = refusal(call)
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: iam:PassRole on resource: {role}" in message


def test_a_function_gets_only_a_role_that_may_be_passed(someone: Any, make_role: Any, create: Any) -> None:
    own, other = make_role("dev", LAMBDA), make_role("dev", LAMBDA)
    deployer = someone("dev", MAY_DEPLOY, pass_role(own))
    create(deployer, own)
    assert_pass_refused(lambda: create(deployer, other, "-2"), other)


def test_a_role_may_be_passed_to_one_service_only(someone: Any, make_role: Any, create: Any) -> None:
    role = make_role("dev", LAMBDA)
    create(someone("dev", MAY_DEPLOY, pass_role(role, "lambda.amazonaws.com")), role)
    assert_pass_refused(
        lambda: create(someone("dev", MAY_DEPLOY, pass_role(role, "ec2.amazonaws.com")), role, "-2"), role
    )


def test_a_function_keeps_its_role_and_changes_it_only_to_one_that_may_be_passed(
    someone: Any, make_role: Any, create: Any, unique: str
) -> None:
    own, other = make_role("dev", LAMBDA), make_role("dev", LAMBDA)
    create(someone("dev", MAY_DEPLOY, pass_role(own)), own)
    client = someone("dev", MAY_DEPLOY, pass_role(own)).client("lambda")
    client.update_function_configuration(FunctionName=unique, Role=own)
    assert_pass_refused(lambda: client.update_function_configuration(FunctionName=unique, Role=other), other)
    without = someone("dev", MAY_DEPLOY).client("lambda")
    without.update_function_configuration(FunctionName=unique, Timeout=7)


def test_a_function_needs_a_role_that_trusts_lambda(someone: Any, make_role: Any, create: Any) -> None:
    trusted, untrusted = make_role("dev", LAMBDA), make_role("dev", EC2)
    deployer = someone("dev", MAY_DEPLOY, pass_role("*"))
    create(deployer, trusted)
    assert refusal(lambda: create(deployer, untrusted, "-2")) == (
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    )


def test_an_instance_profile_gets_only_a_role_that_may_be_passed(someone: Any, make_role: Any, unique: str) -> None:
    own, other = make_role("dev", EC2), make_role("dev", EC2)
    may = {
        "Effect": "Allow",
        "Action": ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"],
        "Resource": "*",
    }
    iam = someone("dev", may, pass_role(own, "ec2.amazonaws.com")).client("iam")
    for name in (unique, f"{unique}2"):
        iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=unique, RoleName=own.rsplit("/", 1)[1])
    code, message = refusal(
        lambda: iam.add_role_to_instance_profile(InstanceProfileName=f"{unique}2", RoleName=other.rsplit("/", 1)[1])
    )
    assert code == "AccessDenied"
    assert f"is not authorized to perform: iam:PassRole on resource: {other}" in message
