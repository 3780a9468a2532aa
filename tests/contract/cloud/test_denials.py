"""A refusal names the resource and the kind of policy that decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.cloud.outsider import ALLOW_ALL, document, refusal, trusting

if TYPE_CHECKING:
    from deploy_sandbox.accounts import Sandbox

DENY = {"Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"}
MAY_ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}


def why(client: Any, sandbox: Sandbox) -> str:
    """The end of the refusal to see a user, after the resource."""
    code, message = refusal(lambda: client.get_user(UserName="other"))
    assert code == "AccessDenied"
    start = f"is not authorized to perform: iam:GetUser on resource: arn:aws:iam::{sandbox.accounts['dev']}:user/other "
    assert start in message
    return message.split(start)[1]


def test_the_identity_policy(someone: Any, sandbox: Sandbox) -> None:
    nobody = someone("dev").client("iam")
    assert why(nobody, sandbox) == "because no identity-based policy allows the iam:GetUser action"
    denied = someone("dev", ALLOW_ALL, DENY).client("iam")
    assert why(denied, sandbox) == "with an explicit deny in an identity-based policy"


def test_the_permissions_boundary(someone: Any, make_role: Any, as_root: Any, sandbox: Sandbox, unique: str) -> None:
    iam = as_root("dev", "iam")

    def bounded(name: str, *statements: Any) -> Any:
        policy = iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"]
        role = make_role("dev", trusting(sandbox.accounts["dev"]), ALLOW_ALL, PermissionsBoundary=policy)
        return someone("dev", MAY_ASSUME).become(role).client("iam")

    missing = bounded(f"{unique}1", {"Effect": "Allow", "Action": "iam:List*", "Resource": "*"})
    missing.list_users()
    assert why(missing, sandbox) == "because no permissions boundary allows the iam:GetUser action"
    denied = bounded(f"{unique}2", ALLOW_ALL, DENY)
    denied.list_users()
    assert why(denied, sandbox) == "with an explicit deny in a permissions boundary"


def test_the_session_policy(someone: Any, make_role: Any, sandbox: Sandbox) -> None:
    role = make_role("dev", trusting(sandbox.accounts["dev"]), ALLOW_ALL)
    user = someone("dev", MAY_ASSUME)
    narrow = document({"Effect": "Allow", "Action": "iam:List*", "Resource": "*"})
    missing = user.become(role, Policy=narrow).client("iam")
    missing.list_users()
    assert why(missing, sandbox) == "because no session policy allows the iam:GetUser action"
    denied = user.become(role, Policy=document(ALLOW_ALL, DENY)).client("iam")
    assert why(denied, sandbox) == "with an explicit deny in a session policy"


def test_the_resource_policy(someone: Any, make_role: Any, as_root: Any, sandbox: Sandbox) -> None:
    trust = trusting(sandbox.accounts["dev"])
    owner, other = make_role("dev", trust, ALLOW_ALL), make_role("dev", trust, ALLOW_ALL)
    policy = document({"Effect": "Allow", "Principal": {"AWS": owner}, "Action": "kms:*", "Resource": "*"})
    key = as_root("dev", "kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    user = someone("dev", MAY_ASSUME)
    user.become(owner).client("kms").describe_key(KeyId=key)
    code, message = refusal(lambda: user.become(other).client("kms").describe_key(KeyId=key))
    assert code == "AccessDeniedException"
    assert f"kms:DescribeKey on resource: {key} because no resource-based policy allows" in message
