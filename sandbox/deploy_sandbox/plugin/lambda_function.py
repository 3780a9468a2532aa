"""Lambda: functions, and the versions that they publish."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.archive import zipped
from deploy_sandbox.plugin.errors import PluginError, code
from deploy_sandbox.plugin.patience import retrying, until
from deploy_sandbox.plugin.resource import (
    TAGS,
    InputKind,
    OutputProperty,
    Property,
    ResourceType,
    ResourceUpdate,
    outputs,
)
from deploy_sandbox.plugin.tags import own, retag

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.exceptions import ClientError

    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, State

_CONFIGURATION = {
    "description": "Description",
    "role": "Role",
    "runtime": "Runtime",
    "handler": "Handler",
    "memorySize": "MemorySize",
    "timeout": "Timeout",
}
_CODE = ("code", "architectures")
_CONFIGURED = (*_CONFIGURATION, "environment", "layers")


def _republished(change: ResourceUpdate) -> bool:
    return bool(change.new.get("publish")) and change.touches("publish", *_CODE, *_CONFIGURED)


def _configuration(inputs: Inputs) -> dict[str, Any]:
    given = {theirs: inputs[ours] for ours, theirs in _CONFIGURATION.items() if inputs.get(ours) is not None}
    if inputs.get("layers"):
        given["Layers"] = inputs["layers"]
    return {**given, "Environment": {"Variables": (inputs.get("environment") or {}).get("variables") or {}}}


def _create_function(account: EnteredAccount, inputs: Inputs) -> str:
    content = zipped(inputs["code"])
    optional = {"Architectures": inputs.get("architectures"), "Tags": inputs["tagsAll"]}
    request = {
        **_configuration(inputs),
        "FunctionName": inputs["name"],
        "Code": {"ZipFile": content},
        "PackageType": "Zip",
        "Publish": inputs["publish"],
        **{key: value for key, value in optional.items() if value},
    }
    _settled(account, lambda: account.functions.create_function(**request))
    return str(inputs["name"])


def _read_function(account: EnteredAccount, name: str, known: State) -> State | None:
    try:
        found = account.functions.get_function(FunctionName=name)
    except account.functions.exceptions.ResourceNotFoundException:
        return None
    live: dict[str, Any] = dict(found["Configuration"])
    latest = _latest_version(account, name)
    published = bool(known.get("publish", latest is not None))
    version = (latest if published else None) or "$LATEST"
    variables = live.get("Environment", {}).get("Variables") or {}
    return {
        "id": name,
        "name": name,
        **{ours: live.get(theirs) for ours, theirs in _CONFIGURATION.items()},
        "architectures": live.get("Architectures"),
        "environment": {"variables": variables} if variables else None,
        "layers": [one["Arn"] for one in live.get("Layers", [])] or None,
        "publish": published,
        "tagsAll": own(found.get("Tags", {})),
        "arn": live["FunctionArn"],
        "invokeArn": invoke_arn(account, live["FunctionArn"]),
        "codeSha256": live["CodeSha256"],
        "sourceCodeSize": live["CodeSize"],
        "lastModified": live["LastModified"],
        "version": version,
        "qualifiedArn": f"{live['FunctionArn']}:{version}",
        "qualifiedInvokeArn": invoke_arn(account, f"{live['FunctionArn']}:{version}"),
        "region": account.region,
    }


def _latest_version(account: EnteredAccount, name: str) -> str | None:
    pages = account.functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    numbers = [int(one["Version"]) for page in pages for one in page["Versions"] if one["Version"] != "$LATEST"]
    return str(max(numbers)) if numbers else None


def _update_function(account: EnteredAccount, name: str, change: ResourceUpdate) -> None:
    functions, new = account.functions, change.new
    arn = f"arn:{account.partition}:lambda:{account.region}:{account.id}:function:{name}"
    retag(
        change,
        lambda tags: functions.tag_resource(Resource=arn, Tags=tags),
        lambda keys: functions.untag_resource(Resource=arn, TagKeys=keys),
    )
    if change.touches(*_CONFIGURED):
        wanted = {"Description": "", "Layers": [], **_configuration(new)}
        _settled(account, lambda: functions.update_function_configuration(FunctionName=name, **wanted))
        _ready(account, name)
    if change.touches(*_CODE):
        request: dict[str, Any] = {"FunctionName": name, "ZipFile": zipped(new["code"])}
        if new.get("architectures"):
            request["Architectures"] = new["architectures"]
        _settled(account, lambda: functions.update_function_code(**request))
        _ready(account, name)
    if _republished(change):
        _settled(account, lambda: functions.publish_version(FunctionName=name))


def _delete_function(account: EnteredAccount, name: str, _: State) -> None:
    with suppress(account.functions.exceptions.ResourceNotFoundException):
        account.functions.delete_function(FunctionName=name)


def _settled(account: EnteredAccount, action: Callable[[], Any]) -> None:
    """IAM takes some seconds to let Lambda assume a new role, and Lambda takes one change at a time."""

    def passing(error: ClientError) -> bool:
        said = str(error).lower()
        unassumable = code(error) == "InvalidParameterValueException" and "assumed by lambda" in said
        return unassumable or (code(error) == "ResourceConflictException" and "already exist" not in said)

    retrying(account, action, when=passing)


def _ready(account: EnteredAccount, name: str) -> None:
    """Wait until the function may be changed or invoked. PluginError when Lambda says that it failed."""

    def settled() -> bool:
        found: dict[str, Any] = dict(account.functions.get_function(FunctionName=name)["Configuration"])
        if "Failed" in {found.get("State"), found.get("LastUpdateStatus")}:
            reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or "no reason given"
            raise PluginError(f"function {name}: Lambda could not make it ready: {reason}")
        return found.get("State") != "Pending" and found.get("LastUpdateStatus") != "InProgress"

    until(account, settled)


def invoke_arn(account: EnteredAccount, arn: str) -> str:
    """Where API Gateway calls a function, version or alias."""
    return f"arn:{account.partition}:apigateway:{account.region}:lambda:path/2015-03-31/functions/{arn}/invocations"


TYPES = (
    ResourceType(
        "aws:lambda/function:Function",
        (
            Property("name", required=True, names=True, replaces=True),
            Property("description", default=""),
            Property("role", required=True),
            Property("runtime", required=True),
            Property("handler", required=True),
            Property("code", InputKind.CODE, required=True, in_cloud=False),
            Property("memorySize", InputKind.INTEGER, default=128, filled=True),
            Property("timeout", InputKind.INTEGER, default=3, filled=True),
            Property("publish", InputKind.BOOLEAN, default=False, filled=True),
            Property("layers", InputKind.ORDERED_TEXTS),
            Property("architectures", InputKind.TEXTS, cloud_decides=True),
            Property(
                "environment",
                InputKind.OBJECT,
                default={},
                fields=(Property("variables", InputKind.TEXT_MAP, default={}),),
            ),
            *TAGS,
        ),
        (
            *outputs("arn", "invokeArn", "region"),
            *(OutputProperty(name, _republished) for name in ("version", "qualifiedArn", "qualifiedInvokeArn")),
            *(OutputProperty(name, lambda change: change.touches("code")) for name in ("codeSha256", "sourceCodeSize")),
            OutputProperty("lastModified", lambda change: change.touches(*_CODE, *_CONFIGURED)),
        ),
        _create_function,
        _read_function,
        _delete_function,
        _update_function,
        ready=_ready,
    ),
)
