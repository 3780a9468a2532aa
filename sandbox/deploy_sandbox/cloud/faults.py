"""What AWS does on a bad day, as a test asked for it: of each fault what it matches, what happens, and how often.

Test-only: rules come from `powers`, which answers nobody unless the server was started with powers. Refusals are told in the protocol
of the service that they hit, with its own codes. A refused call is not made; a delayed one is made later; a call whose answer is lost
or cut was made. All of them are recorded like any call.
"""

from __future__ import annotations

import asyncio
import fnmatch
import random
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions, responses, router

from deploy_sandbox.cloud.calls import ObservedRequest, identify
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from deploy_sandbox.cloud.asgi import App, Message, Receive, Scope, Send
    from deploy_sandbox.cloud.configuration import CloudConfig

Answered = tuple[int, dict[str, str], Any]

_CONDITIONS = frozenset({"if-match", "if-none-match"})
_CONTINUE = 100


class Does(StrEnum):
    """What happens to a call."""

    REFUSE = "refuse"
    """It is answered with the error that the rule names."""
    THROTTLE = "throttle"
    """It is answered as the service answers too many calls; SDKs try again."""
    FAIL = "fail"
    """It is answered as the service answers when it is broken itself (5xx); SDKs try again."""
    CONFLICT = "conflict"
    """A conditional write is answered 412 PreconditionFailed; other calls are none of its business."""
    DELAY = "delay"
    """It is made after a while, or when the rule is cleared."""
    LOSE = "lose"
    """It is made, and the connection ends without an answer."""
    CUT = "cut"
    """It is made, and the connection ends in the middle of the answer's body."""


@dataclass(frozen=True)
class ServiceError:
    """An error as a service says it."""

    code: str
    status: int
    message: str


_RATE_EXCEEDED = ServiceError("ThrottlingException", 400, "Rate exceeded")
_THROTTLING: Mapping[str, ServiceError] = {
    "s3": ServiceError("SlowDown", 503, "Please reduce your request rate."),
    "lambda": ServiceError("TooManyRequestsException", 429, "Rate Exceeded."),
    "apigateway": ServiceError("TooManyRequestsException", 429, "Too Many Requests"),
    "iam": ServiceError("Throttling", 400, "Rate exceeded"),
    "sts": ServiceError("Throttling", 400, "Rate exceeded"),
}
_BROKEN = ServiceError("InternalFailure", 500, "The request processing has failed because of an unknown error.")
_FAILING: Mapping[str, ServiceError] = {
    "s3": ServiceError("InternalError", 500, "We encountered an internal error. Please try again."),
    "lambda": ServiceError("ServiceException", 500, "The AWS Lambda service encountered an internal error."),
    "iam": ServiceError("ServiceFailure", 500, "The request processing has failed because of an unknown error."),
    "kms": ServiceError(
        "KMSInternalException", 500, "The request was rejected because an internal exception occurred."
    ),
    "logs": ServiceError("ServiceUnavailableException", 500, "The service cannot complete the request."),
}
_CONFLICT = ServiceError("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold")


@dataclass(frozen=True)
class FaultMatch:
    """Which calls a rule is about: an API operation or an IAM action (`s3:PutBucketPolicy`), an S3 key, an account.

    Action and key may hold `*`. Without a key or an account the rule is about all of them.
    """

    action: str
    key: str | None = None
    account: str | None = None

    def meets(self, call: FaultCall) -> bool:
        """Whether the call is one of them."""
        return (
            any(fnmatch.fnmatchcase(action.lower(), self.action.lower()) for action in call.actions)
            and self.account in (None, call.account)
            and (self.key is None or (call.key is not None and fnmatch.fnmatchcase(call.key, self.key)))
        )


@dataclass(frozen=True)
class FaultCall:
    """What rules can know of a call: what it may be called, in which account, and of S3 the key."""

    service: str
    actions: frozenset[str]
    account: str
    key: str | None
    conditional: bool


