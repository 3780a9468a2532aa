"""A refusal says who, what, on which resource, and which kind of policy decided.

"User: … is not authorized to perform: … on resource: … because no permissions boundary allows the … action": identity-based
policy, permissions boundary, session policy and resource-based policy each have their words, for a missing permission and
for an explicit deny. (IAM User Guide, "Troubleshoot access denied error messages".) The emulator blamed the identity-based
policy whoever decided, and named the resource for few services.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_IDENTITY = ("no identity-based policy allows", "an identity-based policy")
_BOUNDARY = ("no permissions boundary allows", "a permissions boundary")
_SESSION = ("no session policy allows", "a session policy")
_RESOURCE = ("no resource-based policy allows", "a resource-based policy")

_reason: ContextVar[str] = ContextVar("reason", default="")


class _Limit(list[Any]):
    """The statements of one limit, which knows what kind of policy it is."""

    words: tuple[str, str]

    @classmethod
    def kind(cls, words: tuple[str, str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def making(original: Callable[..., Any]) -> Callable[..., Any]:
            def limits(*facts: Any) -> list[Any]:
                found = [cls(layer) for layer in original(*facts)]
                for layer in found:
                    layer.words = words
                return found

            return limits

        return making


def install() -> None:
    replace("core.iam_evaluator", "_permissions_boundary", _Limit.kind(_BOUNDARY))
    replace("core.iam_evaluator", "_session_policy_limits", _Limit.kind(_SESSION))
    replace("core.iam_evaluator", "evaluate", _evaluating)
    replace("core.iam_evaluator", "evaluate_resource_policy", _evaluating_resource)
    replace("core.iam_evaluator", "enforce", _enforcing)
    replace("core.iam_actions", "identity_denial_message", _saying)
    replace("core.iam_actions", "access_denied_response", _answering)


def _evaluating(original: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate(ctx: Any, policies: Any, *limits: Any) -> Any:
        result = original(ctx, policies, *limits)
        if result.decision != "Allow":
            result.reason = _why(ctx, [policies, *limits], "Deny" if result.decision == "Deny" else "Allow")
        return result

    return evaluate


def _why(ctx: Any, layers: list[Any], effect: str) -> str:
    """The words for the layer that decided: the first that denies, or the first that does not allow."""
    for layer in layers:
        statements = [statement for policy in layer for statement in policy]
        if bool(emulator.first_match(ctx, statements, effect)) == (effect == "Deny"):
            return _in_words(getattr(layer, "words", _IDENTITY), ctx.action, explicit=effect == "Deny")
    return ""


def _in_words(words: tuple[str, str], action: str, *, explicit: bool) -> str:
    return f"with an explicit deny in {words[1]}" if explicit else f"because {words[0]} the {action} action"


def _evaluating_resource(original: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate_resource_policy(doc: Any, ctx: Any, *facts: Any, **more: Any) -> Any:
        result = original(doc, ctx, *facts, **more)
        if result.decision != "Allow":
            result.reason = _in_words(_RESOURCE, ctx.action, explicit=result.decision == "Deny")
        return result

    return evaluate_resource_policy


def _enforcing(original: Callable[..., Any]) -> Callable[..., Any]:
    def enforce(*facts: Any, **more: Any) -> Any:
        denied = original(*facts, **more)
        _reason.set(getattr(denied, "reason", ""))
        return denied

    return enforce


def _saying(_original: Callable[..., str]) -> Callable[..., str]:
    def denial_message(action: str, principal_arn: str, resource: str, explicit_deny: bool) -> str:
        on = "" if resource == "*" else f" on resource: {resource}"
        why = _reason.get() or _in_words(_IDENTITY, action, explicit=explicit_deny)
        return f"User: {principal_arn} is not authorized to perform: {action}{on} {why}"

    return denial_message


def _answering(original: Callable[..., Any]) -> Callable[..., Any]:
    def access_denied_response(
        service: str, action: str, principal_arn: str, request_id: str, *, message: str = "", **more: Any
    ) -> Any:
        explicit = bool(more.get("explicit_deny"))
        if not message and not more.get("error_code") and not (explicit and more.get("resource_policy_arn")):
            resource = more.get("resource_arn", "*")
            named = f'"{resource}"' if service == "s3" and resource != "*" else resource
            message = _saying(original)(action, principal_arn, named, explicit)
        return original(service, action, principal_arn, request_id, message=message, **more)

    return access_denied_response
