"""Requests are authorised on the resource they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.cloud.outsider import refusal, trusting, zipped

if TYPE_CHECKING:
    from deploy_sandbox.accounts import Sandbox


def test_a_function_may_be_made_only_under_an_allowed_name(
    someone: Any, make_role: Any, sandbox: Sandbox, unique: str
) -> None:
    account = sandbox.accounts["dev"]
    role = make_role("dev", trusting({"Service": "lambda.amazonaws.com"}))
    client = someone(
        "dev",
        {
            "Effect": "Allow",
            "Action": "lambda:CreateFunction",
            "Resource": f"arn:aws:lambda:{sandbox.region}:{account}:function:{unique}",
        },
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role},
    ).client("lambda")
    facts = {"Role": role, "Runtime": "python3.11", "Handler": "index.handler", "Code": {"ZipFile": zipped("")}}
    client.create_function(FunctionName=unique, **facts)
    code, message = refusal(lambda: client.create_function(FunctionName=f"{unique}-other", **facts))
    assert (code, "lambda:CreateFunction" in message) == ("AccessDeniedException", True)


def test_log_groups_may_be_described_only_under_an_allowed_prefix(someone: Any, sandbox: Sandbox) -> None:
    groups = f"arn:aws:logs:{sandbox.region}:{sandbox.accounts['dev']}:log-group"
    logs = someone(
        "dev",
        {"Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": f"{groups}:/aws/lambda/items-dev*"},
    ).client("logs")
    logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/items-dev")
    for facts in ({"logGroupNamePrefix": "/aws/lambda/other"}, {}):
        code, message = refusal(lambda facts=facts: logs.describe_log_groups(**facts))  # type: ignore[misc]
        assert (code, "logs:DescribeLogGroups" in message) == ("AccessDeniedException", True)


def test_a_role_with_a_path_is_authorised_with_its_path(
    someone: Any, as_root: Any, sandbox: Sandbox, unique: str
) -> None:
    iam = someone(
        "dev",
        {
            "Effect": "Allow",
            "Action": ["iam:CreateRole", "iam:GetRole"],
            "Resource": f"arn:aws:iam::{sandbox.accounts['dev']}:role/ci/*",
        },
    ).client("iam")
    trust = trusting({"Service": "lambda.amazonaws.com"})
    iam.create_role(RoleName=unique, Path="/ci/", AssumeRolePolicyDocument=trust)
    iam.get_role(RoleName=unique)
    as_root("dev", "iam").create_role(RoleName=f"{unique}2", AssumeRolePolicyDocument=trust)
    assert refusal(lambda: iam.get_role(RoleName=f"{unique}2"))[0] == "AccessDenied"
    assert refusal(lambda: iam.create_role(RoleName=f"{unique}3", AssumeRolePolicyDocument=trust))[0] == "AccessDenied"


def test_a_call_with_a_qualifier_is_authorised_on_the_version(someone: Any, published: str, unique: str) -> None:
    plain, qualified = (
        someone("dev", {"Effect": "Allow", "Action": "lambda:GetFunction", "Resource": resource}).client("lambda")
        for resource in (published, f"{published}:1")
    )
    plain.get_function(FunctionName=unique)
    plain.get_function(FunctionName=unique, Qualifier="$LATEST")
    qualified.get_function(FunctionName=unique, Qualifier="1")
    for who, facts in ((plain, {"Qualifier": "1"}), (qualified, {})):
        code, message = refusal(lambda who=who, facts=facts: who.get_function(FunctionName=unique, **facts))  # type: ignore[misc]
        assert (code, "lambda:GetFunction" in message) == ("AccessDeniedException", True)
