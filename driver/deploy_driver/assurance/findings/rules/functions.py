"""The rule about who may call a function."""

from __future__ import annotations

from collections.abc import Iterator

from deploy_driver.assurance.findings.observed import Document, InspectedFunction, SeenFunction, Unseen
from deploy_driver.assurance.findings.policy_diff import grants
from deploy_driver.assurance.findings.rule import DoctorRule, Severity
from deploy_project.stacks import arn

_GATEWAY = "Service:apigateway.amazonaws.com"
_CALL = "lambda:invokefunction"


def _strangers(function: InspectedFunction, seen: SeenFunction) -> Iterator[str | Unseen]:
    for qualifier, policy in seen.policies.items():
        if isinstance(policy, Unseen):
            yield policy
            continue
        for statement in policy.get("Statement", []):
            if wrong := _wrong(function, statement):
                yield f"statement {statement.get('Sid')} of {qualifier or 'its own policy'} {wrong}"


def _wrong(function: InspectedFunction, statement: Document) -> str:
    """What a statement grants besides calls by an HTTP API of this account; nothing where it is only that."""
    if statement.get("Effect") != "Allow":
        return ""
    for grant in grants({"Statement": [statement]}):
        if (grant.principal, grant.action) != (_GATEWAY, _CALL):
            return f"says {grant}"
    source = _source(statement)
    ours = arn("execute-api", "", region=function.region, account=function.account)
    return "" if source.startswith(ours) else f"lets in API Gateway for {source or 'whatever API, of any account'}"


def _source(statement: Document) -> str:
    """The one source that a grant is for, as AddPermission writes it; empty where it names none."""
    said = {key.lower(): value for key, value in statement.get("Condition", {}).get("ArnLike", {}).items()}
    source = said.get("aws:sourcearn", "")
    return source if isinstance(source, str) else ""


RULES = (
    DoctorRule(
        "function-lets-others-in",
        Severity.ERROR,
        "A function's policy, an alias's or a version's, grants more than its being called by an HTTP API of its account.",
        "Somebody else may call or change the function. Lambda has no condition key for the granted action or the source: "
        "who may add a permission for API Gateway may add this one.",
        "find AddPermission in the account's trail; `aws lambda remove-permission` with the statement and the alias or version",
        InspectedFunction,
        _strangers,
    ),
)
