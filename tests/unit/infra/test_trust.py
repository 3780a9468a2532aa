"""Who may enter, with one fact wrong at a time."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from deploy_infra.policies.document import text
from deploy_infra.policies.trust import agents, jenkins
from deploy_project.accounts import AgentTokens
from deploy_project.seam import QUOTAS, DocumentKind
from tests.unit.infra.evaluation import trusts
from tests.unit.infra.facts import document

DEPLOY = "arn:aws:iam::111111111111:role/jenkins-deploy"
PREVIEW = "arn:aws:iam::111111111111:role/jenkins-preview"
RIGHT = {
    "sts:ExternalId": "items-dev-5f0c0e1b",
    "sts:RoleSessionName": "items-dev-b12-r7",
    "sts:SourceIdentity": "items-dev-b12-r7",
}
WRONG = [
    {"sts:ExternalId": None},
    {"sts:ExternalId": "items-prod-e86f37c2"},
    {"sts:RoleSessionName": "somebody"},
    {"sts:RoleSessionName": "items-prod-b12-r7"},
    {"sts:SourceIdentity": None},
    {"sts:SourceIdentity": "somebody"},
]
CALLERS = {
    "deployment": {DEPLOY: True, PREVIEW: False},
    "preview": {DEPLOY: True, PREVIEW: True},
}
STRANGERS = [
    "arn:aws:iam::111111111111:root",
    "arn:aws:iam::111111111111:role/Administrator",
    "arn:aws:iam::111111111111:role/jenkins-deploy2",
    "arn:aws:iam::333333333333:role/jenkins-deploy",
]


@pytest.mark.parametrize("role", CALLERS)
@pytest.mark.parametrize("caller", [DEPLOY, PREVIEW])
def test_the_right_jenkins_role_enters_with_everything_right(role: str, caller: str) -> None:
    trust = document("dev-access", f"{role}.trust")
    for action in ("sts:AssumeRole", "sts:SetSourceIdentity"):
        assert trusts(trust, action, caller, RIGHT) is CALLERS[role][caller]


@pytest.mark.parametrize("role", CALLERS)
@pytest.mark.parametrize("stranger", STRANGERS)
def test_nobody_else_enters_even_with_everything_right(role: str, stranger: str) -> None:
    assert not trusts(document("dev-access", f"{role}.trust"), "sts:AssumeRole", stranger, RIGHT)


@pytest.mark.parametrize("role", CALLERS)
@pytest.mark.parametrize("wrong", WRONG)
def test_one_wrong_fact_closes_the_door(role: str, wrong: Mapping[str, str | None]) -> None:
    assert not trusts(document("dev-access", f"{role}.trust"), "sts:AssumeRole", DEPLOY, {**RIGHT, **wrong})


@pytest.mark.parametrize("role", CALLERS)
def test_session_tags_are_not_asked_for_and_not_allowed(role: str) -> None:
    assert not trusts(document("dev-access", f"{role}.trust"), "sts:TagSession", DEPLOY, RIGHT)


@pytest.mark.parametrize(("stack", "name", "service"), [
    ("tools", "deploy.trust", "ec2.amazonaws.com"),
    ("tools", "preview.trust", "ec2.amazonaws.com"),
    ("prod-access", "items-execution.trust", "lambda.amazonaws.com"),
])  # fmt: skip
def test_a_service_role_trusts_one_service(stack: str, name: str, service: str) -> None:
    (statement,) = document(stack, name)["Statement"]
    assert statement["Principal"] == {"Service": service}
    assert statement["Action"] == "sts:AssumeRole"


@pytest.mark.parametrize(
    ("kinds", "services"),
    [
        (("ecs",), "ecs-tasks.amazonaws.com"),
        (("ec2", "ecs"), ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]),
        (("eks",), "pods.eks.amazonaws.com"),
    ],
)
def test_jenkins_trusts_what_its_agents_run_on_and_nothing_else(
    kinds: tuple[str, ...], services: str | list[str]
) -> None:
    enter, *others = agents(kinds, None, "111111111111", ())["Statement"]
    assert (enter["Principal"], enter["Action"]) == ({"Service": services}, "sts:AssumeRole")
    assert [(other["Principal"], other["Action"]) for other in others] == (
        [({"Service": "pods.eks.amazonaws.com"}, "sts:TagSession")] if "eks" in kinds else []
    )


def test_a_token_is_trusted_for_its_issuer_audience_and_subject_alone() -> None:
    tokens = AgentTokens("ci.example.com/oidc", "sts.amazonaws.com", ("deploy", "nightly"), ("preview",))
    (alone,) = agents(("oidc",), tokens, "111111111111", tokens.deploy_subjects)["Statement"]
    assert alone["Principal"] == {"Federated": "arn:aws:iam::111111111111:oidc-provider/ci.example.com/oidc"}
    assert alone["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert alone["Condition"] == {
        "StringEquals": {
            "ci.example.com/oidc:aud": "sts.amazonaws.com",
            "ci.example.com/oidc:sub": ["deploy", "nightly"],
        }
    }
    service, token = agents(("ec2", "oidc"), tokens, "111111111111", tokens.preview_subjects)["Statement"]
    assert service["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert token["Condition"]["StringEquals"]["ci.example.com/oidc:sub"] == ["preview"]


@pytest.mark.parametrize("env", ["dev", "staging", "prod"])
def test_trust_is_name_stable_and_small(env: str) -> None:
    for role in CALLERS:
        trust = document(f"{env}-access", f"{role}.trust")
        assert {statement["Principal"]["AWS"] for statement in trust["Statement"]} == {"arn:aws:iam::111111111111:root"}
        assert len(text(trust)) <= QUOTAS[DocumentKind.TRUST]


def test_an_organisation_is_demanded_where_one_is_given() -> None:
    plain = jenkins(tools_account="111111111111", role_arns=[DEPLOY], external_id="x-1", session_pattern="items-dev-*")
    member = jenkins(
        tools_account="111111111111",
        role_arns=[DEPLOY],
        external_id="x-1",
        session_pattern="items-dev-*",
        organization="o-0123456789",
    )
    demanded = [statement["Condition"]["StringEquals"].get("aws:PrincipalOrgID") for statement in member["Statement"]]
    assert demanded == ["o-0123456789", "o-0123456789"]
    assert "aws:PrincipalOrgID" not in text(plain)
    assert len(text(member)) < QUOTAS[DocumentKind.TRUST]
