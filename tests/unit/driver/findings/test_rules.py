"""Every rule in pairs: facts that are as they should be, and the same with one fact wrong, which is exactly that finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from deploy_driver.assurance.findings.catalogue import BY_ID, RULES, judge
from deploy_driver.assurance.findings.observed import Inspected, InspectedFunction, SeenFunction, SeenKeys, Unseen
from deploy_driver.assurance.findings.rule import RuleStatus
from tests.unit.driver.findings.samples import (
    ACCESS_STATE,
    BUCKET,
    CEILING,
    EXTERNAL_ID,
    FUNCTION,
    GATEWAY,
    ISSUER,
    KEYS,
    POLICY,
    ROLE,
    SEEN_BUCKET,
    SEEN_ROLE,
    SEEN_TRAIL,
    SUBJECTS,
    TRAIL,
    TRUST,
    document,
)


def role(**seen: Any) -> Inspected:
    return replace(ROLE, seen=replace(SEEN_ROLE, **seen))


def trail(**seen: Any) -> Inspected:
    return replace(TRAIL, seen=replace(SEEN_TRAIL, **seen))


def bucket(**seen: Any) -> Inspected:
    return replace(BUCKET, seen=replace(SEEN_BUCKET, **seen))


def function(qualifier: str = "live", **statement: Any) -> InspectedFunction:
    also = document(**{**GATEWAY, **statement})
    return replace(FUNCTION, seen=SeenFunction({"1": document(**GATEWAY), qualifier: also}))


def of_bucket(name: str, owner: str = "") -> dict[str, Any]:
    """The condition on a bucket, whose ARN does not say whose it is."""
    account = {"StringEquals": {"AWS:SourceAccount": owner}} if owner else {}
    return {"ArnLike": {"AWS:SourceArn": f"arn:aws:s3:::{name}"}, **account}


BY_A_BUCKET: Mapping[str, Any] = {"Principal": {"Service": "s3.amazonaws.com"}}
WIDER = document(Resource=["*"])
STRANGER = document(**{**TRUST["Statement"][0], "Principal": {"AWS": "arn:aws:iam::999999999999:root"}})
HELD = document(**{**TRUST["Statement"][0], "Principal": {"AWS": "AROAJQABLZS4A3QDU576Q"}})
TOKENS = {
    "Principal": {"Federated": "arn:aws:iam::222222222222:oidc-provider/ci.example.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
}
SAYS = {"ci.example.com:aud": "sts.amazonaws.com", "ci.example.com:sub": "deploy"}
NOT_ASKED = document(**{**TRUST["Statement"][0], "Condition": {}})

WRONG = [
    ("role-missing", replace(ROLE, seen=None), "no role deployer"),
    ("role-recreated", replace(ROLE, recorded_id="AROAY"), "AROAX now and was AROAY"),
    ("trust-holds-unique-id", role(trust=HELD), "AROAJQABLZS4A3QDU576Q"),
    ("trust-edited-by-hand", role(trust=STRANGER), "999999999999"),
    ("trust-edited-by-hand", role(trust=NOT_ASKED), "under other conditions: Allow sts:assumerole"),
    ("trust-takes-any-token", role(trust=document(**TOKENS)), "every token of ci.example.com, whatever its sub is"),
    ("trust-takes-any-token", role(trust=document(**TOKENS, Condition={"StringLike": SAYS})), "whatever its aud is"),
    ("policy-edited-by-hand", role(inline={"deployer": WIDER}), "Allow s3:getobject on *"),
    ("policy-edited-by-hand", role(inline={}), "deployer is gone"),
    ("policy-edited-by-hand", role(inline={"deployer": POLICY, "more": WIDER}), "further inline policy more"),
    ("policy-edited-by-hand", role(attached=("arn:aws:iam::aws:policy/PowerUserAccess",)), "PowerUserAccess"),
    ("boundary-missing-from-role", role(boundary=""), "no boundary is over it"),
    ("boundary-replaced", role(boundary="arn:aws:iam::222222222222:policy/wider"), "policy/wider"),
    ("session-shorter-than-configured", replace(ROLE, max_session=7200), "3600 s; the configuration needs 7200 s"),
    ("boundary-policy-missing", replace(CEILING, seen=None), "no policy items-dev-boundary"),
    ("boundary-edited-by-hand", replace(CEILING, seen=WIDER), "on *"),
    ("trail-missing", replace(TRAIL, seen=None), "no trail deploy-trail"),
    ("trail-stopped", trail(logging=False), "not logging"),
    ("trail-without-validation", trail(validation=False), "validation is off"),
    ("trail-in-one-region", trail(multi_region=False), "its own region only"),
    ("trail-delivers-elsewhere", trail(bucket="elsewhere"), "elsewhere; it should be record"),
    ("trail-leaves-events-out", trail(left_out="reads are left out"), "reads are left out"),
    ("bucket-missing", replace(BUCKET, seen=None), "no bucket items-dev"),
    ("public-access-block-gone", bucket(public_access_block=frozenset()), "not blocked"),
    (
        "public-access-block-gone",
        bucket(public_access_block=SEEN_BUCKET.public_access_block - {"BlockPublicPolicy"}),  # type: ignore[operator]
        "BlockPublicPolicy is off",
    ),
    ("bucket-policy-edited-by-hand", bucket(policy=WIDER), "on *"),
    ("bucket-policy-edited-by-hand", bucket(policy=None), "no bucket policy"),
    ("access-state-where-jenkins-writes", replace(ACCESS_STATE, seen=True), "a state of dev-access stands there"),
    ("function-lets-others-in", function(Action="lambda:*"), "http-api of live says Allow lambda:*"),
    (
        "function-lets-others-in",
        function(Action=["lambda:InvokeFunction", "lambda:UpdateFunctionCode"]),
        "updatefunctioncode",
    ),
    ("function-lets-others-in", function(Principal="*"), "by AWS:*"),
    ("function-lets-others-in", function(Principal={"AWS": "999999999999"}), "999999999999"),
    (
        "function-lets-others-in",
        function("", Condition={}),
        "of its own policy lets in apigateway.amazonaws.com for whatever",
    ),
    (
        "function-lets-others-in",
        function(Condition={"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:eu-central-1:999999999999:abc/*"}}),
        "lets in apigateway.amazonaws.com for arn:aws:execute-api:eu-central-1:999999999999:abc/*",
    ),
    ("function-lets-others-in", function(Principal={"Service": "sns.amazonaws.com"}), "by Service:sns.amazonaws.com"),
    ("function-lets-others-in", function(**BY_A_BUCKET, Condition=of_bucket("theirs")), "for arn:aws:s3:::theirs"),
    ("root-access-key", replace(KEYS, seen=SeenKeys(root=True, of_users=())), "root user has an access key"),
    ("access-keys-present", replace(KEYS, seen=SeenKeys(root=False, of_users=("bob's",))), "bob's"),
    ("issuer-unknown", replace(ISSUER, seen=None), "IAM has no such identity provider"),
    (
        "issuer-for-others",
        replace(ISSUER, seen=("other",)),
        "takes its tokens for other, and those of agents are for sts.",
    ),
    ("issuer-for-others", replace(ISSUER, seen=()), "takes its tokens for nobody"),
    ("external-id-shared", replace(EXTERNAL_ID, seen=("Pulumi.prod.yaml",)), "Pulumi.prod.yaml says"),
]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: type(subject).__name__)
def test_a_thing_that_is_as_it_should_be_has_no_finding(subject: Inspected) -> None:
    results = list(judge([subject]))
    assert {result.status for result in results} == {RuleStatus.OK}
    assert {result.rule for result in results} == {rule.id for rule in RULES if rule.kind is type(subject)}


@pytest.mark.parametrize(("rule", "subject", "says"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_one_wrong_fact_is_exactly_one_finding(rule: str, subject: Inspected, says: str) -> None:
    (finding,) = [result for result in judge([subject]) if result.status is not RuleStatus.OK]
    assert (finding.rule, finding.status) == (rule, RuleStatus.FINDING)
    assert says in finding.fact
    assert finding.risk == BY_ID[rule].risk
    assert finding.remedy
    assert "{" not in finding.remedy
    assert (finding.file, finding.line) == (subject.file, subject.line)
    assert finding.wrong


@pytest.mark.parametrize("condition", [of_bucket("items-dev"), of_bucket("theirs", FUNCTION.account)])
def test_whom_the_program_lets_call_a_function_may_for_this_account(condition: Mapping[str, Any]) -> None:
    allowed = function(**BY_A_BUCKET, Condition=condition)
    assert [result.fact for result in judge([allowed]) if result.wrong] == []
    for unasked in (replace(FUNCTION, callers=frozenset()), replace(allowed, callers=frozenset({"sns.amazonaws.com"}))):
        (finding,) = {result.rule for result in judge([unasked]) if result.wrong}
        assert finding == "function-lets-others-in"


@pytest.mark.parametrize(
    ("stack", "command"),
    [
        ("tools", "deploy bootstrap --stacks tools"),
        ("dev-access", "deploy bootstrap --stacks dev-access"),
        ("dev", "deploy up --stacks dev --refresh"),
    ],
)
def test_the_remedy_names_the_command_of_the_layer(stack: str, command: str) -> None:
    (finding,) = [one for one in judge([replace(bucket(policy=None), stack=stack)]) if one.wrong]
    assert f"`{command}` puts it back" in finding.remedy


def test_every_rule_has_its_pair() -> None:
    assert {rule for rule, _, _ in WRONG} == {rule.id for rule in RULES}


@pytest.mark.parametrize("refused", [True, False])
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: type(subject).__name__)
def test_what_could_not_be_looked_at_is_said_for_every_rule(subject: Any, refused: bool) -> None:
    results = list(judge([replace(subject, seen=Unseen("AccessDenied", refused))]))
    assert {result.status for result in results} == {RuleStatus.NOT_LOOKED_AT}
    assert {result.rule for result in results} == {rule.id for rule in RULES if rule.kind is type(subject)}
    assert {result.wrong for result in results} == {refused}


@pytest.mark.parametrize(
    ("rule", "subject"),
    [
        ("role-recreated", replace(ROLE, recorded_id=Unseen("nothing on record", refused=False))),
        ("trail-leaves-events-out", trail(left_out=Unseen("AccessDenied"))),
        ("public-access-block-gone", bucket(public_access_block=Unseen("AccessDenied"))),
        ("bucket-policy-edited-by-hand", bucket(policy=Unseen("AccessDenied"))),
    ],
)
def test_a_single_fact_that_could_not_be_read_leaves_the_other_rules_asked(rule: str, subject: Inspected) -> None:
    results = [result for result in judge([subject]) if result.status is not RuleStatus.OK]
    assert [(result.rule, result.status) for result in results] == [(rule, RuleStatus.NOT_LOOKED_AT)]
