"""A variable in a policy stands for the value that the request has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import Someone, refusal, trusting

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.accounts import Sandbox


@pytest.fixture
def buckets(as_root: Callable[[str, str], Any], unique: str) -> tuple[str, str]:
    """Two buckets of dev: one is named like the team `unique`, one like another team."""
    s3 = as_root("dev", "s3")
    names = (f"{unique}-payments", f"{unique}-billing")
    for name in names:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return names


def test_a_principal_tag_in_a_resource(someone: Any, buckets: tuple[str, str], unique: str) -> None:
    own = f"arn:aws:s3:::{unique}-${{aws:PrincipalTag/team}}"
    s3 = someone(
        "dev", {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": own}, tags={"team": "payments"}
    ).client("s3")
    s3.list_objects_v2(Bucket=buckets[0])
    assert refusal(lambda: s3.list_objects_v2(Bucket=buckets[1]))[0] == "AccessDenied"


def test_an_unknown_variable_matches_nothing_unless_it_has_a_default(
    someone: Any, buckets: tuple[str, str], unique: str
) -> None:
    def may_list(variable: str) -> Someone:
        resource = f"arn:aws:s3:::{unique}-${{{variable}}}"
        made: Someone = someone("dev", {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": resource})
        return made

    may_list("aws:PrincipalTag/team, 'billing'").client("s3").list_objects_v2(Bucket=buckets[1])
    unknown = may_list("aws:PrincipalTag/team").client("s3")
    assert refusal(lambda: unknown.list_objects_v2(Bucket=buckets[1]))[0] == "AccessDenied"


def test_a_user_may_reach_only_itself(someone: Any, sandbox: Sandbox) -> None:
    account = sandbox.accounts["dev"]
    own = {"Effect": "Allow", "Action": "iam:GetUser", "Resource": f"arn:aws:iam::{account}:user/${{aws:username}}"}
    first, second = (someone("dev", own) for _ in range(2))
    names = [who.client("sts").get_caller_identity()["Arn"].rsplit("/", 1)[1] for who in (first, second)]
    first.client("iam").get_user(UserName=names[0])
    assert refusal(lambda: first.client("iam").get_user(UserName=names[1]))[0] == "AccessDenied"


def test_a_variable_in_a_conditions_value(someone: Any, sandbox: Sandbox, make_role: Any) -> None:
    account = sandbox.accounts["tools"]
    role = make_role("dev", trusting(account, StringEquals={"sts:RoleSessionName": "${aws:username}"}))
    user = someone("tools", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    name = user.client("sts").get_caller_identity()["Arn"].rsplit("/", 1)[1]
    user.become(role, RoleSessionName=name)
    assert refusal(lambda: user.become(role, RoleSessionName="someone-else"))[0] == "AccessDenied"


def test_a_denial_with_a_variable_denies(someone: Any, buckets: tuple[str, str], unique: str) -> None:
    allow = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": f"arn:aws:s3:::{unique}-${{aws:PrincipalTag/team}}"}
    s3 = someone("dev", allow, deny, tags={"team": "payments"}).client("s3")
    s3.list_objects_v2(Bucket=buckets[1])
    assert refusal(lambda: s3.list_objects_v2(Bucket=buckets[0]))[0] == "AccessDenied"
