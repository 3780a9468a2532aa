"""Fills the condition keys by which a policy names a KMS key through its alias.

AWS: `kms:ResourceAliases` holds every alias of the key that a request works on, however the request names the key, and
a Decrypt that names none works on the key in its ciphertext; `kms:RequestAlias` is the alias when the request uses one
(https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html). The emulator had neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import bodies, emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Add both keys to the context of every KMS request."""
    replace("core.iam_actions", "request_tag_context", _with_aliases)


def _with_aliases(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def request_tag_context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        keys = dict(original(service, iam_action, body, params))
        if service == "kms":
            keys.update(_aliases(body))
        return keys

    return request_tag_context


def _aliases(body: bytes) -> dict[str, Any]:
    request = bodies.from_json(body)
    named = str(request.get("KeyId") or request.get("TargetKeyId") or "")
    key = emulator.key_of(named or emulator.key_id_in(str(request.get("CiphertextBlob", ""))))
    asked = named.rpartition(":")[2]
    return {
        "kms:RequestAlias": asked if asked.startswith("alias/") else None,
        "kms:ResourceAliases": emulator.aliases_of(key["KeyId"]) if key else None,
    }
