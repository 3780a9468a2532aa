"""AssumeRole keeps AWS's rules: names, durations, chaining, source identity, session tags, session policies."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import ALLOW_ALL, Someone, document, refusal, trusting

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.accounts import Sandbox

ASSUME = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")
MAY_ASSUME = {"Effect": "Allow", "Action": list(ASSUME), "Resource": "*"}


@pytest.fixture
def user(someone: Callable[..., Someone]) -> Someone:
    return someone("tools", MAY_ASSUME)


@pytest.fixture
def open_role(make_role: Callable[..., str], sandbox: Sandbox) -> Callable[..., str]:
    """A role of dev that the tools account may assume, name and tag; facts are CreateRole's own."""
    return lambda *statements, **facts: make_role(
        "dev", trusting(sandbox.accounts["tools"], *ASSUME), *statements, **facts
    )


@pytest.mark.parametrize("name", ["ab", "a" * 64, "items-dev-1=+,.@_"])
def test_a_session_name_of_the_alphabet_is_taken(user: Someone, open_role: Callable[..., str], name: str) -> None:
    arn = user.become(open_role(), RoleSessionName=name).client("sts").get_caller_identity()["Arn"]
    assert arn.endswith(f"/{name}")


@pytest.mark.parametrize("field", ["RoleSessionName", "SourceIdentity"])
@pytest.mark.parametrize(
    ("value", "constraint"),
    [
        ("a" * 65, "length less than or equal to 64"),
        ("a b", "regular expression pattern"),
        ("a/b", "regular expression"),
    ],
)
def test_a_name_outside_the_alphabet_is_refused(
    user: Someone, open_role: Callable[..., str], field: str, value: str, constraint: str
) -> None:
    role = open_role()
    code, message = refusal(lambda: user.become(role, **{field: value}))
    assert code == "ValidationError"
    assert field.lower() in message.lower()
    assert constraint in message


@pytest.mark.parametrize(("seconds", "most"), [(900, 3600), (3600, 3600), (7200, 43200), (43200, 43200)])
def test_a_duration_within_the_roles_limit_is_given(
    user: Someone, open_role: Callable[..., str], seconds: int, most: int
) -> None:
    role = open_role(MaxSessionDuration=most)
    answer = user.client("sts").assume_role(RoleArn=role, RoleSessionName="visitor", DurationSeconds=seconds)
    remaining = answer["Credentials"]["Expiration"].timestamp() - time.time()
    assert seconds - 60 < remaining <= seconds + 1


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (43201, "less than or equal to 43200"),
        (3601, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
    ],
)
def test_a_duration_beyond_the_limit_is_refused(
    user: Someone, open_role: Callable[..., str], seconds: int, message: str
) -> None:
    role = open_role()
    code, said = refusal(lambda: user.become(role, DurationSeconds=seconds))
    assert (code, message in said) == ("ValidationError", True), said


def test_a_role_session_gets_one_hour_at_most(user: Someone, open_role: Callable[..., str], make_role: Any) -> None:
    first = user.become(make_role("tools", trusting(user_account(user)), MAY_ASSUME))
    target = open_role(MaxSessionDuration=43200)
    first.become(target, DurationSeconds=3600).client("sts").get_caller_identity()
    code, message = refusal(lambda: first.become(target, DurationSeconds=3601))
    assert code == "ValidationError"
    assert (
        message == "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    )


def user_account(someone: Someone) -> str:
    return str(someone.client("sts").get_caller_identity()["Account"])


def test_the_root_of_an_account_cannot_assume_a_role(
    root: Callable[[str], Someone], user: Someone, open_role: Callable[..., str]
) -> None:
    role = open_role()
    user.become(role)
    assert refusal(lambda: root("tools").become(role)) == (
        "AccessDenied",
        "Roles may not be assumed by root accounts.",
    )


def test_an_external_id_must_be_the_one_demanded(user: Someone, make_role: Any) -> None:
    trust = trusting(user_account(user), StringEquals={"sts:ExternalId": "items-dev-5f0c0e1b"})
    role = make_role("dev", trust)
    user.become(role, ExternalId="items-dev-5f0c0e1b")
    for wrong in ({}, {"ExternalId": "items-dev-other"}):
        code, message = refusal(lambda wrong=wrong: user.become(role, **wrong))  # type: ignore[misc]
        assert (code, message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {role}")) == (
            "AccessDenied",
            True,
        )


def test_a_trust_policy_can_demand_a_session_name(user: Someone, make_role: Any) -> None:
    role = make_role("dev", trusting(user_account(user), StringLike={"sts:RoleSessionName": "items-dev-*"}))
    user.become(role, RoleSessionName="items-dev-17")
    assert refusal(lambda: user.become(role, RoleSessionName="items-prod-17"))[0] == "AccessDenied"


def test_a_trust_policy_can_demand_a_source_identity(user: Someone, make_role: Any) -> None:
    trust = trusting(user_account(user), *ASSUME, StringLike={"sts:SourceIdentity": "items-dev-*"})
    role = make_role("dev", trust)
    answer = user.client("sts").assume_role(RoleArn=role, RoleSessionName="xx", SourceIdentity="items-dev-17")
    assert answer["SourceIdentity"] == "items-dev-17"
    assert refusal(lambda: user.become(role))[0] == "AccessDenied"
    assert refusal(lambda: user.become(role, SourceIdentity="other"))[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        ("sts:SetSourceIdentity", {"SourceIdentity": "jenkins"}),
        ("sts:TagSession", {"Tags": [{"Key": "run", "Value": "17"}]}),
    ],
)
def test_naming_and_tagging_need_their_permission_on_both_sides(
    someone: Callable[..., Someone], make_role: Any, open_role: Any, action: str, facts: dict[str, Any]
) -> None:
    allowed, plain = someone("tools", MAY_ASSUME), someone("tools", {**MAY_ASSUME, "Action": "sts:AssumeRole"})
    role, closed = open_role(), make_role("dev", trusting(user_account(plain)))
    allowed.become(role, **facts)
    plain.become(role)
    allowed.become(closed)
    for who, where in ((plain, role), (allowed, closed)):
        code, message = refusal(lambda who=who, where=where: who.become(where, **facts))  # type: ignore[misc]
        assert code == "AccessDenied"
        assert f"is not authorized to perform: {action} on resource: {where}" in message


