"""Asks an evaluator of IAM policies, so that tests compare decisions and not texts."""

from __future__ import annotations

from collections.abc import Mapping

from ministack.core.iam_evaluator import EvalContext, evaluate, evaluate_trust_policy, parse_policy_document

from deploy_infra.policies.document import Document

Keys = Mapping[str, object]


def allows(policy: Document, action: str, resource: str, keys: Keys | None = None) -> bool:
    """Whether the identity policy alone allows the action on the resource, with these condition keys in the request."""
    return bool(evaluate(_request(action, resource, keys), [parse_policy_document(policy)]).decision == "Allow")


def allows_within(policy: Document, boundary: Document, action: str, resource: str, keys: Keys | None = None) -> bool:
    """Whether the identity policy allows it under a permissions boundary."""
    within = [[parse_policy_document(boundary)]]
    decided = evaluate(_request(action, resource, keys), [parse_policy_document(policy)], *within)
    return bool(decided.decision == "Allow")


def trusts(trust: Document, action: str, caller: str, keys: Keys) -> bool:
    """Whether a trust policy lets a caller, given as a role ARN, do the STS action."""
    context = _request(action, "*", keys)
    context.principal_arn = caller
    return bool(evaluate_trust_policy(trust, caller, context))


def _request(action: str, resource: str, keys: Keys | None) -> EvalContext:
    return EvalContext(
        principal_arn="arn:aws:sts::222222222222:assumed-role/somebody/session",
        principal_type="AssumedRole",
        principal_account="222222222222",
        action=action,
        resource_arn=resource,
        region="eu-central-1",
        service_context={key.lower(): value for key, value in (keys or {}).items()},
    )
