"""Lambda and API Gateway fill the condition keys by which a policy stays with one stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.contract.cloud.outsider import Someone, not_allowed

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.sandbox

OURS, THEIRS = {"deploy:stack": "dev"}, {"deploy:stack": "prod"}
APIS = "arn:aws:apigateway:eu-central-1::/apis"


def allow(action: str | list[str], resource: str | list[str], **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


@pytest.fixture
def function(as_root: Any, published: str) -> str:
    """The ARN of a function with the alias `live`."""
    as_root("dev", "lambda").create_alias(FunctionName=published, Name="live", FunctionVersion="1")
    return published


@pytest.fixture
def make_api(as_root: Any, unique: str) -> Callable[[dict[str, str]], str]:
    """Make an HTTP API with these tags, a stage and a route, and return its id."""

    def make(tags: dict[str, str]) -> str:
        apis = as_root("dev", "apigatewayv2")
        api = str(apis.create_api(Name=unique, ProtocolType="HTTP", Tags=tags)["ApiId"])
        apis.create_stage(ApiId=api, StageName="$default")
        return api

    return make


def test_only_the_service_named_may_be_let_in(function: str, someone: Callable[..., Someone]) -> None:
    gateway = {"StringEquals": {"lambda:Principal": "apigateway.amazonaws.com"}}
    functions = someone("dev", allow("lambda:AddPermission", f"{function}*", **gateway)).client("lambda")
    facts = {"FunctionName": function, "Action": "lambda:InvokeFunction"}
    functions.add_permission(StatementId="gateway", Principal="apigateway.amazonaws.com", **facts)
    for number, principal in enumerate(("*", "444444444444", "s3.amazonaws.com")):
        assert not_allowed(
            lambda number=number, principal=principal: functions.add_permission(  # type: ignore[misc]
                StatementId=f"s{number}", Principal=principal, **facts
            ),
            "lambda:AddPermission",
        )


@pytest.mark.parametrize(
    ("action", "operation", "facts"),
    [
        ("GetAlias", "get_alias", {}),
        ("UpdateAlias", "update_alias", {"FunctionVersion": "1"}),
        ("DeleteAlias", "delete_alias", {}),
    ],
)
def test_one_alias_is_worked_on_under_its_own_action(
    function: str, someone: Callable[..., Someone], action: str, operation: str, facts: dict[str, str]
) -> None:
    may = someone("dev", allow(f"lambda:{action}", f"{function}*")).client("lambda")
    may_list = someone("dev", allow(["lambda:ListAliases", "lambda:CreateAlias"], f"{function}*")).client("lambda")
    which = {"FunctionName": function, "Name": "live", **facts}
    assert not_allowed(lambda: getattr(may_list, operation)(**which), f"lambda:{action}")
    getattr(may, operation)(**which)


def test_an_api_must_be_born_with_its_tag(someone: Callable[..., Someone], unique: str) -> None:
    born = {"StringEquals": {"aws:RequestTag/deploy:stack": "dev"}}
    apis = someone("dev", allow("apigateway:POST", APIS, **born)).client("apigatewayv2")
    apis.create_api(Name=unique, ProtocolType="HTTP", Tags=OURS)
    for facts in ({}, {"Tags": THEIRS}, {"Tags": {"other": "dev"}}):
        assert not_allowed(
            lambda facts=facts: apis.create_api(Name=unique, ProtocolType="HTTP", **facts),  # type: ignore[misc]
            "apigateway:POST",
        )


def test_only_known_tag_keys_may_be_given(someone: Callable[..., Someone], unique: str) -> None:
    known = {"ForAllValues:StringEquals": {"aws:TagKeys": ["deploy:stack", "owner"]}}
    apis = someone("dev", allow("apigateway:POST", APIS, **known)).client("apigatewayv2")
    apis.create_api(Name=unique, ProtocolType="HTTP", Tags={**OURS, "owner": "x"})
    assert not_allowed(
        lambda: apis.create_api(Name=unique, ProtocolType="HTTP", Tags={**OURS, "foreign": "x"}), "apigateway:POST"
    )


CHILD_CALLS: dict[str, Callable[[Any, str], Any]] = {
    "apigateway:GET": lambda apis, api: apis.get_api(ApiId=api),
    "apigateway:PATCH": lambda apis, api: apis.update_stage(ApiId=api, StageName="$default", AutoDeploy=True),
    "apigateway:POST": lambda apis, api: apis.create_route(ApiId=api, RouteKey="GET /health"),
    "apigateway:DELETE": lambda apis, api: apis.delete_stage(ApiId=api, StageName="$default"),
}


@pytest.mark.parametrize("action", CHILD_CALLS)
def test_an_api_and_what_is_below_it_are_known_by_its_tag(
    someone: Callable[..., Someone], make_api: Callable[[dict[str, str]], str], action: str
) -> None:
    carried = {"StringEquals": {"aws:ResourceTag/deploy:stack": "dev"}}
    apis = someone("dev", allow(action, f"{APIS}/*", **carried)).client("apigatewayv2")
    CHILD_CALLS[action](apis, make_api(OURS))
    for tags in (THEIRS, {}):
        other = make_api(tags)
        assert not_allowed(lambda other=other: CHILD_CALLS[action](apis, other), action)  # type: ignore[misc]


TAG_CALLS: dict[str, Callable[[Any, str], Any]] = {
    "apigateway:POST": lambda apis, arn: apis.tag_resource(ResourceArn=arn, Tags={"a": "1"}),
    "apigateway:DELETE": lambda apis, arn: apis.untag_resource(ResourceArn=arn, TagKeys=["a"]),
}


@pytest.mark.parametrize("below", ["", "/stages/$default"])
@pytest.mark.parametrize("action", TAG_CALLS)
def test_the_tags_of_an_api_are_known_by_its_tag(
    someone: Callable[..., Someone], make_api: Callable[[dict[str, str]], str], action: str, below: str
) -> None:
    carried = {"StringEquals": {"aws:ResourceTag/deploy:stack": "dev"}}
    tags = f"arn:aws:apigateway:eu-central-1::/tags/{quote(APIS, safe='')}%2F*"
    apis = someone("dev", allow(action, tags, **carried)).client("apigatewayv2")
    TAG_CALLS[action](apis, f"{APIS}/{make_api(OURS)}{below}")
    theirs = f"{APIS}/{make_api(THEIRS)}{below}"
    assert not_allowed(lambda: TAG_CALLS[action](apis, theirs), action)


def test_a_tag_cannot_be_changed_into_anothers(
    someone: Callable[..., Someone], make_api: Callable[[dict[str, str]], str]
) -> None:
    condition = {
        "StringEquals": {"aws:ResourceTag/deploy:stack": "dev"},
        "StringEqualsIfExists": {"aws:RequestTag/deploy:stack": "dev"},
    }
    apis = someone("dev", allow("apigateway:POST", "*", **condition)).client("apigatewayv2")
    api = f"{APIS}/{make_api(OURS)}"
    apis.tag_resource(ResourceArn=api, Tags={**OURS, "a": "1"})
    assert not_allowed(lambda: apis.tag_resource(ResourceArn=api, Tags=THEIRS), "apigateway:POST")
