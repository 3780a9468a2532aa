"""What Jenkins' own roles may do in the tools account."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy_infra.documents import of_tools
from deploy_infra.policies.document import Document, text
from deploy_infra.settings import ToolsSettings, of_files
from deploy_project.seam import QUOTAS, kind_of
from tests.unit.infra.evaluation import allows, allows_within
from tests.unit.infra.facts import ROOT, document

STATE = "arn:aws:s3:::deploy-state-111111111111"
CHECKPOINT = f"{STATE}/.pulumi/stacks/items/dev.json"
KEY = "arn:aws:kms:eu-central-1:111111111111:key/1234"
NAMED: dict[str, object] = {"kms:ResourceAliases": ["alias/deploy-state"]}
ANYTHING: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def _may(who: str, action: str, resource: str, keys: dict[str, object] | None = None) -> bool:
    return allows_within(document("tools", f"{who}.policy"), document("tools", "boundary"), action, resource, keys)


def _enters(who: str, account: str, role: str, action: str = "sts:AssumeRole") -> bool:
    return _may(who, action, f"arn:aws:iam::{account}:role/{role}", {"aws:ResourceAccount": [account]})


def test_both_enter_the_preview_roles_and_only_one_the_deployment_roles() -> None:
    for account in ("222222222222", "333333333333", "444444444444"):
        for service in ("items", "another"):
            assert _enters("deploy", account, f"deploy/deployment/{service}-dev-deployment")
            assert _enters("deploy", account, f"deploy/deployment/{service}-dev-deployment", "sts:SetSourceIdentity")
            assert _enters("deploy", account, f"deploy/preview/{service}-dev-preview")
            assert _enters("preview", account, f"deploy/preview/{service}-dev-preview")
            assert not _enters("preview", account, f"deploy/deployment/{service}-dev-deployment")


def test_neither_enters_anything_else() -> None:
    for who in ("deploy", "preview"):
        assert not _enters(who, "222222222222", "OrganizationAccountAccessRole")
        assert not _enters(who, "222222222222", "items-dev-deployment")
        assert not _enters(who, "222222222222", "deploy/execution/items-dev-execution")
        assert not _enters(who, "555555555555", "deploy/preview/items-dev-preview")
        assert not _enters(who, "222222222222", "deploy/preview/items-dev-preview", "sts:TagSession")


NEW: dict[str, object] = {"s3:if-none-match": "*"}


@pytest.mark.parametrize("record", ["runs/20261123-0102-3f9a7c.jsonl", "plans/20261123-0102-3f9a7c.json"])
def test_records_are_put_once_by_one_and_replaced_and_removed_by_nobody(record: str) -> None:
    file = f"{STATE}/.deploy/{record}"
    assert _may("deploy", "s3:PutObject", file, NEW)
    assert _may("deploy", "s3:GetObject", file)
    assert not _may("deploy", "s3:PutObject", file)
    assert not _may("deploy", "s3:PutObject", file, {"s3:if-match": "etag"})
    for action in ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl"):
        assert not _may("deploy", action, file, NEW)
    assert _may("preview", "s3:GetObject", file) is record.startswith("runs/")
    for action in ("s3:PutObject", "s3:DeleteObject"):
        assert not _may("preview", action, file, NEW)
    assert not _may("deploy", "s3:PutObject", f"{STATE}/.deploy/else", NEW)


def test_the_boundary_keeps_records_even_from_a_role_that_may_do_anything() -> None:
    boundary, file = document("tools", "boundary"), f"{STATE}/.deploy/runs/20261123-0102-3f9a7c.jsonl"
    assert allows_within(ANYTHING, boundary, "s3:PutObject", file, NEW)
    assert allows_within(ANYTHING, boundary, "s3:GetObject", file)
    assert not allows_within(ANYTHING, boundary, "s3:PutObject", file)
    assert not allows_within(ANYTHING, boundary, "s3:DeleteObject", file)
    assert allows_within(ANYTHING, boundary, "s3:PutObject", CHECKPOINT)


def test_the_state_is_held_by_one_and_read_by_both() -> None:
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
        assert _may("deploy", action, CHECKPOINT)
        assert _may("preview", action, CHECKPOINT) is (action == "s3:GetObject")
        assert not _may("deploy", action, f"{STATE}-other/.pulumi/stacks/items/dev.json")
    assert _may("deploy", "s3:ListBucket", STATE)
    assert _may("preview", "s3:ListBucket", STATE)
    assert not _may("deploy", "s3:DeleteBucket", STATE)
    assert not _may("deploy", "s3:PutBucketPolicy", STATE)


def test_leases_are_held_by_one_read_by_both_and_removed_by_nobody() -> None:
    lease = f"{STATE}/.deploy/leases/items/dev.json"
    for who, may_write in (("deploy", True), ("preview", False)):
        assert _may(who, "s3:GetObject", lease)
        assert _may(who, "s3:PutObject", lease, NEW) is may_write
        assert _may(who, "s3:PutObject", lease, {"s3:if-match": "etag"}) is may_write
        assert not _may(who, "s3:DeleteObject", lease)
        assert not _may(who, "s3:GetObject", f"{STATE}-access/.deploy/leases/items/dev-access.json")


def test_the_key_is_the_one_of_that_alias() -> None:
    assert _may("deploy", "kms:Encrypt", KEY, NAMED)
    assert _may("deploy", "kms:Decrypt", KEY, NAMED)
    assert _may("preview", "kms:Decrypt", KEY, NAMED)
    assert not _may("preview", "kms:Encrypt", KEY, NAMED)
    assert not _may("deploy", "kms:Decrypt", KEY, {"kms:ResourceAliases": ["alias/other"]})
    assert not _may("deploy", "kms:Decrypt", KEY)
    assert not _may("deploy", "kms:ScheduleKeyDeletion", KEY, NAMED)


def test_the_boundary_holds_even_a_role_that_may_do_anything() -> None:
    boundary = document("tools", "boundary")
    for action, resource in (
        ("iam:PutRolePolicy", "arn:aws:iam::111111111111:role/jenkins-deploy"),
        ("iam:PassRole", "arn:aws:iam::111111111111:role/Administrator"),
        ("sts:AssumeRole", "arn:aws:iam::111111111111:role/Administrator"),
        ("kms:PutKeyPolicy", KEY),
        ("s3:PutBucketPolicy", STATE),
        ("cloudtrail:StopLogging", "arn:aws:cloudtrail:eu-central-1:111111111111:trail/deploy-trail"),
        ("ec2:RunInstances", "*"),
    ):
        assert allows(ANYTHING, action, resource, NAMED)
        assert not allows_within(ANYTHING, boundary, action, resource, NAMED)
    assert allows_within(ANYTHING, boundary, "s3:GetObject", CHECKPOINT)


def test_who_entered_is_read_where_deploying_is_trusted_and_not_where_a_pull_request_runs() -> None:
    records = "arn:aws:s3:::deploy-trail-111111111111"
    for action, resource in (
        ("cloudtrail:LookupEvents", "*"),
        ("s3:ListBucket", records),
        ("s3:GetObject", f"{records}/AWSLogs/111111111111/CloudTrail/eu-central-1/2026/11/23/x.json.gz"),
    ):
        assert _may("deploy", action, resource)
        assert not _may("preview", action, resource)
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"):
        assert not allows_within(ANYTHING, document("tools", "boundary"), action, f"{records}/AWSLogs/x")
    assert not allows_within(ANYTHING, document("tools", "boundary"), "s3:PutBucketPolicy", records)


def test_no_statement_names_everything() -> None:
    for who in ("deploy", "preview"):
        for statement in document("tools", f"{who}.policy")["Statement"]:
            assert "*" not in statement["Resource"] or statement["Action"] == ["cloudtrail:LookupEvents"]
            assert not [action for action in statement["Action"] if "*" in action]


PLAN_KEY: dict[str, object] = {"kms:ResourceAliases": ["alias/deploy-plan"]}
SIGNING: dict[str, object] = {**PLAN_KEY, "kms:MessageType": "DIGEST", "kms:SigningAlgorithm": "ECDSA_SHA_256"}


def test_plans_are_signed_where_deploying_is_trusted_and_not_where_a_pull_request_runs() -> None:
    for action in ("kms:Sign", "kms:Verify"):
        assert _may("deploy", action, KEY, SIGNING)
        assert not _may("preview", action, KEY, SIGNING)
    for action in ("kms:DescribeKey", "kms:GetPublicKey"):
        assert _may("deploy", action, KEY, PLAN_KEY)
        assert not _may("preview", action, KEY, PLAN_KEY)


def test_a_plan_is_signed_with_its_key_and_in_one_way_only() -> None:
    assert _may("deploy", "kms:Sign", KEY, SIGNING)
    for other in (
        {"kms:ResourceAliases": ["alias/deploy-state"]},
        {"kms:MessageType": "RAW"},
        {"kms:SigningAlgorithm": "RSASSA_PSS_SHA_256"},
    ):
        assert not _may("deploy", "kms:Sign", KEY, {**SIGNING, **other})
    assert not _may("deploy", "kms:Sign", KEY)
    for action in ("kms:Encrypt", "kms:Decrypt", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:UpdateAlias"):
        assert not _may("deploy", action, KEY, SIGNING)
    assert not _may("deploy", "kms:Sign", KEY, {**SIGNING, **NAMED})


def test_the_boundary_lets_nobody_sign_with_another_key() -> None:
    boundary = document("tools", "boundary")
    assert allows_within(ANYTHING, boundary, "kms:Sign", KEY, SIGNING)
    assert not allows_within(ANYTHING, boundary, "kms:Sign", KEY, {**SIGNING, **NAMED})
    assert not allows_within(ANYTHING, boundary, "kms:GenerateMac", KEY, PLAN_KEY)


def test_two_hundred_accounts_fit_every_limit_of_aws() -> None:
    settings = of_files(ROOT, "tools")
    assert isinstance(settings, ToolsSettings)
    many = replace(settings, others=tuple(f"{number:012}" for number in range(200)))
    for name, document_ in of_tools(many).items():
        assert len(text(document_)) <= QUOTAS[kind_of(name)], name
