"""The condition keys that the emulator left empty, filled from the request.

- `iam:PermissionsBoundary`: the boundary that the request sets, or that the role or user already has.
- `iam:PolicyARN`: the managed policy being attached or detached.
- `sts:ExternalId`, `sts:RoleSessionName`, `sts:SourceIdentity`, `sts:TransitiveTagKeys`: for the caller's own
  policies.
- `aws:SourceIdentity`: the source identity of the caller's session.

(Service Authorization Reference, "Condition keys for IAM" and "… AWS Security Token Service"; IAM User Guide, "AWS
global condition context keys".)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core import responses

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_SETS_BOUNDARY = {
    "CreateRole",
    "CreateUser",
    "PutRolePermissionsBoundary",
    "PutUserPermissionsBoundary",
}
_ATTACHES = {f"{verb}{kind}Policy" for verb in ("Attach", "Detach") for kind in ("Role", "User", "Group")}
_STS_KEYS = {
    "sts:ExternalId": "ExternalId",
    "sts:RoleSessionName": "RoleSessionName",
    "sts:SourceIdentity": "SourceIdentity",
}


def install() -> None:
    replace("core.iam_actions", "request_tag_context", _request_keys)
    replace("core.iam_evaluator", "_principal_keys", _principal_keys)


def _request_keys(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def request_tag_context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        keys = dict(original(service, iam_action, body, params))
        action = iam_action.partition(":")[2]
        if service == "iam":
            keys.update(_iam_keys(action, params))
        if service == "sts":
            keys.update({key: value for key, field in _STS_KEYS.items() if (value := _param(params, field))})
            keys["sts:TransitiveTagKeys"] = _members(params, "TransitiveTagKeys.member") or None
        return keys

    return request_tag_context


def _iam_keys(action: str, params: dict[str, Any]) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    if action in _SETS_BOUNDARY:
        keys["iam:PermissionsBoundary"] = _param(params, "PermissionsBoundary")
    elif boundary := _boundary_of(params):
        keys["iam:PermissionsBoundary"] = boundary
    if action in _ATTACHES:
        keys["iam:PolicyARN"] = _param(params, "PolicyArn")
    return keys


def _boundary_of(params: dict[str, Any]) -> str | None:
    account = responses.get_account_id()
    for store, field in ((emulator.ROLES, "RoleName"), (emulator.USERS, "UserName")):
        entity = store.get_scoped(account, None, _param(params, field) or "")
        if entity and entity.get("PermissionsBoundary"):
            return str(entity["PermissionsBoundary"])
    return None


def _param(params: dict[str, Any], name: str) -> str | None:
    found = params.get(name)
    return str(found[0]) if isinstance(found, list) and found else None


def _members(params: dict[str, Any], prefix: str) -> list[str]:
    return [str(_param(params, name)) for name in params if name.startswith(f"{prefix}.")]


def _principal_keys(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def principal_keys(credential: Any) -> dict[str, Any]:
        keys = dict(original(credential))
        source = (emulator.SESSIONS.get(credential.access_key_id) or {}).get("SourceIdentity")
        return {**keys, "aws:sourceidentity": source} if source else keys

    return principal_keys
