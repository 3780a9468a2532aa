"""The table of resource types holds together, says what AWS asks for, and is what the recorded facts make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from deploy_infra.policies.resource_types import Phase, Request, ResourceType, Scope, refused, resource_types
from generate.resource_types import TABLE, RecordedFacts, UnreviewedFactError, facts, table
from generate.resource_types_reference import reference
from tests.beside import SHARED

ALL = sorted(resource_types())
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "resource-types.md"
ARN = re.compile(r"arn:\$\{partition\}:[a-z0-9-]+:(\$\{region\})?:(\$\{account\}|\*)?:.+")
PATH = r"[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)*"
PLACEHOLDER = re.compile(rf"partition|region|account|name|parent|input:{PATH}")
ON_EVERYTHING = {
    "acm:RequestCertificate",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutCompositeAlarm",
    "cognito-identity:CreateIdentityPool",
    "cognito-idp:CreateUserPool",
    "cognito-idp:DescribeUserPoolDomain",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "events:PutPermission",
    "events:RemovePermission",
    "kinesis:DescribeLimits",
    "kinesis:DisableEnhancedMonitoring",
    "kinesis:EnableEnhancedMonitoring",
    "kinesis:UpdateShardCount",
    "kinesis:UpdateStreamMode",
    "kms:CreateKey",
    "kms:ListAliases",
    "lambda:CreateCodeSigningConfig",
    "lambda:CreateEventSourceMapping",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "ssm:DescribeParameters",
    "states:ValidateStateMachineDefinition",
    "xray:GetSamplingRules",
}
"""What AWS only lets be allowed on `*`: lists, creations whose ARN nobody knows yet, log delivery, composite alarms."""
NOT_CALLED_TO_DELETE = {"aws:s3/bucketAcl:BucketAcl"}
"""The provider forgets it: a bucket always has an ACL."""


def requests(kind: ResourceType) -> Iterator[Request]:
    for operations in kind.calls.values():
        for asked in operations.values():
            yield from asked


def own_and_foreign(kind: ResourceType) -> tuple[set[str], set[str]]:
    actions = {request.action for request in requests(kind)}
    own = {action for action in actions if action.startswith(f"{kind.service}:")}
    return own, actions - own


@pytest.mark.parametrize("token", ALL)
def test_every_template_is_one(token: str) -> None:
    kind = resource_types()[token]
    for on in {*kind.arns, *(request.on for request in requests(kind))}:
        assert on == "*" or ARN.fullmatch(on) or re.fullmatch(rf"\$\{{input:{PATH}\}}", on), on
        assert all(PLACEHOLDER.fullmatch(inside) for inside in re.findall(r"\$\{([^}]*)\}", on)), on
        assert on.count("${input:") <= 1
        assert "${name}" not in on or kind.name, on
        assert "${parent}" not in on or kind.parent, on
    for request in requests(kind):
        assert re.fullmatch(rf"({PATH}(\|{PATH})*)?", request.when), request.when
        assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", request.action), request.action


@pytest.mark.parametrize("token", ALL)
def test_every_type_is_made_read_changed_and_deleted(token: str) -> None:
    calls = resource_types()[token].calls
    assert {Phase.READ, Phase.CREATE, Phase.UPDATE} <= set(calls)
    assert (Phase.DELETE in calls) is (token not in NOT_CALLED_TO_DELETE)
    assert all(calls.values())


@pytest.mark.parametrize("token", ALL)
def test_the_scope_is_what_the_arns_say(token: str) -> None:
    kind = resource_types()[token]
    by_name = all(re.search(r"\$\{(name|parent)\}", arn) for arn in kind.arns)
    assert kind.arns
    assert by_name is (kind.scope is Scope.NAME) or kind.scope is Scope.ACCOUNT
    # A tag that narrows is the thing's own, or that of what it belongs to.
    assert kind.scope is not Scope.TAG or kind.taggable or kind.parent


@pytest.mark.parametrize("token", [token for token in ALL if resource_types()[token].taggable])
def test_what_carries_tags_gets_them_and_loses_them(token: str) -> None:
    kind = resource_types()[token]
    changed = {request.action.partition(":")[2] for asked in kind.calls[Phase.UPDATE].values() for request in asked}
    assert any(re.match("Tag|AddTags|PutBucketTagging|PutObjectTagging", action) for action in changed)
    assert any(re.match("Untag|RemoveTags|PutBucketTagging|DeleteObjectTagging", action) for action in changed)


@pytest.mark.parametrize("token", ALL)
def test_nothing_writes_iam_and_a_role_is_only_passed_on_to_a_service(token: str) -> None:
    for request in requests(resource_types()[token]):
        assert request.action == "iam:PassRole" or not request.action.startswith(("iam:", "sts:", "organizations:"))
        assert bool(request.passed_to) is (request.action == "iam:PassRole")
        assert not request.passed_to or re.fullmatch(r"\$\{input:[^}]+\}", request.on)


@pytest.mark.parametrize("token", ALL)
def test_a_role_that_is_handed_over_at_first_may_be_handed_over_again(token: str) -> None:
    calls = resource_types()[token].calls
    passed = {
        phase: {r for asked in calls[phase].values() for r in asked if r.passed_to}
        for phase in (Phase.CREATE, Phase.UPDATE)
    }
    assert passed[Phase.CREATE] <= passed[Phase.UPDATE]


def test_what_is_asked_for_on_everything_is_named_here() -> None:
    assert {
        request.action for token in ALL for request in requests(resource_types()[token]) if request.on == "*"
    } == ON_EVERYTHING


def test_reading_changes_nothing() -> None:
    verbs = ("Put", "Create", "Delete", "Update", "Add", "Remove", "Publish", "Tag", "Untag", "POST", "PATCH", "Pass")
    assert [
        (token, request.action)
        for token in ALL
        for phase in (Phase.PLAN, Phase.READ)
        for asked in resource_types()[token].calls.get(phase, {}).values()
        for request in asked
        if request.action.partition(":")[2].startswith(verbs)
    ] == []


@pytest.mark.parametrize("token", ALL)
def test_a_name_rule_is_a_rule(token: str) -> None:
    kind = resource_types()[token]
    assert re.compile(kind.pattern)
    assert kind.name or not (kind.longest or kind.pattern)


def test_nothing_is_refused_that_is_in_the_table() -> None:
    assert [(token, pattern) for token in ALL for pattern in refused() if fnmatchcase(token, pattern)] == []
    assert all(refused().values())


def test_the_page_is_the_one_that_the_table_makes() -> None:
    assert PAGE.read_text("utf-8") == reference() + "\n"


needs_facts = pytest.mark.skipif(not (SHARED / "aws").is_dir(), reason=f"needs the recorded facts: {SHARED / 'aws'}")


@pytest.fixture
def known() -> RecordedFacts:
    return facts(SHARED / "aws")


@needs_facts
def test_the_table_is_what_the_facts_make(known: RecordedFacts) -> None:
    assert TABLE.read_text("utf-8") == table(known)


@needs_facts
def test_a_condition_that_nobody_decided_about_stops_the_generator(known: RecordedFacts) -> None:
    known.operations["SQS:TagQueue"][0] = {**known.operations["SQS:TagQueue"][0], "when": "the moon is full"}
    with pytest.raises(UnreviewedFactError, match=r"SQS:TagQueue: nobody decided .*the moon is full"):
        table(known)


@needs_facts
def test_an_operation_that_the_facts_do_not_explain_stops_the_generator(known: RecordedFacts) -> None:
    known.recorded["aws:sqs/queue:Queue"]["read"].append("SQS:PurgeQueue")
    with pytest.raises(UnreviewedFactError, match=r"aws:sqs/queue:Queue: operations.json does not know SQS:PurgeQueue"):
        table(known)


@needs_facts
def test_an_action_on_the_thing_of_another_type_stops_the_generator(known: RecordedFacts) -> None:
    known.recorded["aws:sqs/queue:Queue"]["read"].append("SNS:GetTopicAttributes")
    with pytest.raises(UnreviewedFactError, match=r"SNS:GetTopicAttributes asks for .* none of them its own"):
        table(known)


@needs_facts
def test_a_decision_about_nothing_stops_the_generator(known: RecordedFacts) -> None:
    known.operations["S3:PutBucketReplication"].pop()
    with pytest.raises(UnreviewedFactError, match=r"nothing of the kind: .*on the replication role"):
        table(known)
