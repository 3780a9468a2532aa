"""The check finds exactly what is wrong: too little, too much, too far, too big."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from deploy_driver.app import program
from deploy_driver.assurance.iam.check import IamRule, check, names_something, reaches_access_states
from deploy_driver.assurance.iam.roles import Documents, RoleDefinition
from deploy_driver.config.load import load
from deploy_driver.iam_policy import Layers, PolicyRequest, read
from tests.unit.driver.iam.shipped import ROOT, STACKS, allowing, role, shipped, stacks

BUCKET = "arn:aws:s3:::items-dev-222222222222"
STATE = "arn:aws:s3:::deploy-state-111111111111"


def test_the_shipped_policies_are_as_they_should_be() -> None:
    assert check(stacks(), shipped()) == []


def changed(
    stack: str, name: str, change: Callable[[list[dict[str, Any]]], Sequence[dict[str, Any]]]
) -> RoleDefinition:
    """A shipped role whose own policy was edited."""
    document = f"{name.removeprefix('jenkins-')}.policy"
    statements = [dict(statement) for statement in stacks()[stack][document]["Statement"]]
    policy = {"Version": "2012-10-17", "Statement": list(change(statements))}
    before = role(stack, name)
    return replace(before, layers=replace(before.layers, identity=read(document, policy)))


def found(edited: RoleDefinition) -> set[tuple[str, str]]:
    roles = [edited if (each.stack, each.name) == (edited.stack, edited.name) else each for each in shipped()]
    return {(str(finding.rule), finding.where) for finding in check({edited.stack: {}}, roles)}


def edit(sid: str, **change: Any) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Change elements of one statement; a function gets the old value."""

    def apply(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        new = []
        for statement in statements:
            own = change if statement["Sid"] == sid else {}
            made = {key: value(statement.get(key)) if callable(value) else value for key, value in own.items()}
            new.append({key: value for key, value in {**statement, **made}.items() if value is not None})
        return new

    return apply


def plus(*more: str) -> Callable[[list[str]], list[str]]:
    return lambda old: [*old, *more]


def minus(less: str) -> Callable[[list[str]], list[str]]:
    return lambda old: [each for each in old if each != less]


def pattern(old: str, new: str) -> Callable[[list[str]], list[str]]:
    return lambda given: [each.replace(old, new) for each in given]


EDITS: list[tuple[str, str, Any, set[tuple[str, str]]]] = [
    (
        "dev-access",
        "deployment",
        edit("S3", Action=plus("s3:PutBucketAcl")),
        {("iam.surplus", "deployment.policy: S3")},
    ),
    (
        "dev-access",
        "deployment",
        edit("LambdaFunction", Action=minus("lambda:PublishVersion")),
        {("iam.missing", "deployment.policy")},
    ),
    (
        "dev-access",
        "deployment",
        edit("S3", Resource=pattern("-dev-222222222222", "-*")),
        {("iam.reaches-others", "deployment.policy: S3")},
    ),
    (
        "dev-access",
        "deployment",
        edit("LambdaFunction", Resource=pattern("items-dev", "*")),
        {("iam.reaches-others", "deployment.policy: LambdaFunction")},
    ),
    (
        "dev-access",
        "deployment",
        edit("S3", Resource=plus("arn:aws:s3:::another")),
        {("iam.surplus-resource", "deployment.policy: S3")},
    ),
    (
        "dev-access",
        "deployment",
        edit("S3", Resource=["*"]),
        {
            ("iam.any-resource", "deployment.policy: S3"),
            ("iam.reaches-others", "deployment.policy: S3"),
        },
    ),
    (
        "dev-access",
        "deployment",
        edit("LambdaFunctionCalledApigateway", Condition=None),
        {("iam.unconditioned", "deployment.policy: LambdaFunctionCalledApigateway")},
    ),
    (
        "dev-access",
        "deployment",
        edit("IamRolePassedLambda", Condition=None),
        {("iam.unconditioned", "deployment.policy: IamRolePassedLambda")},
    ),
    (
        "dev-access",
        "deployment",
        edit("ApigatewayApisBorn", Condition=None),
        {
            ("iam.unconditioned", "deployment.policy: ApigatewayApisBorn"),
            ("iam.reaches-others", "deployment.policy: ApigatewayApisBorn"),
        },
    ),
    (
        "dev-access",
        "preview",
        edit("S3", Action=plus("s3:PutBucketTagging")),
        {
            ("iam.surplus", "preview.policy: S3"),
            ("iam.writes", "preview.policy"),
        },
    ),
    (
        "dev-access",
        "preview",
        edit("S3", Action=plus("s3:GetObject"), Resource=plus(f"{BUCKET}/*")),
        {
            ("iam.surplus", "preview.policy: S3"),
            ("iam.surplus-resource", "preview.policy: S3"),
            ("iam.secrets", "preview.policy"),
        },
    ),
    (
        "dev-access",
        "items-execution",
        edit("May1", Action=["s3:*"]),
        {("iam.wildcard-action", "items-execution.policy: May1")},
    ),
    (
        "tools",
        "jenkins-preview",
        edit("EnterTargets", Resource=plus("arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment")),
        {
            ("iam.surplus-resource", "preview.policy: EnterTargets"),
            ("iam.escalation", "preview.policy"),
        },
    ),
    (
        "tools",
        "jenkins-deploy",
        edit("KeepSecrets", Condition=None),
        {
            ("iam.unconditioned", "deploy.policy: KeepSecrets"),
            ("iam.any-resource", "deploy.policy: KeepSecrets"),
        },
    ),
    (
        "tools",
        "jenkins-deploy",
        edit("HoldState", Resource=[f"{STATE}/.pulumi/*"]),
        {("iam.surplus-resource", "deploy.policy: HoldState")},
    ),
    (
        "tools",
        "jenkins-deploy",
        edit("RemoveState", Resource=plus(f"{STATE}/.pulumi/backups/items/*")),
        {("iam.surplus-resource", "deploy.policy: RemoveState")},
    ),
    (
        "tools",
        "jenkins-preview",
        edit("ReadState", Resource=pattern("/stacks/*", "/stacks/items/dev*")),
        {("iam.missing", "preview.policy")},
    ),
    (
        "dev-access",
        "items-execution",
        edit("May1", Resource=plus(f"{BUCKET}2/*")),
        {("iam.surplus-resource", "items-execution.policy: May1")},
    ),
    (
        "dev-access",
        "items-execution",
        edit("OwnLog", Resource=pattern("items-dev:*", "*")),
        {
            ("iam.surplus-resource", "items-execution.policy: OwnLog"),
            ("iam.reaches-others", "items-execution.policy: OwnLog"),
        },
    ),
    (
        "dev-access",
        "deployment",
        edit("LambdaFunctionCalledApigateway", Resource=plus("arn:aws:lambda:eu-central-1:222222222222:function:x")),
        {("iam.surplus-resource", "deployment.policy: LambdaFunctionCalledApigateway")},
    ),
]


@pytest.mark.parametrize(("stack", "name", "change", "expected"), EDITS)
def test_one_edit_is_found_by_name(stack: str, name: str, change: Any, expected: set[tuple[str, str]]) -> None:
    assert found(changed(stack, name, lambda statements: statements)) == set()
    assert expected <= found(changed(stack, name, change))


def test_a_finding_says_what_a_resource_is_needed_for() -> None:
    edited = changed("dev-access", "items-execution", edit("May1", Resource=pattern("222222222222/*", "222222222222*")))
    finding = next(each for each in check({"dev-access": {}}, [edited]) if each.rule is IamRule.SURPLUS_RESOURCE)
    assert finding.fact == f"{BUCKET}* is allowed for s3:GetObject, and only {BUCKET}/* is needed"


@pytest.mark.parametrize(
    ("resource", "named"),
    [
        (f"{BUCKET}/*", True),
        (f"{BUCKET}/items/*", True),
        (f"{BUCKET}*", False),
        ("arn:aws:s3:::*", False),
        (f"{BUCKET}/*/items", False),
        ("arn:aws:lambda:eu-central-1:222222222222:function:items-dev:*", True),
        ("arn:aws:lambda:eu-central-1:222222222222:function:items-*", False),
        ("arn:aws:lambda:eu-central-1:222222222222:function:*", False),
        ("arn:aws:logs:eu-central-1:222222222222:log-group:/aws/lambda/items-dev:*", True),
        ("arn:aws:logs:*:222222222222:log-group:/aws/lambda/items-dev:*", False),
        ("arn:aws:kms:eu-central-1:111111111111:key/*", False),
        ("arn:aws:iam::222222222222:role/deploy/*", True),
        ("arn:aws:iam::222222222222:role/*", False),
        ("arn:aws:iam::222222222222:role/deploy", True),
        ("arn:aws:sns:eu-central-1:222222222222:items-dev-news-???????", True),
        ("arn:aws:s3:::items-dev-store-???????/*", True),
        ("arn:aws:secretsmanager:eu-central-1:222222222222:secret:items-dev-token-??????", True),
        ("arn:aws:events:eu-central-1:222222222222:rule/*/items-dev-tick", True),
        ("arn:aws:events:eu-central-1:222222222222:rule/*", False),
        ("arn:aws:events:eu-central-1:222222222222:rule/*/*", False),
        ("arn:aws:sns:eu-central-1:222222222222:???????", False),
        ("arn:aws:sns:eu-central-1:222222222222:items-dev-news-????????", False),
        ("arn:aws:sns:eu-central-1:222222222222:items-dev-news-???????-*", False),
        ("*", False),
    ],
)
def test_a_wildcard_stands_below_a_name_or_names_nothing(resource: str, named: bool) -> None:
    assert names_something(resource) is named


def states(*, shared: bool) -> tuple[PolicyRequest, ...]:
    """Where the states of access layers are: today, or in one bucket and under one key with those of services."""
    config = load(ROOT, {})
    if shared:
        config = replace(config, stacks=tuple(replace(stack, backend=config.backend) for stack in config.stacks))
    return program.access_states(config)


@pytest.mark.parametrize("name", ["jenkins-deploy", "jenkins-preview"])
def test_whoever_reaches_the_state_of_an_access_layer_is_found_and_none_does(name: str) -> None:
    before = changed("tools", name, edit("HoldState", Resource=[f"{STATE}/.pulumi/*"]))
    document = before.layers.identity.name
    assert {finding.where for finding in reaches_access_states(before, states(shared=True))} == {document, "boundary"}
    today = role("tools", name)
    assert {finding.where for finding in reaches_access_states(today, states(shared=True))} == {document, "boundary"}
    assert list(reaches_access_states(today, states(shared=False))) == []
    other = f"{STATE}-access/.pulumi/stacks/items/*"
    opened = changed(
        "tools", name, lambda statements: [*statements, allowing("s3:PutObject", resource=other)["Statement"][0]]
    )
    (finding,) = reaches_access_states(opened, states(shared=False))
    assert (finding.rule, finding.where) == (IamRule.REACHES_ACCESS_STATE, document)
    assert (
        "s3:PutObject on arn:aws:s3:::deploy-state-111111111111-access/.pulumi/stacks/items/dev-access.json"
        in finding.fact
    )


def test_the_key_of_access_layers_is_guarded_as_their_files_are() -> None:
    keys = [thing for thing in states(shared=False) if thing.action == "kms:*"]
    edited = changed("tools", "jenkins-deploy", edit("KeepSecrets", Condition=None))
    assert [finding.where for finding in reaches_access_states(edited, keys)] == ["deploy.policy"]
    assert list(reaches_access_states(role("tools", "jenkins-deploy"), keys)) == []


def test_no_role_of_any_account_reaches_them() -> None:
    assert check(stacks(), shipped(), states(shared=False)) == []
    assert {finding.role for finding in check(stacks(), shipped(), states(shared=True))} == {
        "jenkins-deploy",
        "jenkins-preview",
    }


@pytest.mark.parametrize("kind", ["boundary", "session"])
def test_what_another_layer_takes_away_is_missing(kind: str) -> None:
    before = role("dev-access", "preview")
    layers = {"boundary": before.layers.boundary, "session": before.layers.session}
    layers[kind] = read(kind, allowing("s3:*"))
    edited = replace(before, layers=Layers(before.layers.identity, **layers))
    assert {rule for rule, _ in found(edited)} == {"iam.missing"}


def test_a_document_that_aws_would_refuse_is_found() -> None:
    big: Documents = {"boundary": allowing(*(f"s3:Get{number:05}" for number in range(600)))}
    small: Documents = {"boundary": allowing("s3:GetObject")}
    assert [finding.rule for finding in check({"dev-access": big}, [])] == [IamRule.TOO_BIG]
    assert check({"dev-access": small}, []) == []


@pytest.mark.parametrize(
    ("condition", "claims"),
    [
        ({}, ["sub", "aud"]),
        ({"StringEquals": {"ci.example.com:aud": "sts.amazonaws.com"}}, ["sub"]),
        ({"StringEquals": {"ci.example.com:AUD": "x"}, "StringLike": {"ci.example.com:sub": "job/*"}}, ["sub"]),
        ({"ForAllValues:StringEquals": {"ci.example.com:aud": "x", "ci.example.com:sub": "job"}}, ["sub", "aud"]),
        ({"StringEquals": {"ci.example.com:aud": "x", "ci.example.com:sub": "job"}}, []),
    ],
)
def test_a_trust_that_takes_any_token_of_a_provider_is_found(condition: dict[str, Any], claims: list[str]) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::111111111111:oidc-provider/ci.example.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    findings = check({"tools": {"deploy.trust": {"Version": "2012-10-17", "Statement": [trust]}}}, [])
    assert [(each.rule, each.where) for each in findings] == [(IamRule.UNCONDITIONED, "deploy.trust")] * len(claims)
    assert [each.fact.split()[-2] for each in findings] == claims


@pytest.fixture
def too_much() -> RoleDefinition:
    """The deployment role of dev, allowed one action that it does not need."""
    return changed("dev-access", "deployment", edit("S3", Action=plus("s3:PutBucketAcl")))


def test_every_finding_says_what_to_do(too_much: RoleDefinition) -> None:
    (finding,) = check({"dev-access": {}}, [too_much])
    assert finding.fact == f"s3:PutBucketAcl is allowed on {BUCKET}, and nothing needs it there"
    assert finding.remedy


def test_only_what_is_asked_for_is_checked(too_much: RoleDefinition) -> None:
    assert check({stack: {} for stack in STACKS if stack != "dev-access"}, [too_much]) == []
