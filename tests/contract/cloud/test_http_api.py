"""An HTTP API answers anybody, in every account, where the function lets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import refusal, trusting
from tests.contract.cloud.service import Service, get

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.accounts import Sandbox

CODE = "def handler(event, context):\n    return {'statusCode': 200, 'body': context.invoked_function_arn}\n"
BROKEN = (500, '{"message":"Internal Server Error"}')


@pytest.fixture
def serve(sandbox: Sandbox, as_root: Callable[[str, str], Any], make_role: Any, unique: str) -> Callable[..., Service]:
    def make(account: str = "dev", code: str = CODE) -> Service:
        made = Service(sandbox, account, unique, lambda service: as_root(account, service))
        made.make(make_role(account, trusting({"Service": "lambda.amazonaws.com"})), code)
        return made

    return make


@pytest.mark.parametrize("account", ["tools", "dev", "staging", "prod"])
def test_an_unsigned_caller_is_answered_in_every_account(serve: Any, sandbox: Sandbox, account: str) -> None:
    service = serve(account)
    service.permit()
    assert service.url == f"{sandbox.endpoint}/_aws/execute-api/{service.id}"
    assert get(f"{service.url}/health") == (200, service.alias)
    assert get(f"{service.url}/nothing")[0] == 404


def test_without_the_functions_permission_the_caller_gets_an_internal_error(serve: Any) -> None:
    service = serve()
    assert get(f"{service.url}/health") == BROKEN
    service.permit()
    assert get(f"{service.url}/health")[0] == 200
    service.functions.remove_permission(FunctionName=service.name, StatementId="gateway", Qualifier="live")
    assert get(f"{service.url}/health") == BROKEN


@pytest.mark.parametrize(
    "wrong",
    [
        {"Qualifier": None},
        {"Principal": "s3.amazonaws.com"},
        {"SourceArn": "arn:aws:execute-api:eu-central-1:222222222222:other/*/*"},
        {"SourceArn": "arn:aws:execute-api:eu-central-1:333333333333:*"},
    ],
    ids=["not on the alias", "another service", "another api", "another account"],
)
def test_a_permission_for_something_else_does_not_count(serve: Any, wrong: dict[str, Any]) -> None:
    service = serve()
    service.permit(**wrong)
    assert get(f"{service.url}/health") == BROKEN


def test_a_permission_for_one_route_opens_that_route_only(serve: Any) -> None:
    service = serve()
    service.permit(SourceArn=f"arn:aws:execute-api:{service.scope}:{service.id}/*/GET/items/{{key}}")
    assert get(f"{service.url}/items/one")[0] == 200
    assert get(f"{service.url}/health") == BROKEN


def test_a_function_that_fails_is_an_internal_error(serve: Any) -> None:
    service = serve(code="def handler(event, context):\n    raise ValueError('secret')\n")
    service.permit()
    assert get(f"{service.url}/health") == BROKEN


def test_a_functions_own_error_status_is_its_answer(serve: Any) -> None:
    service = serve(code="def handler(event, context):\n    return {'statusCode': 502, 'body': 'mine'}\n")
    service.permit()
    assert get(f"{service.url}/health") == (502, "mine")


def test_an_api_without_a_stage_answers_nothing(serve: Any) -> None:
    service = serve()
    service.permit()
    service.apis.delete_stage(ApiId=service.id, StageName="$default")
    assert get(f"{service.url}/health")[0] == 404


def test_an_unknown_api_is_not_found(sandbox: Sandbox) -> None:
    assert get(f"{sandbox.endpoint}/_aws/execute-api/00000000/health")[0] == 404


def test_the_address_is_the_same_wherever_it_is_read(serve: Any) -> None:
    service = serve()
    found = service.apis.get_api(ApiId=service.id)
    listed = [api for api in service.apis.get_apis()["Items"] if api["ApiId"] == service.id]
    assert [service.url] * 2 == [found["ApiEndpoint"], listed[0]["ApiEndpoint"]]


def test_an_api_has_one_route_of_each_key(as_root: Callable[[str, str], Any], unique: str) -> None:
    gateway = as_root("dev", "apigatewayv2")
    api, other = (gateway.create_api(Name=f"{unique}{number}", ProtocolType="HTTP")["ApiId"] for number in (1, 2))
    gateway.create_route(ApiId=api, RouteKey="GET /health")
    code, said = refusal(lambda: gateway.create_route(ApiId=api, RouteKey="GET /health"))
    assert (code, said) == ("ConflictException", "Route with key GET /health already exists for this API")
    gateway.create_route(ApiId=api, RouteKey="PUT /health")
    gateway.create_route(ApiId=other, RouteKey="GET /health")
    assert [len(gateway.get_routes(ApiId=one)["Items"]) for one in (api, other)] == [2, 1]
