"""API Gateway v2: HTTP APIs, their integrations, routes and stages."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.errors import PluginError
from deploy_sandbox.plugin.resource import TAGS, InputKind, Property, ResourceType, outputs
from deploy_sandbox.plugin.tags import own, retag

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State

_API_ID = Property("apiId", required=True, replaces=True)
_INTEGRATION = {
    "integrationType": "IntegrationType",
    "integrationUri": "IntegrationUri",
    "payloadFormatVersion": "PayloadFormatVersion",
    "timeoutMilliseconds": "TimeoutInMillis",
}
_THROTTLES = {"throttlingBurstLimit": "ThrottlingBurstLimit", "throttlingRateLimit": "ThrottlingRateLimit"}


def _renamed(inputs: Inputs, names: dict[str, str]) -> dict[str, Any]:
    return {theirs: inputs[ours] for ours, theirs in names.items() if inputs.get(ours) is not None}


def _child(id_: str, known: State) -> tuple[str, str]:
    """The API and its part; an import says `api/part`."""
    api, _, part = id_.rpartition("/")
    if not (known.get("apiId") or api):
        raise PluginError(f"{id_!r}: to import a part of an API, give api-id/{id_}")
    return str(known.get("apiId") or api), part


def _arn(account: EnteredAccount, path: str) -> str:
    return f"arn:{account.partition}:apigateway:{account.region}::/apis/{path}"


def _execution_arn(account: EnteredAccount, api: str) -> str:
    return f"arn:{account.partition}:execute-api:{account.region}:{account.id}:{api}"


def _retagged(account: EnteredAccount, path: str, change: ResourceUpdate) -> None:
    arn = _arn(account, path)
    retag(
        change,
        lambda tags: account.apigatewayv2.tag_resource(ResourceArn=arn, Tags=tags),
        lambda keys: account.apigatewayv2.untag_resource(ResourceArn=arn, TagKeys=keys),
    )


def _create_api(account: EnteredAccount, inputs: Inputs) -> str:
    names = {"name": "Name", "description": "Description", "protocolType": "ProtocolType"}
    tags = {"Tags": inputs["tagsAll"]} if inputs["tagsAll"] else {}
    return account.apigatewayv2.create_api(**_renamed(inputs, names), **tags)["ApiId"]


def _read_api(account: EnteredAccount, id_: str, _: State) -> State | None:
    try:
        found = account.apigatewayv2.get_api(ApiId=id_)
    except account.apigatewayv2.exceptions.NotFoundException:
        return None
    return {
        "id": id_,
        "name": found["Name"],
        "description": found.get("Description"),
        "protocolType": found["ProtocolType"],
        "tagsAll": own(found.get("Tags", {})),
        "apiEndpoint": found["ApiEndpoint"],
        "arn": _arn(account, id_),
        "executionArn": _execution_arn(account, id_),
        "region": account.region,
    }


def _update_api(account: EnteredAccount, id_: str, change: ResourceUpdate) -> None:
    if change.touches("name", "description"):
        account.apigatewayv2.update_api(
            ApiId=id_, Name=change.new["name"], Description=change.new.get("description") or ""
        )
    _retagged(account, id_, change)


def _delete_api(account: EnteredAccount, id_: str, _: State) -> None:
    with suppress(account.apigatewayv2.exceptions.NotFoundException):
        account.apigatewayv2.delete_api(ApiId=id_)


def _create_integration(account: EnteredAccount, inputs: Inputs) -> str:
    made = account.apigatewayv2.create_integration(ApiId=inputs["apiId"], **_renamed(inputs, _INTEGRATION))
    return made["IntegrationId"]


def _read_integration(account: EnteredAccount, id_: str, known: State) -> State | None:
    api, integration = _child(id_, known)
    try:
        found: dict[str, Any] = dict(account.apigatewayv2.get_integration(ApiId=api, IntegrationId=integration))
    except account.apigatewayv2.exceptions.NotFoundException:
        return None
    return {"id": integration, "apiId": api, **{ours: found.get(theirs) for ours, theirs in _INTEGRATION.items()}}


def _update_integration(account: EnteredAccount, id_: str, change: ResourceUpdate) -> None:
    changed = {ours: theirs for ours, theirs in _INTEGRATION.items() if change.touches(ours)}
    account.apigatewayv2.update_integration(
        ApiId=change.new["apiId"], IntegrationId=id_, **_renamed(change.new, changed)
    )


def _delete_integration(account: EnteredAccount, id_: str, known: State) -> None:
    with suppress(account.apigatewayv2.exceptions.NotFoundException):
        account.apigatewayv2.delete_integration(ApiId=known["apiId"], IntegrationId=id_)


def _create_route(account: EnteredAccount, inputs: Inputs) -> str:
    wanted = _renamed(inputs, {"routeKey": "RouteKey", "target": "Target"})
    return account.apigatewayv2.create_route(ApiId=inputs["apiId"], **wanted)["RouteId"]


def _read_route(account: EnteredAccount, id_: str, known: State) -> State | None:
    api, route = _child(id_, known)
    try:
        found = account.apigatewayv2.get_route(ApiId=api, RouteId=route)
    except account.apigatewayv2.exceptions.NotFoundException:
        return None
    return {"id": route, "apiId": api, "routeKey": found["RouteKey"], "target": found.get("Target")}


def _update_route(account: EnteredAccount, id_: str, change: ResourceUpdate) -> None:
    wanted = {"RouteKey": change.new["routeKey"], "Target": change.new.get("target") or ""}
    account.apigatewayv2.update_route(ApiId=change.new["apiId"], RouteId=id_, **wanted)


def _delete_route(account: EnteredAccount, id_: str, known: State) -> None:
    with suppress(account.apigatewayv2.exceptions.NotFoundException):
        account.apigatewayv2.delete_route(ApiId=known["apiId"], RouteId=id_)


def _throttles(inputs: Inputs) -> dict[str, Any]:
    settings = inputs.get("defaultRouteSettings")
    return {} if settings is None else {"DefaultRouteSettings": _renamed(settings, _THROTTLES)}


def _create_stage(account: EnteredAccount, inputs: Inputs) -> str:
    tags = {"Tags": inputs["tagsAll"]} if inputs["tagsAll"] else {}
    account.apigatewayv2.create_stage(
        ApiId=inputs["apiId"], StageName=inputs["name"], AutoDeploy=inputs["autoDeploy"], **_throttles(inputs), **tags
    )
    return str(inputs["name"])


def _read_stage(account: EnteredAccount, id_: str, known: State) -> State | None:
    api, name = _child(id_, known)
    try:
        found = account.apigatewayv2.get_stage(ApiId=api, StageName=name)
        endpoint = account.apigatewayv2.get_api(ApiId=api)["ApiEndpoint"]
    except account.apigatewayv2.exceptions.NotFoundException:
        return None
    settings: dict[str, Any] = dict(found.get("DefaultRouteSettings", {}))
    throttles = {ours: settings[theirs] for ours, theirs in _THROTTLES.items() if settings.get(theirs) is not None}
    return {
        "id": name,
        "apiId": api,
        "name": name,
        "autoDeploy": found.get("AutoDeploy", False),
        "defaultRouteSettings": throttles or None,
        "tagsAll": own(found.get("Tags", {})),
        "arn": _arn(account, f"{api}/stages/{name}"),
        "executionArn": f"{_execution_arn(account, api)}/{name}",
        "invokeUrl": f"{endpoint}/{'' if name == '$default' else name}",
        "region": account.region,
    }


def _update_stage(account: EnteredAccount, name: str, change: ResourceUpdate) -> None:
    api = change.new["apiId"]
    if change.touches("autoDeploy", "defaultRouteSettings"):
        account.apigatewayv2.update_stage(
            ApiId=api, StageName=name, AutoDeploy=change.new["autoDeploy"], **_throttles(change.new)
        )
    _retagged(account, f"{api}/stages/{name}", change)


def _delete_stage(account: EnteredAccount, name: str, known: State) -> None:
    with suppress(account.apigatewayv2.exceptions.NotFoundException):
        account.apigatewayv2.delete_stage(ApiId=known["apiId"], StageName=name)


TYPES = (
    ResourceType(
        "aws:apigatewayv2/api:Api",
        (
            Property("name", required=True, names=True),
            Property("description", default=""),
            Property("protocolType", required=True, replaces=True),
            *TAGS,
        ),
        outputs("apiEndpoint", "arn", "executionArn", "region"),
        _create_api,
        _read_api,
        _delete_api,
        _update_api,
    ),
    ResourceType(
        "aws:apigatewayv2/integration:Integration",
        (
            _API_ID,
            Property("integrationType", required=True, replaces=True),
            Property("integrationUri"),
            Property("payloadFormatVersion", default="1.0", filled=True),
            Property("timeoutMilliseconds", InputKind.INTEGER, cloud_decides=True),
        ),
        (),
        _create_integration,
        _read_integration,
        _delete_integration,
        _update_integration,
    ),
    ResourceType(
        "aws:apigatewayv2/route:Route",
        (_API_ID, Property("routeKey", required=True), Property("target")),
        (),
        _create_route,
        _read_route,
        _delete_route,
        _update_route,
    ),
    ResourceType(
        "aws:apigatewayv2/stage:Stage",
        (
            _API_ID,
            Property("name", required=True, names=True, replaces=True),
            Property("autoDeploy", InputKind.BOOLEAN, default=False, filled=True),
            Property(
                "defaultRouteSettings",
                InputKind.OBJECT,
                cloud_decides=True,
                fields=(
                    Property("throttlingBurstLimit", InputKind.INTEGER, cloud_decides=True),
                    Property("throttlingRateLimit", InputKind.NUMBER, cloud_decides=True),
                ),
            ),
            *TAGS,
        ),
        outputs("arn", "executionArn", "invokeUrl", "region"),
        _create_stage,
        _read_stage,
        _delete_stage,
        _update_stage,
    ),
)
