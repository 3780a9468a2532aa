"""Fills the condition keys by which a policy holds KMS signatures to one way of making them.

`kms:SigningAlgorithm` and `kms:MessageType` come with Sign and Verify; a request that says no message type means RAW
(https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html; KMS API reference, "Sign"). The emulator had neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import bodies
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_ACTIONS = frozenset({"kms:Sign", "kms:Verify"})


def install() -> None:
    """Add both keys to the context of a signature's request."""
    replace("core.iam_actions", "request_tag_context", _with_the_way_of_signing)


def _with_the_way_of_signing(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def request_tag_context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        keys = dict(original(service, iam_action, body, params))
        if iam_action in _ACTIONS:
            request = bodies.from_json(body)
            keys["kms:SigningAlgorithm"] = request.get("SigningAlgorithm")
            keys["kms:MessageType"] = request.get("MessageType", "RAW")
        return keys

    return request_tag_context
