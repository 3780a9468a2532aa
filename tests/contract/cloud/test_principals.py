"""Who a role session is in a condition, and whom a trust policy means by a role's ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from tests.contract.cloud.outsider import Someone, refusal, trusting

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.accounts import Sandbox

MAY_ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}


@pytest.fixture
def session_of(sandbox: Sandbox, someone: Callable[..., Someone], make_role: Any) -> Callable[..., tuple[Someone, str]]:
    """A session of a new role of tools, and the role's ARN."""

    def make(**facts: Any) -> tuple[Someone, str]:
        role = make_role("tools", trusting(sandbox.accounts["tools"]), MAY_ASSUME, **facts)
        return someone("tools", MAY_ASSUME).become(role), role

    return make


@pytest.mark.parametrize("path", ["/", "/ci/"])
def test_a_trust_policy_sees_the_role_behind_a_session(
    sandbox: Sandbox, session_of: Any, make_role: Any, path: str
) -> None:
    jenkins, role = session_of(Path=path)
    other, _ = session_of(Path=path)
    target = make_role("dev", trusting(sandbox.accounts["tools"], ArnEquals={"aws:PrincipalArn": role}))
    jenkins.become(target)
    assert refusal(lambda: other.become(target))[0] == "AccessDenied"


def test_the_sessions_own_arn_is_not_its_principal_arn(sandbox: Sandbox, session_of: Any, make_role: Any) -> None:
    jenkins, _ = session_of()
    session = jenkins.client("sts").get_caller_identity()["Arn"]
    target = make_role("dev", trusting(sandbox.accounts["tools"], StringEquals={"aws:PrincipalArn": session}))
    assert refusal(lambda: jenkins.become(target))[0] == "AccessDenied"


def test_a_permission_sees_the_role_behind_a_session(
    sandbox: Sandbox, someone: Any, make_role: Any, unique: str
) -> None:
    def conditioned(arn: str) -> dict[str, Any]:
        return {
            "Effect": "Allow",
            "Action": "iam:ListUsers",
            "Resource": "*",
            "Condition": {"ArnEquals": {"aws:PrincipalArn": arn}},
        }

    account = sandbox.accounts["tools"]
    own = conditioned(f"arn:aws:iam::{account}:role/{unique}")
    named = make_role("tools", trusting(account), own, name=unique)
    other = make_role("tools", trusting(account), own)
    user = someone("tools", MAY_ASSUME)
    user.become(named).client("iam").list_users()
    assert refusal(user.become(other).client("iam").list_users)[0] == "AccessDenied"


def recreate(iam: Any, name: str, trust: str) -> None:
    iam.delete_role_policy(RoleName=name, PolicyName="does")
    iam.delete_role(RoleName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(
        RoleName=name, PolicyName="does", PolicyDocument='{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
    )


def test_a_bare_role_principal_is_lost_when_the_role_is_recreated(
    sandbox: Sandbox, as_root: Any, session_of: Any, someone: Any, make_role: Any
) -> None:
    tools, dev = as_root("tools", "iam"), as_root("dev", "iam")
    jenkins, role = session_of()
    name = role.rsplit("/", 1)[1]
    unique_id = tools.get_role(RoleName=name)["Role"]["RoleId"]
    target = make_role("dev", trusting(role))
    target_name = target.rsplit("/", 1)[1]
    jenkins.become(target)
    assert role in str(dev.get_role(RoleName=target_name)["Role"]["AssumeRolePolicyDocument"])

    recreate(tools, name, trusting(sandbox.accounts["tools"]))
    again = someone("tools", MAY_ASSUME).become(role)
    assert refusal(lambda: again.become(target))[0] == "AccessDenied"
    shown = unquote(str(dev.get_role(RoleName=target_name)["Role"]["AssumeRolePolicyDocument"]))
    assert unique_id in shown
    assert role not in shown


def test_an_account_principal_with_the_roles_arn_survives_its_recreation(
    sandbox: Sandbox, as_root: Any, session_of: Any, someone: Any, make_role: Any
) -> None:
    jenkins, role = session_of()
    account = sandbox.accounts["tools"]
    target = make_role("dev", trusting(account, ArnEquals={"aws:PrincipalArn": role}))
    jenkins.become(target)
    recreate(as_root("tools", "iam"), role.rsplit("/", 1)[1], trusting(account))
    someone("tools", MAY_ASSUME).become(role).become(target)


def test_the_sessions_of_a_deleted_role_end(as_root: Any, session_of: Any) -> None:
    jenkins, role = session_of()
    jenkins.client("sts").get_caller_identity()
    recreate(as_root("tools", "iam"), role.rsplit("/", 1)[1], trusting("111111111111"))
    assert refusal(jenkins.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_principal_that_does_not_exist_is_refused(as_root: Any, session_of: Any, unique: str) -> None:
    iam = as_root("dev", "iam")
    _, role = session_of()
    iam.create_role(RoleName=unique, AssumeRolePolicyDocument=trusting(role))
    missing = f"{role}x"
    for call in (
        lambda: iam.update_assume_role_policy(RoleName=unique, PolicyDocument=trusting(missing)),
        lambda: iam.create_role(RoleName=f"{unique}2", AssumeRolePolicyDocument=trusting(missing)),
    ):
        assert refusal(call) == ("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{missing}"')
