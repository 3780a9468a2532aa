r"""AssumeRole as AWS does it: its parameters' rules, its permissions, its limits in time, and what a session hands on.

- RoleSessionName and SourceIdentity have 2 to 64 characters of `[\w+=,.@-]`, ExternalId 2 to 1,224 of these and `:/`.
- DurationSeconds is 900 to 43,200 and at most the role's MaxSessionDuration. A session that was obtained by a role
  session is role chaining: one hour at most, and a longer request fails. The credentials of an EC2 instance profile
  are themselves those of a role session, so they count as chaining here; sources differ about AWS, and the stricter
  reading is the safer one.
- A source identity needs `sts:SetSourceIdentity`, session tags need `sts:TagSession`, in the caller's permissions and
  in the role's trust policy. A source identity persists through chaining and cannot be changed; transitive tags
  persist too.
- An inline session policy has at most 2,048 characters. The root of an account cannot assume a role.

(STS API Reference, "AssumeRole"; IAM User Guide, "Monitor and control actions taken with assumed roles" and "Pass
session tags in AWS STS".) The emulator had no source identity, no rule on durations, chaining or names, and let root
assume roles.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator, responses, router

from deploy_sandbox.cloud import bodies, emulator
from deploy_sandbox.cloud.assume_role_request import AssumeRoleRequest, InvalidRequestError
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.cloud.emulator import Answer, Handler

CHAINED_SECONDS = 3600


class RoleNotGivenError(Exception):
    """The role is not given: AWS's code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.answer: Answer = emulator.query_error(403 if code == "AccessDenied" else 400, code, message, ns="sts")


def install() -> None:
    replace("services.sts", "handle_request", _assuming)


def _assuming(original: Handler) -> Handler:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        params = {**query, **bodies.from_form(body)}
        if params.get("Action") != ["AssumeRole"]:
            return await original(method, path, headers, body, query)
        return answered(
            lambda: _assume(
                AssumeRoleRequest.read(params),
                router.extract_access_key_id(headers, query),
                emulator.caller_identity(headers, query),
            )
        )

    return handle_request


def answered(assume: Callable[[], Answer]) -> Answer:
    """What STS answers where a role is asked for, also where it is not given."""
    try:
        return assume()
    except InvalidRequestError as error:
        return RoleNotGivenError(error.code, str(error)).answer
    except RoleNotGivenError as refused:
        return refused.answer


def _assume(request: AssumeRoleRequest, access_key: str, caller: Any) -> Answer:
    if isinstance(caller, iam_evaluator.CredentialResolutionError):
        return emulator.credential_error(caller)  # type: ignore[no-any-return]
    if caller["principalType"] == "Root":
        raise RoleNotGivenError("AccessDenied", "Roles may not be assumed by root accounts.")
    request = request.chained_from(emulator.SESSIONS.get(access_key) or {})
    role = emulator.role(request.account, request.role_name)
    if role is None:
        raise _denied(caller, "sts:AssumeRole", request)
    for action in request.actions():
        if not trusted(role, action, request, caller):
            raise _denied(caller, action, request)
        if action != "sts:AssumeRole" and not _permitted(access_key, action, request):
            raise _denied(caller, action, request)
    check_duration(request, role, caller)
    return _answer(request, open_session(request, role, access_key, caller))


def _denied(caller: Any, action: str, request: AssumeRoleRequest) -> RoleNotGivenError:
    return RoleNotGivenError(
        "AccessDenied",
        f"User: {caller['userArn']} is not authorized to perform: {action} on resource: {request.role_arn}",
    )


def trusted(role: dict[str, Any], action: str, request: AssumeRoleRequest, caller: Any) -> bool:
    """Whether the role's trust policy lets the caller do the action."""
    context = iam_evaluator.EvalContext(
        principal_arn=caller["userArn"],
        principal_type=caller["principalType"],
        principal_account=caller["accountId"],
        action=action,
        resource_arn=request.role_arn,
        region=responses.get_region(),
        service_context=request.condition_keys(),
        principal_keys=caller["principalKeys"],
        request_tags=request.tags,
        tag_keys=list(request.tags),
    )
    document = role.get("AssumeRolePolicyDocument", "{}")
    return bool(iam_evaluator.evaluate_trust_policy(document, caller["userArn"], context))


def _permitted(access_key: str, action: str, request: AssumeRoleRequest) -> bool:
    """Whether the caller's own permissions allow it, beyond `sts:AssumeRole`, which every handler finds checked."""
    tags = {f"aws:requesttag/{key}": value for key, value in request.tags.items()}
    keys = {**request.condition_keys(), **tags, "aws:tagkeys": list(request.tags) or None}
    denied = iam_evaluator.enforce(access_key, action, "sts", responses.get_region(), request.role_arn, keys)
    return denied is None


def check_duration(request: AssumeRoleRequest, role: dict[str, Any], caller: Any) -> None:
    """Raise RoleNotGivenError where the session would be longer than the role, or a chain, allows."""
    if caller["principalType"] == "AssumedRole" and request.duration > CHAINED_SECONDS:
        raise RoleNotGivenError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    if request.duration > int(role.get("MaxSessionDuration") or CHAINED_SECONDS):
        raise RoleNotGivenError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


def open_session(request: AssumeRoleRequest, role: dict[str, Any], access_key: str, caller: Any) -> dict[str, Any]:
    """A new session in the role, whose credentials are valid from now on."""
    session = {
        **emulator.new_keys(),
        "Arn": f"arn:aws:sts::{request.account}:assumed-role/{request.role_name}/{request.session_name}",
        "UserId": f"{role['RoleId']}:{request.session_name}",
        "Expiration": time.time() + request.duration,
        "AccountId": request.account,
        "PrincipalType": "AssumedRole",
        "SourceAccessKeyId": access_key,
        "SourcePrincipalArn": caller["userArn"],
        "SourceIdentity": request.source_identity,
        "SessionTags": [{"Key": key, "Value": value} for key, value in request.tags.items()],
        "TransitiveTagKeys": list(request.transitive),
        "SessionPolicies": request.policies,
    }
    emulator.register(session)
    return session


def _answer(request: AssumeRoleRequest, session: dict[str, Any]) -> Answer:
    source = f"<SourceIdentity>{request.source_identity}</SourceIdentity>" if request.source_identity else ""
    return answer("AssumeRole", request, session, source)


def answer(operation: str, request: AssumeRoleRequest, session: dict[str, Any], more: str) -> Answer:
    """What STS answers: the session's credentials, who that is, and `more` of this operation's own."""
    packed = f"<PackedPolicySize>{request.packed_size()}</PackedPolicySize>" if request.packed_size() else ""
    said: Answer = emulator.query_answer(
        200,
        f"{operation}Response",
        f"<{operation}Result><Credentials>"
        f"<AccessKeyId>{session['AccessKeyId']}</AccessKeyId>"
        f"<SecretAccessKey>{session['SecretAccessKey']}</SecretAccessKey>"
        f"<SessionToken>{session['SessionToken']}</SessionToken>"
        f"<Expiration>{emulator.moment_in(request.duration)}</Expiration>"
        "</Credentials><AssumedRoleUser>"
        f"<AssumedRoleId>{session['UserId']}</AssumedRoleId><Arn>{session['Arn']}</Arn>"
        f"</AssumedRoleUser>{packed}{more}</{operation}Result>",
        ns="sts",
    )
    return said
