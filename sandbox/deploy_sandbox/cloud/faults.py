"""Faults and delays that a test asked for, told in the protocol of the service they hit.

Test-only: rules come from `powers`, which answers nobody unless the server was started with powers. A faulted call is not made;
a delayed one is made later. Both are recorded like any call.
"""

from __future__ import annotations

import asyncio
import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions, responses, router

from deploy_sandbox.cloud.calls import ObservedRequest, identify
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Answered = tuple[int, dict[str, str], Any]


@dataclass
class FaultRule:
    """A fault (`error` and `status`) or a delay (`seconds`) for the next `times` calls of an action.

    `action` is an API operation or an IAM action, `s3:PutBucketPolicy`, and may hold `*`; `account` narrows it to one account.
    """

    action: str
    account: str | None
    times: int
    error: str = ""
    message: str = ""
    status: int = 0
    seconds: float = 0.0


rules: list[FaultRule] = []


def install() -> None:
    """Ask the rules before every call."""
    replace("app", "_dispatch_service_request", _obeying)


def _obeying(dispatch: Callable[..., Awaitable[Answered]]) -> Callable[..., Awaitable[Answered]]:
    async def obeying(*facts: Any) -> Answered:
        if not rules:
            return await dispatch(*facts)
        *received, request_id = facts
        request = ObservedRequest(*received)
        actions = _actions(request)
        delay = _take(actions, faulty=False)
        if delay is not None:
            await asyncio.sleep(delay.seconds)
        fault = _take(actions, faulty=True)
        if fault is not None:
            return _refusal(fault, request, request_id)
        return await dispatch(*facts)

    return obeying


def _actions(request: ObservedRequest) -> frozenset[str]:
    """What a request may be called in a rule."""
    service = router.detect_service(request.method, request.path, request.headers, request.form)
    facts = (service, request.method, request.path, request.headers, request.body, request.form)
    call = identify(request)
    return frozenset(filter(None, (iam_actions.extract_iam_action(*facts), call.action if call else None)))


def _take(actions: frozenset[str], *, faulty: bool) -> FaultRule | None:
    """The first rule that these actions meet, used once."""
    account = responses.get_account_id()
    for rule in rules:
        named = any(fnmatch.fnmatchcase(action.lower(), rule.action.lower()) for action in actions)
        if named and bool(rule.error) is faulty and rule.account in (None, account):
            rule.times -= 1
            if rule.times <= 0:
                rules.remove(rule)
            return rule
    return None


def _refusal(rule: FaultRule, request: ObservedRequest, request_id: str) -> Answered:
    service = router.detect_service(request.method, request.path, request.headers, request.form)
    _status, headers, body = iam_actions.access_denied_response(
        service,
        rule.action,
        "",
        request_id,
        error_code=rule.error,
        message=rule.message,
        headers=dict(request.headers),
    )
    return rule.status, {**headers, "x-amzn-requestid": request_id, "x-amz-request-id": request_id}, body
