"""KMS calls are authorised on the key, however the caller addressed it.

"For the Resource element, use the key ARN"; an alias is not an identifier of a key in a policy
(https://docs.aws.amazon.com/kms/latest/developerguide/cmks-in-iam-policies.html), and making, moving or deleting an alias needs
the permission on the alias and on the key (https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html). The
emulator authorised on the alias, or on `*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions, iam_evaluator, responses, router

from deploy_sandbox.cloud import bodies, emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_ALIAS_ACTIONS = frozenset({"CreateAlias", "DeleteAlias", "UpdateAlias"})


def install() -> None:
    """Name the key as the resource, and check alias operations on the alias as well."""
    replace("core.iam_actions", "extract_resource_arn", _naming_the_key)
    replace("services.kms", "handle_request", _checking_the_alias)


def _naming_the_key(extract: Callable[..., str]) -> Callable[..., str]:
    def naming(service: str, *facts: Any) -> str:
        arn = extract(service, *facts)
        if service != "kms":
            return arn
        return _key_arn(bodies.from_json(facts[3])) or _key_arn({"KeyId": arn}) or arn

    return naming


def _checking_the_alias(handle: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def checking(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        return (action in _ALIAS_ACTIONS and _denial(action, headers, body, query)) or await handle(
            method, path, headers, body, query
        )

    return checking


def _denial(action: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]) -> Any:
    """The refusal of an alias operation that the caller may not do on this alias; None when it may."""
    region = responses.get_region()
    alias = f"arn:aws:kms:{region}:{responses.get_account_id()}:{bodies.from_json(body).get('AliasName', '')}"
    caller = router.extract_access_key_id(headers, query)
    denied = iam_evaluator.enforce(caller, f"kms:{action}", "kms", region, resource_arn=alias)
    if denied is None:
        return None
    arn = getattr(denied, "principal_arn", "")
    message = iam_actions.identity_denial_message(f"kms:{action}", arn, alias, explicit_deny=denied.decision == "Deny")
    return iam_actions.access_denied_response(
        "kms", f"kms:{action}", arn, responses.new_uuid(), message=message, headers=headers
    )


def _key_arn(body: dict[str, Any]) -> str:
    """The ARN of the key that a request addresses by id, ARN or alias; nothing when there is no such key."""
    for name in ("KeyId", "TargetKeyId", "AliasName"):
        record = emulator.key_of(body.get(name, ""))
        if record:
            return str(record["Arn"])
    return ""
