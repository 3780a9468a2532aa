"""Giving a role to a service: the caller must be allowed to pass it, and the service to assume it.

AWS checks `iam:PassRole` on the role with the key `iam:PassedToService` when a function gets its execution role and
when an instance profile gets its role, and refuses a function whose role does not trust Lambda. (IAM User Guide,
"Grant a user permissions to pass a role to an AWS service"; Lambda API reference, CreateFunction.) The emulator
checked none of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions, responses

from deploy_sandbox.cloud import bodies, emulator, second_actions, service_trust
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from deploy_sandbox.cloud.emulator import Answer, Handler

_FUNCTION_ACTIONS = ("lambda:CreateFunction", "lambda:UpdateFunctionConfiguration")
_LAMBDA = "lambda.amazonaws.com"
_EC2 = "ec2.amazonaws.com"


def install() -> None:
    replace("services.lambda_svc", "handle_request", _function_roles)
    replace("services.iam", "handle_request", _profile_roles)


def _function_roles(original: Handler) -> Handler:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        action = iam_actions.extract_iam_action("lambda", method, path, headers, body, query)
        if action in _FUNCTION_ACTIONS:
            role = str(bodies.from_json(body).get("Role", ""))
            refused = (_pass_refusal("lambda", role, _LAMBDA, headers, query) or _trust_refusal(role)) if role else None
            if refused is not None:
                return refused
        return await original(method, path, headers, body, query)

    return handle_request


def _profile_roles(original: Handler) -> Handler:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        asked = bodies.from_form(body)
        if asked.get("Action") == ["AddRoleToInstanceProfile"]:
            role = emulator.ROLES.get(asked.get("RoleName", [""])[0])
            refused = _pass_refusal("iam", role["Arn"], _EC2, headers, query) if role else None
            if refused is not None:
                return refused
        return await original(method, path, headers, body, query)

    return handle_request


def _pass_refusal(service: str, role: str, to: str, headers: dict[str, str], query: dict[str, Any]) -> Answer | None:
    """The refusal, in the calling service's own form, of a caller who may not pass this role to that service."""
    keys = {"iam:PassedToService": to}
    return second_actions.refusal(service, "iam:PassRole", role, keys=keys, headers=headers, query=query)


def _trust_refusal(role_arn: str) -> Answer | None:
    """Lambda's refusal of a role that it cannot assume."""
    role = emulator.ROLES.get(role_arn.rsplit("/", 1)[-1])
    if role is not None and role["Arn"] == role_arn and service_trust.may_assume(_LAMBDA, role):
        return None
    answer: Answer = responses.error_response_json(
        "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.", 400
    )
    return answer
