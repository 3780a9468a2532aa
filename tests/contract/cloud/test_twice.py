"""What stands a second time beside what the state lists is found and deleted, and nothing else: used, listed, or not ours, it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deploy_driver.adapters.existing_resources import Presence
from deploy_driver.adapters.lookup import Lookup, orphans
from deploy_driver.errors import NotReadyError
from deploy_driver.repair.identity import Owner
from deploy_driver.repair.orphans import question_of
from deploy_driver.repair.settle import Unfinished
from tests.contract.cloud.outsider import ALLOW_ALL, Someone
from tests.contract.cloud.test_presence import DEV, Seat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploy_sandbox.accounts import Sandbox

API, INTEGRATION = "aws:apigatewayv2/api:Api", "aws:apigatewayv2/integration:Integration"
URI = "arn:aws:lambda:eu-central-1:222222222222:function:items-dev"
TAGS = {"deploy:project": "items", "deploy:stack": "dev"}
READ_ONLY = {"Effect": "Allow", "Action": ["apigateway:GET"], "Resource": "*"}


def listed(type_: str, id_: str, **inputs: str) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::items::{type_}::one"
    return {"urn": urn, "type": type_, "custom": True, "id": id_, "inputs": inputs}


def looking(who: Someone, sandbox: Sandbox, *resources: dict[str, Any]) -> Lookup:
    ids: dict[str, set[str]] = {}
    for one in resources:
        ids.setdefault(one["type"], set()).add(one["id"])
    owner = Owner("items", "dev", {type_: frozenset(each) for type_, each in ids.items()})
    return Lookup(Presence(Seat(who, sandbox.region), DEV, sandbox.region), owner)


def test_a_second_api(
    sandbox: Sandbox, someone: Callable[..., Someone], as_root: Callable[[str, str], Any], unique: str
) -> None:
    apis = as_root("dev", "apigatewayv2")

    def made(**tags: str) -> str:
        return str(apis.create_api(Name=unique, ProtocolType="HTTP", Tags=tags)["ApiId"])

    ours, second, anothers = made(**TAGS), made(**TAGS), made(**{**TAGS, "deploy:stack": "prod"})
    resource = listed(API, ours, name=unique)
    one, lookup = Unfinished(resource), looking(someone("dev", ALLOW_ALL), sandbox, resource)
    [found] = lookup.beside(one)
    assert found.id == second
    assert found.made == pytest.approx(apis.get_api(ApiId=second)["CreatedDate"].timestamp())

    with pytest.raises(NotReadyError, match=f"deleting {API} {second}: AccessDenied"):
        looking(someone("dev", READ_ONLY), sandbox, resource).delete(one, second)
    lookup.delete(one, second)
    lookup.delete(one, second)  # what is gone already is gone
    assert lookup.beside(one) == []
    left = {api["ApiId"] for api in apis.get_apis()["Items"] if api["Name"] == unique}
    assert left == {ours, anothers}


def test_whether_a_rest_api_stands_is_asked_by_its_arn(
    sandbox: Sandbox, someone: Callable[..., Someone], as_root: Callable[[str, str], Any], unique: str
) -> None:
    """Nothing here makes one, so none is ever deleted; what AWS lists by its tags is asked for once more."""
    apis = as_root("dev", "apigateway")
    id_ = apis.create_rest_api(name=unique)["id"]
    asked = question_of(f"arn:aws:apigateway:{sandbox.region}::/restapis/{id_}")
    assert asked

    def there(rights: Mapping[str, Any]) -> bool:
        presence = Presence(Seat(someone("dev", rights), sandbox.region), DEV, sandbox.region)
        return bool(presence.answers("a REST API", *asked))

    assert there(READ_ONLY)
    with pytest.raises(NotReadyError):
        there({"Effect": "Allow", "Action": "tag:GetResources", "Resource": "*"})
    apis.delete_rest_api(restApiId=id_)
    assert not there(READ_ONLY)


def test_a_second_integration(
    sandbox: Sandbox, someone: Callable[..., Someone], as_root: Callable[[str, str], Any], unique: str
) -> None:
    apis = as_root("dev", "apigatewayv2")
    api = apis.create_api(Name=unique, ProtocolType="HTTP", Tags=TAGS)["ApiId"]

    def made() -> str:
        how = {"IntegrationType": "AWS_PROXY", "IntegrationUri": URI, "PayloadFormatVersion": "2.0"}
        return str(apis.create_integration(ApiId=api, **how)["IntegrationId"])

    ours, second, used = made(), made(), made()
    apis.create_route(ApiId=api, RouteKey="GET /by-hand", Target=f"integrations/{used}")
    parent = listed(API, api, name=unique)
    resource = listed(INTEGRATION, ours, apiId=api, integrationType="AWS_PROXY", integrationUri=URI)
    one, anybody = Unfinished(resource), someone("dev", ALLOW_ALL)
    assert looking(anybody, sandbox, resource).beside(one) == []  # it is nobody's whose state does not list the API

    lookup = looking(anybody, sandbox, parent, resource)
    assert [found.id for found in lookup.beside(one)] == [second]
    there = orphans(lookup.presence, Owner("items", "dev"), [parent, resource]).there
    assert [said for said in there if second in said or used in said or ours in said] == [
        f"{INTEGRATION} {second}: it belongs to {api}, which the state lists"
    ]
    lookup.delete(one, second)
    assert lookup.beside(one) == []
    assert {found["IntegrationId"] for found in apis.get_integrations(ApiId=api)["Items"]} == {ours, used}
    with pytest.raises(NotReadyError):
        looking(someone("dev"), sandbox, parent, resource).beside(one)
    bucket = listed("aws:s3/bucket:Bucket", unique, bucket=unique)
    assert looking(someone("dev"), sandbox, bucket).beside(Unfinished(bucket)) == []  # is not even asked for
