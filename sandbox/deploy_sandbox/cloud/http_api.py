"""An HTTP API answers anybody at its own address, in every account, and needs the function's permission to invoke it.

AWS finds an API by its id alone, and invokes a function only where the function's resource policy (of the alias or
version that the integration names) allows `apigateway.amazonaws.com` for this API's route; otherwise the caller gets
500 `{"message":"Internal Server Error"}`. (API Gateway Developer Guide, "AWS Lambda proxy integrations for HTTP
APIs"; Lambda Developer Guide, "Invoking a Lambda function using an Amazon API Gateway endpoint".) The emulator looked
for the API in the caller's account, which an unsigned caller does not have, never asked the function, answered a
stage that does not exist, and gave an address that does not resolve.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator
from ministack.services import apigateway, lambda_svc

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from deploy_sandbox.cloud.emulator import Answer

_BROKEN: tuple[int, bytes] = (500, b'{"message":"Internal Server Error"}')
_FAILED = 502


def install() -> None:
    replace("services.apigateway", "find_api_scope", _in_every_account)
    replace("services.apigateway", "handle_execute", _existing_stage)
    replace("services.apigateway", "_invoke_lambda_proxy", _permitted)
    replace("services.apigateway", "_apigw_response", _addressed)


def _in_every_account(_original: Callable[[str], Any]) -> Callable[[str], Any]:
    def find_api_scope(api_id: str) -> tuple[str, str] | None:
        for (account, region, stored), _api in emulator.HTTP_APIS.all_items():
            if stored == api_id:
                return account, region
        return None

    return find_api_scope


def _existing_stage(original: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def handle_execute(api_id: str, stage: str, *facts: Any, **more: Any) -> Answer:
        if stage not in apigateway.stages_for_api(api_id):
            missing: Answer = emulator.http_api_not_found()
            return missing
        return await original(api_id, stage, *facts, **more)

    return handle_execute


def _permitted(original: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def invoke_lambda_proxy(
        integration: dict[str, Any], api_id: str, stage: str, path: str, method: str, *facts: Any, **more: Any
    ) -> Answer:
        function = emulator.integrated_function(integration.get("integrationUri", ""))
        route_key = facts[3]
        scope = (more["owner_account_id"], more["owner_region"])
        if not _may_invoke(function, scope, f"{api_id}/{stage}/{_route(route_key, method)}"):
            return _broken()
        answer = await original(integration, api_id, stage, path, method, *facts, **more)
        return _broken() if _function_failed(answer) else answer

    return invoke_lambda_proxy


def _function_failed(answer: Answer) -> bool:
    """Whether the function raised: the emulator says 502 and the error. A function's own 502 is its answer."""
    return answer[0] == _FAILED and b'"errorType"' in answer[2]


def _broken() -> Answer:
    status, body = _BROKEN
    return status, {"Content-Type": "application/json"}, body


def _route(route_key: str, method: str) -> str:
    """The route as a source ARN spells it: `GET/items/{key}`, or `$default`."""
    verb, _, path = route_key.partition(" ")
    return f"{method if verb == 'ANY' else verb}{path}"


def _may_invoke(function: str, scope: tuple[str, str], route: str) -> bool:
    account, region = scope
    found, _config, _name = emulator.function_record(function, account_id=account, region=region)
    if found is None:
        return False
    arn = function if function.startswith("arn:") else f"arn:aws:lambda:{region}:{account}:function:{function}"
    context = iam_evaluator.EvalContext(
        principal_arn="",
        principal_type="Service",
        principal_account=account,
        action="lambda:InvokeFunction",
        resource_arn=arn,
        region=region,
        service_context={
            "aws:sourcearn": f"arn:aws:execute-api:{region}:{account}:{route}",
            "aws:sourceaccount": account,
        },
    )
    policy = lambda_svc.function_policy_for_arn(arn)
    decided = iam_evaluator.evaluate_resource_policy(policy and policy[0], context, service="apigateway.amazonaws.com")
    return bool(decided.decision == "Allow")


def _addressed(original: Callable[..., Answer]) -> Callable[..., Answer]:
    def apigw_response(data: dict[str, Any], status: int = 200) -> Answer:
        items = data.get("items")
        if isinstance(items, list):
            data = {**data, "items": [_with_address(item) for item in items]}
        return original(_with_address(data), status)

    return apigw_response


def _with_address(api: Any) -> Any:
    if not isinstance(api, dict) or api.get("protocolType") != "HTTP" or "apiEndpoint" not in api:
        return api
    gateway = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
    return {**api, "apiEndpoint": f"{gateway}/_aws/execute-api/{api['apiId']}"}
