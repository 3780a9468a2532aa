"""By what things are found again: every type that the service's components make, through reads that the preview role has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import deploy_infra
from deploy_driver.repair.identity import IDENTITIES, Owner, filled, may_be_made_again, name_in, tags_of
from deploy_infra.policies.resource_types import Phase, resource_types

CALL = re.compile(r"\baws\.(\w+?)_?\.([A-Z]\w+)\(")
MADE = sorted(
    {
        f"aws:{module}/{name[0].lower()}{name[1:]}:{name}"
        for file in Path(deploy_infra.__file__).parent.rglob("*.py")
        for module, name in CALL.findall(file.read_text("utf-8"))
        if not name.endswith("Args")
    }
)
"""The types of all calls such as `aws.lambda_.Function(`."""

LISTED = {
    "ApiGatewayV2:GetApis",
    "ApiGatewayV2:GetAuthorizers",
    "ApiGatewayV2:GetIntegrations",
    "ApiGatewayV2:GetRoutes",
    "Lambda:ListEventSourceMappings",
}
"""Reads that no provider makes: only a list tells what has no name. Of an API's parts they are GETs below the API."""


def test_every_type_that_a_component_makes_is_found_again_or_may_be_made_again() -> None:
    assert "aws:s3/bucket:Bucket" in MADE
    assert "aws:lambda/eventSourceMapping:EventSourceMapping" in MADE
    assert len(MADE) > 15
    left = [type_ for type_ in MADE if type_ not in IDENTITIES and not may_be_made_again(type_)]
    assert left == []


@pytest.mark.parametrize("type_", sorted(IDENTITIES))
def test_what_is_asked_is_what_the_provider_reads(type_: str) -> None:
    identity, kind = IDENTITIES[type_], resource_types().get(type_)
    listed = {operation.partition(":")[2] for operation in LISTED}
    if kind:
        reads = {operation.partition(":")[2] for operation in kind.calls[Phase.READ]}
        assert identity.question.operation in reads | listed
    assert bool(identity.tags) is not bool(identity.of)
    assert identity.of in {"", *IDENTITIES, "aws:kms/key:Key"}


def test_nothing_both_is_adopted_and_made_again() -> None:
    assert [type_ for type_ in IDENTITIES if may_be_made_again(type_)] == []
    assert may_be_made_again("aws:s3/bucketVersioning:BucketVersioning")
    assert not may_be_made_again("aws:s3/bucket:Bucket")


def test_an_id_is_made_of_inputs_and_of_the_answer() -> None:
    known = {"name": "jobs", "account": "222222222222", "region": "eu-central-1", "Policy": {"Arn": "arn:x"}}
    assert (
        filled(IDENTITIES["aws:sqs/queue:Queue"].id, known)
        == "https://sqs.eu-central-1.amazonaws.com/222222222222/jobs"
    )
    assert filled(IDENTITIES["aws:iam/policy:Policy"].id, known) == "arn:x"


@pytest.mark.parametrize(
    "said",
    [
        {"deploy:stack": "dev"},
        [{"Key": "deploy:stack", "Value": "dev"}],
        [{"key": "deploy:stack", "value": "dev"}],
        [{"TagKey": "deploy:stack", "TagValue": "dev"}],
    ],
)
def test_tags_are_read_in_every_way_that_aws_writes_them(said: object) -> None:
    assert tags_of(said) == {"deploy:stack": "dev"}
    assert tags_of(None) == {}


def test_whose_a_thing_is() -> None:
    owner = Owner("items", "dev", {"aws:lambda/function:Function": frozenset({"items-dev"})})
    ours = {"deploy:project": "items", "deploy:stack": "dev", "more": "x"}
    assert owner.has_tagged(ours)
    assert not owner.has_tagged({**ours, "deploy:stack": "dev-access"})
    assert not owner.has_tagged({**ours, "deploy:project": "orders"})
    assert not owner.has_tagged({})
    alias = "arn:aws:lambda:eu-central-1:222222222222:function:items-dev:live"
    assert owner.lists("aws:lambda/function:Function", alias)
    assert owner.lists("aws:lambda/function:Function", "items-dev")
    assert not owner.lists("aws:lambda/function:Function", "items-prod")
    assert not owner.lists("aws:apigatewayv2/api:Api", "items-dev")
    assert not owner.lists("aws:lambda/function:Function", None)
    assert name_in("arn:aws:kms:eu-central-1:222222222222:key/1a") == "1a"
