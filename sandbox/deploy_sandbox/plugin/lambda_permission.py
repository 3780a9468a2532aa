"""Lambda: who may call a function, one statement of its policy each."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.errors import PluginError
from deploy_sandbox.plugin.resource import InputKind, Property, ResourceType, outputs

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, State


def _create_permission(account: EnteredAccount, inputs: Inputs) -> str:
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


def _read_permission(account: EnteredAccount, id_: str, known: State) -> State | None:
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


def _delete_permission(account: EnteredAccount, id_: str, known: State) -> None:
    target, statement_id = _permission(id_, known)
    with suppress(account.functions.exceptions.ResourceNotFoundException):
        account.functions.remove_permission(StatementId=statement_id, **target)


TYPES = (
    ResourceType(
        "aws:lambda/permission:Permission",
        (
            Property("statementId", required=True, names=True, replaces=True),
            Property("action", required=True, replaces=True),
            Property("function", InputKind.FUNCTION, required=True, replaces=True),
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
