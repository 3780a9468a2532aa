"""A call that needs a second right: the refusal, in the called service's own form, of a caller who does not have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions, iam_evaluator, responses, router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy_sandbox.cloud.emulator import Answer


def refusal(
    service: str, action: str, resource: str, *, keys: Mapping[str, Any], headers: dict[str, str], query: dict[str, Any]
) -> Answer | None:
    """None when the caller of `service` may do `action` on `resource` under these condition keys."""
    caller = router.extract_access_key_id(headers, query)
    denied = iam_evaluator.enforce(
        caller, action, action.partition(":")[0], responses.get_region(), resource, dict(keys)
    )
    if denied is None:
        return None
    answer: Answer = iam_actions.access_denied_response(
        service,
        action,
        denied.principal_arn,
        responses.new_uuid(),
        headers=headers,
        resource_arn=resource,
        explicit_deny=denied.decision == "Deny",
    )
    return answer
