"""Lambda: aliases of a function's versions."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from deploy_sandbox.plugin.diff import function_name
from deploy_sandbox.plugin.lambda_function import invoke_arn
from deploy_sandbox.plugin.resource import InputKind, Property, ResourceType, outputs

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State


def _create_alias(account: EnteredAccount, inputs: Inputs) -> str:
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


def _read_alias(account: EnteredAccount, id_: str, known: State) -> State | None:
    function, name = _alias(id_)
    try:
        found = account.functions.get_alias(FunctionName=function, Name=name)
    except account.functions.exceptions.ResourceNotFoundException:
        return None
    return {
        "id": found["AliasArn"],
        "arn": found["AliasArn"],
        "invokeArn": invoke_arn(account, found["AliasArn"]),
        "name": name,
        "functionName": known.get("functionName", function),
        "functionVersion": found["FunctionVersion"],
        "description": found.get("Description"),
        "region": account.region,
    }


def _update_alias(account: EnteredAccount, id_: str, change: ResourceUpdate) -> None:
    function, name = _alias(id_)
    description = change.new.get("description") or ""
    version = change.new["functionVersion"]
    account.functions.update_alias(FunctionName=function, Name=name, FunctionVersion=version, Description=description)


def _delete_alias(account: EnteredAccount, id_: str, _: State) -> None:
    function, name = _alias(id_)
    with suppress(account.functions.exceptions.ResourceNotFoundException):
        account.functions.delete_alias(FunctionName=function, Name=name)


TYPES = (
    ResourceType(
        "aws:lambda/alias:Alias",
        (
            Property("name", required=True, names=True, replaces=True),
            Property("description", default=""),
            Property("functionName", InputKind.FUNCTION, required=True, replaces=True),
            Property("functionVersion", required=True),
        ),
        outputs("arn", "invokeArn", "region"),
        _create_alias,
        _read_alias,
        _delete_alias,
        _update_alias,
    ),
)
