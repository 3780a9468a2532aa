"""Lambda: functions, aliases and permissions."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from sandbox.plugin.archive import zipped
from sandbox.plugin.diff import function_name
from sandbox.plugin.errors import PluginError, code
from sandbox.plugin.patience import retrying, until
from sandbox.plugin.resource import TAGS, Change, Kind, Output, Property, ResourceType, outputs
from sandbox.plugin.tags import moved, own
from sandbox.plugin.wire import Archive

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.exceptions import ClientError

    from sandbox.plugin.account import Account
    from sandbox.plugin.resource import Inputs, State

_CONFIGURATION = {
    "description": "Description",
    "role": "Role",
    "runtime": "Runtime",
    "handler": "Handler",
    "memorySize": "MemorySize",
    "timeout": "Timeout",
}
_CODE = ("code", "architectures")
_CONFIGURED = (*_CONFIGURATION, "environment")


def _republished(change: Change) -> bool:
    return bool(change.new.get("publish")) and change.touches("publish", *_CODE, *_CONFIGURED)


def _configuration(inputs: Inputs) -> dict[str, Any]:
    given = {theirs: inputs[ours] for ours, theirs in _CONFIGURATION.items() if inputs.get(ours) is not None}
    return {**given, "Environment": {"Variables": (inputs.get("environment") or {}).get("variables") or {}}}


def _create_function(account: Account, inputs: Inputs) -> str:
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


def _read_function(account: Account, name: str, known: State) -> State | None:
    try:
        found = account.functions.get_function(FunctionName=name)
    except account.functions.exceptions.ResourceNotFoundException:
        return None
    live: dict[str, Any] = dict(found["Configuration"])
    latest = _latest_version(account, name)
    published = bool(known.get("publish", latest is not None))
    version = (latest if published else None) or "$LATEST"
    variables = live.get("Environment", {}).get("Variables") or {}
    moved_code = known.get("codeSha256") not in {None, live["CodeSha256"]}
    return {
        "id": name,
        "name": name,
        **{ours: live.get(theirs) for ours, theirs in _CONFIGURATION.items()},
        "architectures": live.get("Architectures"),
        "environment": {"variables": variables} if variables else None,
        "publish": published,
        "tagsAll": own(found.get("Tags", {})),
        **({"code": Archive(hash=base64.b64decode(live["CodeSha256"]).hex())} if moved_code else {}),
        "arn": live["FunctionArn"],
        "invokeArn": _invoke_arn(account, live["FunctionArn"]),
        "codeSha256": live["CodeSha256"],
        "sourceCodeSize": live["CodeSize"],
        "lastModified": live["LastModified"],
        "version": version,
        "qualifiedArn": f"{live['FunctionArn']}:{version}",
        "qualifiedInvokeArn": _invoke_arn(account, f"{live['FunctionArn']}:{version}"),
        "region": account.region,
    }


def _latest_version(account: Account, name: str) -> str | None:
    pages = account.functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    numbers = [int(one["Version"]) for page in pages for one in page["Versions"] if one["Version"] != "$LATEST"]
    return str(max(numbers)) if numbers else None


def _update_function(account: Account, name: str, change: Change) -> None:
    functions, new = account.functions, change.new
    put, removed = moved(change)
    arn = f"arn:{account.partition}:lambda:{account.region}:{account.id}:function:{name}"
    if put:
        functions.tag_resource(Resource=arn, Tags=put)
    if removed:
        functions.untag_resource(Resource=arn, TagKeys=removed)
    if change.touches(*_CONFIGURED):
        wanted = {"Description": "", **_configuration(new)}
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


def _delete_function(account: Account, name: str, _: State) -> None:
    try:
        account.functions.delete_function(FunctionName=name)
    except account.functions.exceptions.ResourceNotFoundException:
        return


def _settled(account: Account, action: Callable[[], Any]) -> None:
    """IAM takes some seconds to let Lambda assume a new role, and Lambda takes one change at a time."""

    def passing(error: ClientError) -> bool:
        said = str(error).lower()
        unassumable = code(error) == "InvalidParameterValueException" and "assumed by lambda" in said
        return unassumable or (code(error) == "ResourceConflictException" and "already exist" not in said)

    retrying(account, action, when=passing)


def _ready(account: Account, name: str) -> None:
    """Wait until the function may be changed or invoked. PluginError when Lambda says that it failed."""

    def settled() -> bool:
        found: dict[str, Any] = dict(account.functions.get_function(FunctionName=name)["Configuration"])
        if "Failed" in {found.get("State"), found.get("LastUpdateStatus")}:
            reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or "no reason given"
            raise PluginError(f"function {name}: Lambda could not make it ready: {reason}")
        return found.get("State") != "Pending" and found.get("LastUpdateStatus") != "InProgress"

    until(account, settled)


def _invoke_arn(account: Account, arn: str) -> str:
    return f"arn:{account.partition}:apigateway:{account.region}:lambda:path/2015-03-31/functions/{arn}/invocations"


def _create_alias(account: Account, inputs: Inputs) -> str:
    made = account.functions.create_alias(
        FunctionName=inputs["functionName"],
        Name=inputs["name"],
        FunctionVersion=inputs["functionVersion"],
        Description=inputs.get("description") or "",
    )
    return made["AliasArn"]


def _alias(id_: str) -> tuple[str, str]:
    """Function and alias out of the id: the alias' ARN, or `function/alias` when it is imported."""
    if id_.startswith("arn:"):
        return function_name(id_), id_.split(":")[7]
    function, _, name = id_.rpartition("/")
    return function, name


