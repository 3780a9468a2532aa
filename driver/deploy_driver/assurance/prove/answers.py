"""Reads what AWS answered: let in, kept out, or no answer to the question at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy_driver.assurance.prove.case import Answer
from deploy_driver.assurance.prove.trial import Outcome

_REFUSALS = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
_NO_ANSWER = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "SlowDown",
    "ServiceUnavailable",
    "InternalError",
    "InternalFailure",
    "NotImplemented",
    "UnknownOperationException",
    "InvalidAction",
}


def of_error(service: str, code: str, message: str) -> Outcome:
    """What an error means.

    For STS every error keeps somebody out, whether a policy or a rule of the API said it. Elsewhere AWS authorises before
    it looks: whoever hears that something is missing or malformed was let in.
    """
    said = f"{code}: {message}"
    if code in _NO_ANSWER or code.startswith("5"):
        return Outcome(Answer.UNDECIDED, said)
    if code in _REFUSALS or service == "sts":
        return Outcome(Answer.REFUSED, said)
    return Outcome(Answer.ALLOWED, f"let in; then {said}")


def of_simulation(results: list[Mapping[str, Any]]) -> Outcome:
    """What IAM's policy simulator decided: `allowed`, `explicitDeny` or `implicitDeny` (IAM API, EvaluationResult)."""
    if not results:
        return Outcome(Answer.UNDECIDED, "the simulator gave no result")
    decision = str(results[0]["EvalDecision"])
    within = results[0].get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary")
    reason = {
        "allowed": "the simulator says allowed",
        "explicitDeny": "the simulator says explicit deny",
        "implicitDeny": "the simulator says that nothing allows it",
    }.get(decision, f"the simulator says {decision}")
    if within is False:
        reason += ", and the boundary does not"
    return Outcome(Answer.ALLOWED if decision == "allowed" else Answer.REFUSED, reason)
