"""A role or user that a trust policy names is held by its unique id, not by its name.

"If your Principal element in a role trust policy contains an ARN that points to a specific IAM role, then that ARN
transforms to the role unique principal ID when you save the policy. […] if you delete the role, then you break the
relationship […] even if you recreate the role." (IAM User Guide, "AWS JSON policy elements: Principal".) A principal
that does not exist is refused. The emulator stored what it was given, so a recreated role was trusted again.

While the principal exists AWS shows its ARN, so nothing changes until it is deleted: then every trust policy that
names it keeps only the id. The sessions of a deleted role end with it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import bodies, emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.cloud.emulator import Answer, Handler

_NAMED = re.compile(r"arn:aws:iam::(?P<account>\d{12}):(?P<kind>role|user)/(?:.*/)?(?P<name>[^/]+)")
_DELETES = {"DeleteRole": (emulator.ROLES, "RoleName", "RoleId"), "DeleteUser": (emulator.USERS, "UserName", "UserId")}
_OK = 200


def install() -> None:
    replace("services.iam", "_trust_policy_not_principal_error", _refusing_unknown)
    replace("services.iam", "handle_request", _keeping_ids)


def _refusing_unknown(original: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    def trust_policy_error(document: Any) -> str | None:
        refused = original(document)
        if refused is not None:
            return refused
        for arn in _principals(document):
            if _NAMED.fullmatch(arn) and not _exists(arn):
                return f'Invalid principal in policy: "AWS":"{arn}"'
        return None

    return trust_policy_error


def _keeping_ids(original: Handler) -> Handler:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        asked = bodies.from_form(body)
        deleted = _about_to_go(asked)
        answer = await original(method, path, headers, body, query)
        if deleted is not None and answer[0] == _OK:
            _forget(*deleted)
        return answer

    return handle_request


def _about_to_go(asked: dict[str, list[str]]) -> tuple[str, str] | None:
    """The ARN and unique id of the role or user that the request deletes."""
    facts = _DELETES.get(asked.get("Action", [""])[0])
    if facts is None:
        return None
    store, name, unique_id = facts
    entity = store.get(asked.get(name, [""])[0])
    return (entity["Arn"], entity[unique_id]) if entity else None


def _forget(arn: str, unique_id: str) -> None:
    for role in emulator.ROLES.to_dict().values():
        if arn in _principals(role.get("AssumeRolePolicyDocument")):
            role["AssumeRolePolicyDocument"] = _renamed(role["AssumeRolePolicyDocument"], arn, unique_id)
    for key, session in list(emulator.SESSIONS.items()):
        if session.get("UserId", "").startswith(f"{unique_id}:"):
            del emulator.SESSIONS[key]


def _renamed(document: str, old: str, new: str) -> str:
    """The trust policy with one AWS principal under another name."""
    parsed = json.loads(document)
    for principal in _aws_principals(parsed):
        named = principal["AWS"]
        principal["AWS"] = new if named == old else named
        if isinstance(named, list):
            principal["AWS"] = [new if name == old else name for name in named]
    return json.dumps(parsed)


def _principals(document: Any) -> list[str]:
    """The AWS principals that a trust policy names."""
    try:
        parsed = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return []
    named = [principal["AWS"] for principal in _aws_principals(parsed)]
    return [name for names in named for name in ([names] if isinstance(names, str) else names)]


def _aws_principals(document: Any) -> list[dict[str, Any]]:
    """The principal elements of a parsed trust policy that name AWS principals."""
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    elements = [
        statement.get("Principal")
        for statement in ([statements] if isinstance(statements, dict) else statements)
        if isinstance(statement, dict)
    ]
    return [element for element in elements if isinstance(element, dict) and "AWS" in element]


def _exists(arn: str) -> bool:
    named = _NAMED.fullmatch(arn)
    if named is None:
        return False
    store = emulator.ROLES if named["kind"] == "role" else emulator.USERS
    entity = store.get_scoped(named["account"], None, named["name"])
    return bool(entity and entity["Arn"] == arn)
