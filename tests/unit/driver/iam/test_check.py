"""The check finds exactly what is wrong: too little, too much, too far, too big."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from driver.iam.check import check
from driver.iam.document import read
from driver.iam.evaluate import Layers
from driver.iam.finding import Rule
from driver.iam.holders import Documents, Role
from tests.unit.driver.iam.shipped import STACKS, allowing, role, shipped, stacks

BUCKET = "arn:aws:s3:::items-dev-222222222222"


def test_the_shipped_policies_are_as_they_should_be() -> None:
    assert check(stacks(), shipped()) == []


def changed(stack: str, name: str, change: Callable[[list[dict[str, Any]]], Sequence[dict[str, Any]]]) -> Role:
    """A shipped role whose own policy was edited."""
    document = f"{name.removeprefix('jenkins-')}.policy"
    statements = [dict(statement) for statement in stacks()[stack][document]["Statement"]]
    policy = {"Version": "2012-10-17", "Statement": list(change(statements))}
    before = role(stack, name)
    return replace(before, layers=replace(before.layers, identity=read(document, policy)))


def found(edited: Role) -> set[tuple[str, str]]:
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
        edit("Bucket", Action=plus("s3:PutBucketAcl")),
        {("iam.surplus", "deployment.policy: Bucket")},
    ),
    (
        "dev-access",
        "deployment",
        edit("Function", Action=minus("lambda:PublishVersion")),
        {("iam.missing", "deployment.policy")},
    ),
    (
        "dev-access",
        "deployment",
        edit("Bucket", Resource=pattern("-dev-222222222222", "-*")),
        {("iam.reaches-others", "deployment.policy: Bucket")},
    ),
    (
        "dev-access",
        "deployment",
        edit("Function", Resource=pattern("items-dev", "*")),
        {("iam.reaches-others", "deployment.policy: Function")},
    ),
    (
        "dev-access",
        "deployment",
        edit("Bucket", Resource=plus("arn:aws:s3:::another")),
        {("iam.surplus-resource", "deployment.policy: Bucket")},
    ),
    (
        "dev-access",
        "deployment",
        edit("Bucket", Resource=["*"]),
        {
            ("iam.any-resource", "deployment.policy: Bucket"),
            ("iam.reaches-others", "deployment.policy: Bucket"),
        },
    ),
    (
        "dev-access",
        "deployment",
        edit("FunctionGrant", Condition=None),
        {("iam.unconditioned", "deployment.policy: FunctionGrant")},
    ),
    (
        "dev-access",
        "deployment",
        edit("ExecutionRole", Condition=None),
        {("iam.unconditioned", "deployment.policy: ExecutionRole")},
    ),
    (
        "dev-access",
        "deployment",
        edit("ApiCreate", Condition=None),
        {
            ("iam.unconditioned", "deployment.policy: ApiCreate"),
            ("iam.reaches-others", "deployment.policy: ApiCreate"),
        },
    ),
    (
        "dev-access",
        "preview",
        edit("Bucket", Action=plus("s3:PutBucketTagging")),
        {
            ("iam.surplus", "preview.policy: Bucket"),
            ("iam.writes", "preview.policy"),
        },
    ),
    (
        "dev-access",
        "preview",
        edit("Bucket", Action=plus("s3:GetObject"), Resource=plus(f"{BUCKET}/*")),
        {
            ("iam.surplus", "preview.policy: Bucket"),
            ("iam.surplus-resource", "preview.policy: Bucket"),
            ("iam.secrets", "preview.policy"),
        },
    ),
    (
        "dev-access",
        "execution",
        edit("Items", Action=["s3:*"]),
        {("iam.wildcard-action", "execution.policy: Items")},
    ),
    (
        "tools",
        "jenkins-preview",
        edit("EnterTargets", Resource=plus("arn:aws:iam::222222222222:role/items-dev-deployment")),
        {
            ("iam.surplus-resource", "preview.policy: EnterTargets"),
            ("iam.escalation", "preview.policy"),
        },
    ),
    (
        "tools",
        "jenkins-deploy",
        edit("KeepSecrets", Condition=None),
        {("iam.unconditioned", "deploy.policy: KeepSecrets")},
    ),
]


@pytest.mark.parametrize(("stack", "name", "change", "expected"), EDITS)
def test_one_edit_is_found_by_name(stack: str, name: str, change: Any, expected: set[tuple[str, str]]) -> None:
    assert found(changed(stack, name, lambda statements: statements)) == set()
    assert expected <= found(changed(stack, name, change))


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
    assert [finding.rule for finding in check({"dev-access": big}, [])] == [Rule.TOO_BIG]
    assert check({"dev-access": small}, []) == []


def test_every_finding_says_what_to_do() -> None:
    edited = changed("dev-access", "deployment", edit("Bucket", Action=plus("s3:PutBucketAcl")))
    (finding,) = check({"dev-access": {}}, [edited])
    assert finding.fact == f"s3:PutBucketAcl is allowed on {BUCKET}, and nothing needs it there"
    assert finding.remedy


def test_only_what_is_asked_for_is_checked() -> None:
    edited = changed("dev-access", "deployment", edit("Bucket", Action=plus("s3:PutBucketAcl")))
    assert check({stack: {} for stack in STACKS if stack != "dev-access"}, [edited]) == []
