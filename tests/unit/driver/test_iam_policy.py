"""The evaluator decides as AWS documents it, and never guesses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from deploy_driver.iam_policy import Layers, PolicyError, PolicyRequest, decide, read
from tests.unit.driver.iam.shipped import allowing, denying, document

BUCKET = "arn:aws:s3:::items-dev"
GET = PolicyRequest("s3:GetObject", f"{BUCKET}/a")


def layers(identity: Mapping[str, Any], **others: Mapping[str, Any]) -> Layers:
    return Layers(read("policy", identity), **{kind: read(kind, policy) for kind, policy in others.items()})


def test_what_nothing_allows_is_refused() -> None:
    assert str(decide(GET, layers(allowing("s3:GetObject")))) == "allowed: 1 of policy allows it"
    decision = decide(GET, layers(allowing("s3:PutObject")))
    assert str(decision) == "refused: nothing in the policy policy allows it"


def test_an_explicit_deny_goes_before_every_allow_and_is_named() -> None:
    both = document(
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "Never", "Effect": "Deny", "Action": "s3:Get*", "Resource": "*"},
    )
    assert decide(PolicyRequest("s3:PutObject", f"{BUCKET}/a"), layers(both)).allowed
    assert str(decide(GET, layers(both))) == "refused: Never of policy denies it"


@pytest.mark.parametrize("kind", ["boundary", "session"])
def test_every_layer_that_is_there_must_allow_and_none_may_deny(kind: str) -> None:
    assert decide(GET, layers(allowing("*"), **{kind: allowing("s3:*")})).allowed
    assert not decide(GET, layers(allowing("s3:*"), **{kind: allowing("lambda:*")})).allowed
    assert not decide(GET, layers(allowing("lambda:*"), **{kind: allowing("s3:*")})).allowed
    forbidding = document(*allowing("*")["Statement"], *denying("s3:GetObject")["Statement"])
    assert str(decide(GET, layers(allowing("*"), **{kind: forbidding}))) == f"refused: 2 of {kind} denies it"


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("S3:getobject", f"{BUCKET}/*", True),
        ("s3:Get*", f"{BUCKET}/?", True),
        ("s3:Get?bject", "*", True),
        ("s3:*", BUCKET, False),
        ("s3:GetObject", f"{BUCKET.upper()}/*", False),
        ("s3:GetObject", f"{BUCKET}/??", False),
        ("s3:GetObjec", "*", False),
        ("lambda:*", "*", False),
    ],
)
def test_wildcards_and_case(action: str, resource: str, allowed: bool) -> None:
    assert decide(GET, layers(allowing(action, resource=resource))).allowed is allowed


def test_not_action_and_not_resource_speak_of_all_the_others() -> None:
    but = {"Effect": "Allow", "NotAction": "s3:Put*", "NotResource": f"{BUCKET}/secret/*"}
    assert decide(GET, layers(document(but))).allowed
    assert not decide(PolicyRequest("s3:PutObject", f"{BUCKET}/a"), layers(document(but))).allowed
    assert not decide(PolicyRequest("s3:GetObject", f"{BUCKET}/secret/a"), layers(document(but))).allowed


KEY, ROLE = "aws:PrincipalArn", "arn:aws:iam::111111111111:role/jenkins"
CONDITIONS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"StringEquals": {"k": "a"}}, {"k": "a"}, True),
    ({"StringEquals": {"K": "a"}}, {"k": "a"}, True),
    ({"StringEquals": {"k": ["b", "a"]}}, {"k": "a"}, True),
    ({"StringEquals": {"k": "a"}}, {"k": "A"}, False),
    ({"StringEquals": {"k": "a"}}, {}, False),
    ({"StringEquals": {"k": "a*"}}, {"k": "ab"}, False),
    ({"StringLike": {"k": "a*"}}, {"k": "ab"}, True),
    ({"StringLike": {"k": "a?"}}, {"k": "abc"}, False),
    ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": "c"}, True),
    ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": "b"}, False),
    ({"StringNotEquals": {"k": "a"}}, {}, True),
    ({"StringNotLike": {"k": "a*"}}, {"k": "ab"}, False),
    ({"StringEqualsIfExists": {"k": "a"}}, {}, True),
    ({"StringEqualsIfExists": {"k": "a"}}, {"k": "b"}, False),
    ({"ArnLike": {KEY: "arn:aws:iam::*:role/jen*"}}, {KEY: ROLE}, True),
    ({"ArnLike": {KEY: "arn:aws:*:role/jenkins"}}, {KEY: ROLE}, False),
    ({"ArnEquals": {KEY: ROLE}}, {KEY: ROLE}, True),
    ({"ArnNotLike": {KEY: "arn:aws:iam::*:role/jen*"}}, {KEY: ROLE}, False),
    ({"Bool": {"k": "false"}}, {"k": "false"}, True),
    ({"Bool": {"k": False}}, {"k": "true"}, False),
    ({"Null": {"k": "true"}}, {}, True),
    ({"Null": {"k": "false"}}, {}, False),
    ({"Null": {"k": "false"}}, {"k": "a"}, True),
    ({"ForAnyValue:StringEquals": {"k": "a"}}, {"k": ("b", "a")}, True),
    ({"ForAnyValue:StringEquals": {"k": "a"}}, {"k": ("b",)}, False),
    ({"ForAnyValue:StringEquals": {"k": "a"}}, {}, False),
    ({"ForAllValues:StringEquals": {"k": "a"}}, {"k": ("a", "b")}, False),
    ({"ForAllValues:StringEquals": {"k": "a"}}, {}, True),
    ({"StringEquals": {"k": "a", "l": "b"}}, {"k": "a"}, False),
    ({"StringEquals": {"k": "a"}, "StringLike": {"l": "b*"}}, {"k": "a", "l": "b"}, True),
]


@pytest.mark.parametrize(("condition", "context", "holds"), CONDITIONS)
def test_conditions_hold_as_documented(condition: dict[str, Any], context: dict[str, Any], holds: bool) -> None:
    asked = PolicyRequest("s3:GetObject", f"{BUCKET}/a", context)
    assert decide(asked, layers(allowing("*", Condition=condition))).allowed is holds
    denied = document(*allowing("*")["Statement"], *denying("*", Condition=condition)["Statement"])
    assert decide(asked, layers(denied)).allowed is not holds


def test_a_caller_who_may_choose_a_key_gets_around_conditions_on_it_but_not_on_what_is_said() -> None:
    open_ = PolicyRequest("iam:PassRole", "*", {"iam:PassedToService": "ec2.amazonaws.com"}, chosen=True)
    anywhere = allowing("iam:PassRole", Condition={"StringEquals": {"aws:RequestedRegion": "eu-central-1"}})
    to_lambda = allowing("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})
    assert decide(open_, layers(anywhere)).allowed
    assert not decide(open_, layers(to_lambda)).allowed
    except_ = denying("*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}})
    assert decide(open_, layers(document(*anywhere["Statement"], *except_["Statement"]))).allowed
    assert not decide(open_, layers(document(*anywhere["Statement"], *denying("*")["Statement"]))).allowed


UNKNOWN: list[tuple[dict[str, Any], str]] = [
    ({"Version": "2008-10-17", "Statement": []}, "got Version '2008-10-17'"),
    ({**allowing("*"), "Purpose": "x"}, "the element Purpose is not known"),
    (allowing("*", Principal="*"), "policy: 1: the element Principal is not known"),
    (allowing("*", Condition={"NumericEquals": {"k": "1"}}), "the condition operator NumericEquals is not known"),
    (allowing("*", Condition={"DateLessThanIfExists": {"k": "1"}}), "operator DateLessThanIfExists is not known"),
    (allowing("*", Condition={"stringequals": {"k": "1"}}), "operator stringequals is not known"),
    (allowing("*", Condition={"Null": {"k": "maybe"}}), "got Null maybe, expected true or false"),
    (allowing("*", Condition={"StringEquals": {"k": "${aws:username}"}}), "the policy variable in '${aws:username}'"),
    (allowing("*", resource="arn:aws:s3:::${aws:username}"), "the policy variable in"),
    (document({"Effect": "allow", "Action": "*", "Resource": "*"}), "got Effect 'allow'"),
    (document({"Effect": "Allow", "Action": "*"}), "expected either Resource or NotResource"),
    (document({"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}), "either Action or NotAction"),
    (document({"Effect": "Allow", "Action": [1], "Resource": "*"}), "got 1, expected a text"),
]


@pytest.mark.parametrize(("policy", "said"), UNKNOWN)
def test_what_is_not_known_is_an_error_that_names_it(policy: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError) as error:
        read("policy", policy)
    assert said in str(error.value)
    assert error.value.where.startswith("policy")


def test_a_key_of_several_values_needs_an_operator_over_them() -> None:
    asked = PolicyRequest("s3:GetObject", f"{BUCKET}/a", {"k": ("a", "b")})
    with pytest.raises(PolicyError, match="takes ForAnyValue or ForAllValues"):
        decide(asked, layers(allowing("*", Condition={"StringEquals": {"k": "a"}})))
