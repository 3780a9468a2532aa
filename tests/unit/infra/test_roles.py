"""What the roles of a target may do, decided by an evaluator: enough for the recorded need, and nothing beyond."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy_infra.policies.document import Document, text
from deploy_project.seam import QUOTAS, DocumentKind
from tests.unit.infra.evaluation import allows, allows_within
from tests.unit.infra.facts import (
    API,
    API_TAGS,
    BORN,
    BUCKET,
    DEMO_TYPES,
    EXECUTION_ROLE,
    FUNCTION,
    GATEWAY,
    OURS,
    TO_LAMBDA,
    calls_of,
    document,
    requests_of,
)

EVERY = [
    (kind, phase, operation)
    for kind in DEMO_TYPES
    for phase, operations in calls_of(kind).items()
    for operation, requests in operations.items()
    if requests
]
READ = [each for each in EVERY if each[1] == "read"]
LOOKING_WHILE_CHANGING = {"Lambda:GetFunctionConfiguration", "S3:ListObjectVersions"}
CHANGE = [each for each in EVERY if each[2] not in {call for *_, call in READ} | LOOKING_WHILE_CHANGING]
STACKS = ("dev-access", "staging-access", "prod-access")
EXECUTION = "items-execution.policy"
SESSION = document("dev-access", "preview.session")


def _statements(policy: Document) -> Iterator[dict[str, object]]:
    yield from policy["Statement"]


@pytest.mark.parametrize("call", EVERY, ids=" ".join)
def test_the_deployment_role_may_do_all_that_the_real_provider_does(call: tuple[str, str, str]) -> None:
    policy, boundary = document("dev-access", "deployment.policy"), document("dev-access", "boundary")
    refused = [asked for asked in requests_of(*call) if not allows_within(policy, boundary, *asked)]
    assert refused == []


@pytest.mark.parametrize("call", READ, ids=" ".join)
def test_the_preview_role_may_look_at_all_of_it(call: tuple[str, str, str]) -> None:
    policy, boundary = document("dev-access", "preview.policy"), document("dev-access", "boundary")
    assert [asked for asked in requests_of(*call) if not allows_within(policy, boundary, *asked)] == []
    assert all(allows(SESSION, *asked) for asked in requests_of(*call))


@pytest.mark.parametrize("call", CHANGE, ids=" ".join)
def test_the_preview_role_may_change_none_of_it(call: tuple[str, str, str]) -> None:
    policy = document("dev-access", "preview.policy")
    changing = [asked for asked in requests_of(*call) if not _only_reads(asked[0])]
    assert changing
    assert [asked for asked in changing if allows(policy, *asked) or allows(SESSION, *asked)] == []


def _only_reads(action: str) -> bool:
    return action.split(":")[1].startswith(("Get", "List"))


THEIRS = {**OURS, "aws:ResourceTag/deploy:stack": "prod"}
ANOTHER_SERVICE = {**OURS, "aws:ResourceTag/deploy:project": "orders"}
COLLECTION = "arn:aws:apigateway:eu-central-1::/apis"

PAIRS = [
    ("s3:PutBucketPolicy", (BUCKET, {}), ("arn:aws:s3:::items-dev-333333333333", {})),
    ("s3:PutBucketPolicy", (BUCKET, {}), ("arn:aws:s3:::deploy-trail-222222222222", {})),
    ("s3:DeleteObject", (f"{BUCKET}/items/a", {}), ("arn:aws:s3:::deploy-trail-222222222222/AWSLogs/x", {})),
    ("lambda:UpdateFunctionCode", (FUNCTION, {}), (f"{FUNCTION}2", {})),
    ("lambda:UpdateFunctionCode", (FUNCTION, {}), (FUNCTION.replace("222222222222", "333333333333"), {})),
    ("lambda:UpdateFunctionCode", (FUNCTION, {}), (FUNCTION.replace("eu-central-1", "us-east-1"), {})),
    ("lambda:AddPermission", (FUNCTION, GATEWAY), (FUNCTION, {"lambda:Principal": "*"})),
    ("lambda:AddPermission", (FUNCTION, GATEWAY), (FUNCTION, {"lambda:Principal": "666666666666"})),
    ("iam:PassRole", (EXECUTION_ROLE, TO_LAMBDA), (EXECUTION_ROLE, {"iam:PassedToService": "ec2.amazonaws.com"})),
    ("iam:PassRole", (EXECUTION_ROLE, TO_LAMBDA), ("arn:aws:iam::222222222222:role/OrganizationAccountAccessRole", TO_LAMBDA)),
    ("apigateway:POST", (COLLECTION, BORN), (COLLECTION, {})),
    ("apigateway:POST", (COLLECTION, BORN), (COLLECTION, {**BORN, "aws:RequestTag/deploy:stack": "x"})),
    ("apigateway:DELETE", (API, OURS), (API, {})),
    ("apigateway:DELETE", (API, OURS), (API, THEIRS)),
    ("apigateway:DELETE", (API, OURS), (API, ANOTHER_SERVICE)),
    ("apigateway:PATCH", (f"{API}/routes/r", OURS), (f"{API}/routes/r", THEIRS)),
    ("apigateway:PATCH", (API, OURS), (API, {**OURS, "aws:RequestTag/deploy:stack": "prod"})),
    ("apigateway:POST", (API_TAGS, OURS), (API_TAGS, THEIRS)),
    ("apigateway:DELETE", (API_TAGS, OURS), (API_TAGS, THEIRS)),
    ("apigateway:DELETE", (API_TAGS, OURS), (API_TAGS.replace("eu-central-1", "us-east-1"), OURS)),
    ("apigateway:UntagResource", (API, OURS), (API, THEIRS)),
    ("lambda:UntagResource", (FUNCTION, {}), (f"{FUNCTION}2", {})),
    ("apigateway:GET", (API, OURS), (API, THEIRS)),
]  # fmt: skip


@pytest.mark.parametrize(("action", "own", "other"), PAIRS)
def test_the_deployment_role_reaches_its_own_and_not_the_same_with_one_fact_wrong(
    action: str, own: tuple[str, dict[str, object]], other: tuple[str, dict[str, object]]
) -> None:
    policy = document("dev-access", "deployment.policy")
    assert allows(policy, action, *own)
    assert not allows(policy, action, *other)


LOG = "arn:aws:logs:eu-central-1:222222222222:log-group:/aws/lambda/items-dev"
NEVER = [
    ("iam:CreateRole", "arn:aws:iam::222222222222:role/new"),
    ("iam:PutRolePolicy", "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment"),
    ("iam:DeleteRolePermissionsBoundary", "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment"),
    ("iam:UpdateAssumeRolePolicy", "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment"),
    ("iam:CreatePolicyVersion", "arn:aws:iam::222222222222:policy/items-dev-boundary"),
    ("iam:CreateAccessKey", "arn:aws:iam::222222222222:user/anybody"),
    ("sts:AssumeRole", "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"),
    ("cloudtrail:StopLogging", "arn:aws:cloudtrail:eu-central-1:222222222222:trail/deploy-trail"),
    ("s3:PutObject", "arn:aws:s3:::deploy-trail-222222222222/AWSLogs/x"),
    ("logs:DeleteLogGroup", "arn:aws:logs:eu-central-1:222222222222:log-group:/aws/lambda/items-dev"),
    ("logs:DeleteLogGroup", f"{LOG}:*"),
    ("logs:PutSubscriptionFilter", f"{LOG}:*"),
    ("logs:CreateExportTask", f"{LOG}:*"),
    ("logs:PutRetentionPolicy", f"{LOG}:*"),
    ("lambda:PutFunctionEventInvokeConfig", FUNCTION),
    ("s3:PutBucketLogging", BUCKET),
    ("s3:PutBucketNotification", BUCKET),
    ("s3:PutInventoryConfiguration", BUCKET),
    ("s3:PutAnalyticsConfiguration", BUCKET),
    ("s3:PutObjectVersionAcl", f"{BUCKET}/items/a"),
    ("s3:BypassGovernanceRetention", f"{BUCKET}/items/a"),
    ("ec2:RunInstances", "*"),
    ("dynamodb:CreateTable", "*"),
    ("s3:CreateBucket", "arn:aws:s3:::another"),
    ("lambda:InvokeFunction", FUNCTION),
    ("lambda:CreateFunctionUrlConfig", FUNCTION),
    ("s3:GetObject", f"{BUCKET}/items/a"),
]


@pytest.mark.parametrize("name", ["deployment.policy", "preview.policy"])
@pytest.mark.parametrize(("action", "resource"), NEVER)
def test_neither_role_that_jenkins_enters_may(name: str, action: str, resource: str) -> None:
    assert not allows(document("dev-access", name), action, resource, TO_LAMBDA)


@pytest.mark.parametrize(("action", "resource"), NEVER[:-1])
def test_the_function_itself_may_not_either(action: str, resource: str) -> None:
    assert not allows(document("dev-access", EXECUTION), action, resource, TO_LAMBDA)


ANYTHING: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

RECORDS = "arn:aws:s3:::deploy-trail-222222222222"
READ_RECORD = [
    ("cloudtrail:LookupEvents", "*"),
    ("s3:ListBucket", RECORDS),
    ("s3:GetObject", f"{RECORDS}/AWSLogs/222222222222/CloudTrail/eu-central-1/2026/11/23/x.json.gz"),
]
TOUCH_RECORD = [
    ("cloudtrail:StopLogging", "arn:aws:cloudtrail:eu-central-1:222222222222:trail/deploy-trail"),
    ("cloudtrail:DeleteTrail", "arn:aws:cloudtrail:eu-central-1:222222222222:trail/deploy-trail"),
    ("s3:PutObject", f"{RECORDS}/AWSLogs/222222222222/CloudTrail/x.json.gz"),
    ("s3:DeleteObject", f"{RECORDS}/AWSLogs/222222222222/CloudTrail/x.json.gz"),
    ("s3:DeleteObjectVersion", f"{RECORDS}/AWSLogs/222222222222/CloudTrail/x.json.gz"),
    ("s3:PutBucketPolicy", RECORDS),
    ("s3:PutLifecycleConfiguration", RECORDS),
]


@pytest.mark.parametrize(("action", "resource"), READ_RECORD)
def test_the_preview_role_reads_the_record_and_no_other_role_does(action: str, resource: str) -> None:
    boundary = document("dev-access", "boundary")
    assert allows_within(document("dev-access", "preview.policy"), boundary, action, resource)
    for name in ("deployment.policy", EXECUTION):
        assert not allows(document("dev-access", name), action, resource)
    assert not allows(SESSION, "cloudtrail:LookupEvents", "*")
    assert not allows(SESSION, "s3:GetObject", READ_RECORD[2][1])


def test_the_preview_role_asks_what_carries_tags_and_no_other_role_does() -> None:
    boundary = document("dev-access", "boundary")
    assert allows_within(document("dev-access", "preview.policy"), boundary, "tag:GetResources", "*")
    for action in ("tag:TagResources", "tag:UntagResources"):
        assert not allows_within(ANYTHING, boundary, action, "*")
    for name in ("deployment.policy", EXECUTION):
        assert not allows(document("dev-access", name), "tag:GetResources", "*")


@pytest.mark.parametrize(("action", "resource"), TOUCH_RECORD)
def test_nobody_under_the_boundary_touches_the_record(action: str, resource: str) -> None:
    assert allows(ANYTHING, action, resource)
    assert not allows_within(ANYTHING, document("dev-access", "boundary"), action, resource)
    assert not allows(document("dev-access", "preview.policy"), action, resource)


OWN_THINGS = {"lambda:InvokeFunction", "s3:GetObject"}
CAPPED = [asked for asked in NEVER if asked[0] not in OWN_THINGS]


def test_the_boundary_keeps_strangers_from_the_function_whatever_a_policy_says() -> None:
    boundary = document("dev-access", "boundary")
    assert allows_within(ANYTHING, boundary, "lambda:AddPermission", FUNCTION, GATEWAY)
    assert not allows_within(ANYTHING, boundary, "lambda:AddPermission", FUNCTION, {"lambda:Principal": "*"})


@pytest.mark.parametrize(("action", "resource"), CAPPED)
def test_the_boundary_closes_what_a_policy_mistake_would_open(action: str, resource: str) -> None:
    assert allows(ANYTHING, action, resource)
    assert not allows_within(ANYTHING, document("dev-access", "boundary"), action, resource)


def test_the_boundary_leaves_the_function_its_work() -> None:
    policy, boundary = document("dev-access", EXECUTION), document("dev-access", "boundary")
    log = "arn:aws:logs:eu-central-1:222222222222:log-group:/aws/lambda/items-dev:log-stream:x"
    assert allows_within(policy, boundary, "s3:GetObject", f"{BUCKET}/items/a")
    assert allows_within(policy, boundary, "s3:PutObject", f"{BUCKET}/items/a")
    assert allows_within(policy, boundary, "s3:ListBucket", BUCKET)
    assert allows_within(policy, boundary, "logs:PutLogEvents", log)
    assert not allows(policy, "s3:PutObject", f"{BUCKET}2/items/a")
    assert not allows(policy, "logs:PutLogEvents", log.replace("items-dev", "items-prod"))


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("name", ["deployment.policy", "preview.policy", EXECUTION])
def test_no_policy_says_everything(stack: str, name: str) -> None:
    for statement in _statements(document(stack, name)):
        assert statement["Effect"] == "Allow"
        assert not [action for action in statement["Action"] if "*" in action]  # type: ignore[attr-defined]
        # The event history is no resource in AWS, nor is what carries tags: nothing narrower than `*` would allow it.
        anywhere = (["cloudtrail:LookupEvents"], ["tag:GetResources"])
        assert "*" not in statement["Resource"] or statement["Action"] in anywhere  # type: ignore[operator]


@pytest.mark.parametrize("stack", STACKS)
def test_documents_keep_within_the_quotas(stack: str) -> None:
    assert len(text(document(stack, "boundary"))) <= QUOTAS[DocumentKind.MANAGED]
    assert len(text(document(stack, "deployment.policy"))) <= QUOTAS[DocumentKind.INLINE]
    assert len(text(SESSION)) <= QUOTAS[DocumentKind.SESSION]


def test_one_targets_policy_opens_nothing_in_another() -> None:
    policy = document("prod-access", "deployment.policy")
    opened = [asked for call in EVERY for asked in requests_of(*call) if allows(policy, *asked)]
    assert opened == []
    # An API whose tag is absent may be read: a deleted one must be answered "not found".
    assert allows(policy, "apigateway:GET", API, {})