@dataclass
class FaultRule:
    """A fault, until it has struck `times` times (None: until it is cleared), each matching call with the probability `rate`.

    `error` is what REFUSE answers, `seconds` how long DELAY takes. `chance` decides for rates: seeded alike, it decides alike.
    """

    match: FaultMatch
    does: Does
    times: int | None = 1
    rate: float = 1.0
    chance: random.Random = field(default_factory=random.Random)
    error: ServiceError | None = None
    seconds: float = 0.0
    cleared: asyncio.Event = field(default_factory=asyncio.Event)

    def strikes(self, call: FaultCall) -> bool:
        """Whether it happens to this call."""
        return (
            self.match.meets(call)
            and (self.does is not Does.CONFLICT or call.conditional)
            and (self.rate >= 1 or self.chance.random() < self.rate)
        )

    def answer(self, service: str) -> ServiceError | None:
        """The error instead of the call; None where the call is made."""
        match self.does:
            case Does.REFUSE:
                return self.error
            case Does.THROTTLE:
                return _THROTTLING.get(service, _RATE_EXCEEDED)
            case Does.FAIL:
                return _FAILING.get(service, _BROKEN)
            case Does.CONFLICT:
                return _CONFLICT
            case _:
                return None


rules: list[FaultRule] = []

_ending: ContextVar[list[Does]] = ContextVar("sandbox_ending")
"""How the answer to the request that is being served ends, when it does not end well."""


def clear(*, delays: bool) -> None:
    """Forget the delays, or all the other rules; what is being delayed goes on at once."""
    for rule in [rule for rule in rules if (rule.does is Does.DELAY) is delays]:
        rules.remove(rule)
        rule.cleared.set()


def install() -> None:
    """Ask the rules before every call."""
    replace("app", "_dispatch_service_request", _obeying)


def wrap(app: App, config: CloudConfig) -> App:
    """End the answers that are to end badly, where powers were asked for."""
    if config.powers_token is None:
        return app

    async def ending(scope: Scope, receive: Receive, send: Send) -> None:
        ends: list[Does] = []
        _ending.set(ends)
        gone = False

        async def sending(message: Message) -> None:
            nonlocal gone
            if not gone:
                gone = await _send_badly(message, send, ends[0]) if ends else await _send_well(message, send)

        await app(scope, receive, sending)

    return ending


async def _send_well(message: Message, send: Send) -> bool:
    await send(message)
    return False


async def _send_badly(message: Message, send: Send, does: Does) -> bool:
    """Send what still gets through; True when nothing more does. A server ends the connection of an answer that was not ended."""
    if does is Does.LOSE:
        await send({"type": "http.response.start", "status": _CONTINUE})
        return True
    body = message.get("body", b"")
    if not body:
        return await _send_well(message, send)
    await send({**message, "body": body[: len(body) // 2], "more_body": True})
    return True


def _obeying(dispatch: Callable[..., Awaitable[Answered]]) -> Callable[..., Awaitable[Answered]]:
    async def obeying(*facts: Any) -> Answered:
        if not rules:
            return await dispatch(*facts)
        *received, request_id = facts
        request = ObservedRequest(*received)
        call = _call(request)
        delay = _take(call, delays=True)
        if delay is not None:
            await _wait(delay)
        fault = _take(call, delays=False)
        error = fault.answer(call.service) if fault else None
        if error is not None:
            return _refusal(error, call.service, request, request_id)
        if fault is not None:
            _ending.get().append(fault.does)
        return await dispatch(*facts)

    return obeying


def _call(request: ObservedRequest) -> FaultCall:
    service = router.detect_service(request.method, request.path, request.headers, request.form)
    facts = (service, request.method, request.path, request.headers, request.body, request.form)
    call = identify(request)
    return FaultCall(
        service,
        frozenset(filter(None, (iam_actions.extract_iam_action(*facts), call.action if call else None))),
        responses.get_account_id(),
        call.labels.get("Key") if call else None,
        conditional=bool(_CONDITIONS & request.headers.keys()),
    )


def _take(call: FaultCall, *, delays: bool) -> FaultRule | None:
    """The first rule that strikes this call, used once."""
    for rule in rules:
        if (rule.does is Does.DELAY) is delays and rule.strikes(call):
            if rule.times is not None:
                rule.times -= 1
                if rule.times <= 0:
                    rules.remove(rule)
            return rule
    return None


async def _wait(rule: FaultRule) -> None:
    try:
        await asyncio.wait_for(rule.cleared.wait(), rule.seconds)
    except TimeoutError:
        return


def _refusal(error: ServiceError, service: str, request: ObservedRequest, request_id: str) -> Answered:
    _status, headers, body = iam_actions.access_denied_response(
        service,
        error.code,
        "",
        request_id,
        error_code=error.code,
        message=error.message,
        headers=dict(request.headers),
    )
    return error.status, {**headers, "x-amzn-requestid": request_id, "x-amz-request-id": request_id}, body
