"""The policy simulator asks the permissions boundary too, and every resource that was named.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html: the principal's own boundary applies unless
the request brings another one; policies of the request are added to the principal's; each decision says whether the boundary
allows. The emulator ignored boundaries, context entries, the request's own policies and all resources but the first; and of
`aws:ResourceAccount` it knew only what follows from the resource, which in a simulation may be a pattern.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from ministack.core import iam_evaluator, responses

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Params = dict[str, Any]
Policies = list[list[Any]]

_RESOURCE_ACCOUNT = "aws:resourceaccount"
_DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny", "ImplicitDeny": "implicitDeny"}


@dataclass(frozen=True)
class _Simulation:
    """Who is simulated, with which policies, within which boundary (none: no limit)."""

    principal_arn: str
    policies: Policies
    boundary: Policies | None


def install() -> None:
    """Answer both simulations."""
    replace("services.iam", "_IAM_HANDLERS", _corrected)
    replace("core.iam_evaluator", "_resolve_condition_key", _given)


def _given(original: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def resolve_condition_key(key: str, ctx: Any) -> Any:
        if key.lower() == _RESOURCE_ACCOUNT and _RESOURCE_ACCOUNT in ctx.service_context:
            return ctx.service_context[_RESOURCE_ACCOUNT]
        return original(key, ctx)

    return resolve_condition_key


def _corrected(handlers: Mapping[str, Any]) -> dict[str, Any]:
    return {**handlers, "SimulatePrincipalPolicy": _principal, "SimulateCustomPolicy": _custom}


def _principal(params: Params) -> emulator.Answer:
    arn = _one(params, "PolicySourceArn")
    account, _, resource = arn.partition("::")[2].partition(":")
    kind, _, path = resource.partition("/")
    name = path.rpartition("/")[2]
    store = {"role": emulator.ROLES, "user": emulator.USERS}.get(kind)
    if store is None or account != responses.get_account_id() or name not in store:
        return _refused("NoSuchEntity", f"The principal {arn} cannot be found in this account.")
    policies, own = emulator.policies_of(kind, account, name)
    boundary = _documents(params, "PermissionsBoundaryPolicyInputList") or own
    question = _Simulation(arn, policies + _documents(params, "PolicyInputList"), boundary)
    return _answer("SimulatePrincipalPolicy", params, question)


def _custom(params: Params) -> emulator.Answer:
    arn = _one(params, "CallerArn") or f"arn:aws:iam::{responses.get_account_id()}:user/simulated"
    boundary = _documents(params, "PermissionsBoundaryPolicyInputList") or None
    return _answer("SimulateCustomPolicy", params, _Simulation(arn, _documents(params, "PolicyInputList"), boundary))


def _answer(operation: str, params: Params, question: _Simulation) -> emulator.Answer:
    actions = _many(params, "ActionNames")
    if not actions:
        return _refused("ValidationError", "ActionNames must name at least one action.")
    keys = _context(params)
    pairs = [(action, resource) for action in actions for resource in _many(params, "ResourceArns") or ["*"]]
    results = "".join(_result(question, action, resource, keys) for action, resource in pairs)
    body = f"<{operation}Result><IsTruncated>false</IsTruncated><EvaluationResults>{results}</EvaluationResults></{operation}Result>"
    answered: emulator.Answer = emulator.query_answer(200, f"{operation}Response", body, ns="iam")
    return answered


def _result(question: _Simulation, action: str, resource: str, keys: Mapping[str, Any]) -> str:
    context = iam_evaluator.EvalContext(
        principal_arn=question.principal_arn,
        principal_type="User" if ":user/" in question.principal_arn else "AssumedRole",
        principal_account=responses.get_account_id(),
        action=action,
        resource_arn=resource,
        region=responses.get_region(),
        service_context=dict(keys),
    )
    limits = [] if question.boundary is None else [question.boundary]
    decision = _DECISIONS[iam_evaluator.evaluate(context, question.policies, *limits).decision]
    detail = ""
    if question.boundary is not None:
        allowed = str(iam_evaluator.evaluate(context, question.boundary).decision == "Allow").lower()
        detail = (
            "<PermissionsBoundaryDecisionDetail>"
            f"<AllowedByPermissionsBoundary>{allowed}</AllowedByPermissionsBoundary>"
            "</PermissionsBoundaryDecisionDetail>"
        )
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalDecision>{decision}</EvalDecision><MatchedStatements/><MissingContextValues/>{detail}</member>"
    )


def _context(params: Params) -> dict[str, Any]:
    """The condition keys of the request, in lower case; a list for a key with several values."""
    keys: dict[str, Any] = {}
    while name := _one(params, f"ContextEntries.member.{len(keys) + 1}.ContextKeyName"):
        values = _many(params, f"ContextEntries.member.{len(keys) + 1}.ContextKeyValues")
        keys[name.lower()] = values[0] if len(values) == 1 else values
    return keys


def _documents(params: Params, field: str) -> Policies:
    return [iam_evaluator.parse_policy_document(text) for text in _many(params, field)]


def _many(params: Params, field: str) -> list[str]:
    found: list[str] = []
    while value := _one(params, f"{field}.member.{len(found) + 1}"):
        found.append(value)
    return found


def _one(params: Params, name: str) -> str:
    value = params.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


def _refused(code: str, message: str) -> emulator.Answer:
    answered: emulator.Answer = emulator.query_error(404 if code == "NoSuchEntity" else 400, code, message, ns="iam")
    return answered
