"""On the first day an administrator can enter every account, and nobody else can enter any."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from deploy_sandbox.accounts import ADMINISTRATOR_ROLE, ORGANIZATION, ORGANIZATION_ROLE
from tests.contract.cloud.outsider import Someone, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.accounts import Sandbox


def test_the_tools_account_has_an_administrator(as_root: Callable[[str, str], Any]) -> None:
    iam = as_root("tools", "iam")
    attached = iam.list_attached_role_policies(RoleName=ADMINISTRATOR_ROLE)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AdministratorAccess"]
    profile = iam.get_instance_profile(InstanceProfileName=ADMINISTRATOR_ROLE)["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == [ADMINISTRATOR_ROLE]


@pytest.mark.parametrize("account", ["dev", "staging", "prod"])
def test_the_administrator_can_enter_every_other_account(
    sandbox: Sandbox, administrator: Someone, account: str
) -> None:
    number = sandbox.accounts[account]
    entered = administrator.become(f"arn:aws:iam::{number}:role/{ORGANIZATION_ROLE}")
    assert entered.client("sts").get_caller_identity()["Account"] == number
    entered.client("iam").list_roles()


def test_another_member_account_cannot_enter(sandbox: Sandbox, someone: Callable[..., Someone]) -> None:
    stranger = someone("staging", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    role = f"arn:aws:iam::{sandbox.accounts['dev']}:role/{ORGANIZATION_ROLE}"
    code, message = refusal(lambda: stranger.become(role))
    assert code == "AccessDenied"
    assert f"is not authorized to perform: sts:AssumeRole on resource: {role}" in message


def test_a_trust_can_ask_for_the_organisation(
    sandbox: Sandbox, administrator: Someone, as_root: Callable[[str, str], Any]
) -> None:
    for name, organization in (("of-ours", ORGANIZATION), ("of-others", "o-somebodyelse")):
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{sandbox.accounts['tools']}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}},
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        as_root("dev", "iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    here = f"arn:aws:iam::{sandbox.accounts['dev']}:role"
    administrator.become(f"{here}/of-ours")
    code, _ = refusal(lambda: administrator.become(f"{here}/of-others"))
    assert code == "AccessDenied"