def _read_alias(account: Account, id_: str, known: State) -> State | None:
    function, name = _alias(id_)
    try:
        found = account.functions.get_alias(FunctionName=function, Name=name)
    except account.functions.exceptions.ResourceNotFoundException:
        return None
    return {
        "id": found["AliasArn"],
        "arn": found["AliasArn"],
        "invokeArn": _invoke_arn(account, found["AliasArn"]),
        "name": name,
        "functionName": known.get("functionName", function),
        "functionVersion": found["FunctionVersion"],
        "description": found.get("Description"),
        "region": account.region,
    }


def _update_alias(account: Account, id_: str, change: Change) -> None:
    function, name = _alias(id_)
    description = change.new.get("description") or ""
    version = change.new["functionVersion"]
    account.functions.update_alias(FunctionName=function, Name=name, FunctionVersion=version, Description=description)


def _delete_alias(account: Account, id_: str, _: State) -> None:
    function, name = _alias(id_)
    try:
        account.functions.delete_alias(FunctionName=function, Name=name)
    except account.functions.exceptions.ResourceNotFoundException:
        return


def _create_permission(account: Account, inputs: Inputs) -> str:
    request: dict[str, Any] = {
        "FunctionName": inputs["function"],
        "StatementId": inputs["statementId"],
        "Action": inputs["action"],
        "Principal": inputs["principal"],
        "SourceArn": inputs.get("sourceArn"),
        "Qualifier": inputs.get("qualifier"),
    }
    account.functions.add_permission(**{key: value for key, value in request.items() if value})
    return str(inputs["statementId"])


def _permission(id_: str, known: State) -> tuple[dict[str, Any], str]:
    """Which function (and qualifier), and which statement; an import says `function[:qualifier]/statement`."""
    target, _, statement = id_.rpartition("/")
    named, _, qualified = target.partition(":")
    function, qualifier = known.get("function") or named, known.get("qualifier") or qualified
    if not function:
        raise PluginError(f"permission {id_!r}: to import one, give function/statement or function:qualifier/statement")
    return {"FunctionName": function, **({"Qualifier": qualifier} if qualifier else {})}, statement


def _read_permission(account: Account, id_: str, known: State) -> State | None:
    target, statement_id = _permission(id_, known)
    try:
        statements = json.loads(account.functions.get_policy(**target)["Policy"])["Statement"]
    except account.functions.exceptions.ResourceNotFoundException:
        return None
    found = next((one for one in statements if one.get("Sid") == statement_id), None)
    if found is None:
        return None
    principal = found["Principal"]
    conditions = {name.lower(): value for tests in found.get("Condition", {}).values() for name, value in tests.items()}
    return {
        "id": statement_id,
        "statementId": statement_id,
        "action": found["Action"],
        "function": target["FunctionName"],
        "principal": principal if isinstance(principal, str) else next(iter(principal.values())),
        "sourceArn": conditions.get("aws:sourcearn"),
        "qualifier": target.get("Qualifier"),
        "region": account.region,
    }


def _delete_permission(account: Account, id_: str, known: State) -> None:
    target, statement_id = _permission(id_, known)
    try:
        account.functions.remove_permission(StatementId=statement_id, **target)
    except account.functions.exceptions.ResourceNotFoundException:
        return


TYPES = (
    ResourceType(
        "aws:lambda/function:Function",
        (
            Property("name", required=True, names=True, replaces=True),
            Property("description", default=""),
            Property("role", required=True),
            Property("runtime", required=True),
            Property("handler", required=True),
            Property("code", Kind.CODE, required=True, in_cloud=False),
            Property("memorySize", Kind.INTEGER, default=128, filled=True),
            Property("timeout", Kind.INTEGER, default=3, filled=True),
            Property("publish", Kind.BOOLEAN, default=False, filled=True),
            Property("architectures", Kind.TEXTS, cloud_decides=True),
            Property(
                "environment", Kind.OBJECT, default={}, fields=(Property("variables", Kind.TEXT_MAP, default={}),)
            ),
            *TAGS,
        ),
        (
            *outputs("arn", "invokeArn", "region"),
            *(Output(name, _republished) for name in ("version", "qualifiedArn", "qualifiedInvokeArn")),
            *(Output(name, lambda change: change.touches("code")) for name in ("codeSha256", "sourceCodeSize")),
            Output("lastModified", lambda change: change.touches(*_CODE, *_CONFIGURED)),
        ),
        _create_function,
        _read_function,
        _delete_function,
        _update_function,
        ready=_ready,
    ),
    ResourceType(
        "aws:lambda/alias:Alias",
        (
            Property("name", required=True, names=True, replaces=True),
            Property("description", default=""),
            Property("functionName", Kind.FUNCTION, required=True, replaces=True),
            Property("functionVersion", required=True),
        ),
        outputs("arn", "invokeArn", "region"),
        _create_alias,
        _read_alias,
        _delete_alias,
        _update_alias,
    ),
    ResourceType(
        "aws:lambda/permission:Permission",
        (
            Property("statementId", required=True, names=True, replaces=True),
            Property("action", required=True, replaces=True),
            Property("function", Kind.FUNCTION, required=True, replaces=True),
            Property("principal", required=True, replaces=True),
            Property("sourceArn", replaces=True),
            Property("qualifier", replaces=True),
        ),
        outputs("region"),
        _create_permission,
        _read_permission,
        _delete_permission,
    ),
)