def test_a_source_identity_persists_and_cannot_be_changed(user: Someone, open_role: Any, make_role: Any) -> None:
    first = user.become(make_role("tools", trusting(user_account(user), *ASSUME), MAY_ASSUME), SourceIdentity="jenkins")
    target = open_role({"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*", "Condition": SOURCED})
    first.become(target).client("iam").list_roles()
    first.become(target, SourceIdentity="jenkins").client("iam").list_roles()
    assert refusal(lambda: first.become(target, SourceIdentity="mallory"))[0] == "AccessDenied"
    nameless = user.become(target)
    assert refusal(nameless.client("iam").list_roles)[0] == "AccessDenied"


SOURCED = {"StringEquals": {"aws:SourceIdentity": "jenkins"}}


def test_an_inherited_source_identity_must_be_allowed_by_the_next_role(
    user: Someone, sandbox: Sandbox, make_role: Any, open_role: Any
) -> None:
    first = make_role("tools", trusting(sandbox.accounts["tools"], *ASSUME), MAY_ASSUME)
    closed = make_role("dev", trusting(sandbox.accounts["tools"]))
    user.become(first).become(closed)
    named = user.become(first, SourceIdentity="jenkins")
    named.become(open_role())
    code, message = refusal(lambda: named.become(closed))
    assert (code, "sts:SetSourceIdentity" in message) == ("AccessDenied", True)


def test_only_transitive_tags_are_handed_on(user: Someone, open_role: Any, make_role: Any) -> None:
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "payments"}}
    target = open_role({"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*", "Condition": tagged})
    middle = make_role("tools", trusting(user_account(user), *ASSUME), MAY_ASSUME)
    tags = [{"Key": "team", "Value": "payments"}]
    user.become(middle, Tags=tags, TransitiveTagKeys=["team"]).become(target).client("iam").list_roles()
    ordinary = user.become(middle, Tags=tags).become(target)
    assert refusal(ordinary.client("iam").list_roles)[0] == "AccessDenied"


def test_a_transitive_tag_cannot_be_set_again(user: Someone, open_role: Any, make_role: Any) -> None:
    middle = make_role("tools", trusting(user_account(user), *ASSUME), MAY_ASSUME)
    tags = [{"Key": "team", "Value": "payments"}]
    handed = user.become(middle, Tags=tags, TransitiveTagKeys=["team"])
    target = open_role()
    handed.become(target, Tags=[{"Key": "run", "Value": "1"}])
    assert refusal(lambda: handed.become(target, Tags=tags))[0] == "InvalidParameterValue"


def test_a_session_policy_narrows_and_never_widens(user: Someone, open_role: Any) -> None:
    role = open_role({"Effect": "Allow", "Action": "iam:List*", "Resource": "*"})
    narrowed = user.become(role, Policy=document({"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}))
    narrowed.client("iam").list_roles()
    assert refusal(narrowed.client("iam").list_users)[0] == "AccessDenied"
    widened = user.become(role, Policy=document(ALLOW_ALL))
    widened.client("iam").list_users()
    assert refusal(lambda: widened.client("iam").get_role(RoleName="any"))[0] == "AccessDenied"


@pytest.mark.parametrize(("size", "taken"), [(2048, True), (2049, False)])
def test_a_session_policy_has_2048_characters(user: Someone, open_role: Any, size: int, taken: bool) -> None:
    role = open_role()
    empty = json.dumps({"Statement": [{**ALLOW_ALL, "Sid": ""}]})
    policy = empty.replace('"Sid": ""', f'"Sid": "{"s" * (size - len(empty))}"')
    assert len(policy) == size
    if taken:
        user.become(role, Policy=policy)
        return
    code, message = refusal(lambda: user.become(role, Policy=policy))
    assert (code, "less than or equal to 2048" in message) == ("ValidationError", True), message
