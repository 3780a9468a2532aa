"""The rule about who may call a function."""

from __future__ import annotations

from collections.abc import Iterator

from deploy_driver import remedies
from deploy_driver.assurance.findings.observed import Document, InspectedFunction, SeenFunction, Unseen
from deploy_driver.assurance.findings.policy_diff import grants
from deploy_driver.assurance.findings.rule import DoctorRule, Severity

_SERVICE = "Service:"
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
    """What a statement grants besides calls by the services of the program, for something of this account; nothing where that is all."""
    if statement.get("Effect") != "Allow":
        return ""
    said = set()
    for grant in grants({"Statement": [statement]}):
        service = grant.principal.removeprefix(_SERVICE)
        if not grant.principal.startswith(_SERVICE) or service not in function.callers or grant.action != _CALL:
            return f"says {grant}"
        said.add(service)
    source, owner = _condition(statement, "aws:sourcearn"), _condition(statement, "aws:sourceaccount")
    ours = function.account in {owner, *source.split(":")[4:5]} or source in function.things
    return "" if ours else f"lets in {', '.join(sorted(said))} for {source or 'whatever there is, of any account'}"


def _condition(statement: Document, key: str) -> str:
    """The one value of a condition key, as AddPermission writes it; empty where it names none."""
    said = {name.lower(): value for keys in statement.get("Condition", {}).values() for name, value in keys.items()}
    value = said.get(key, "")
    return value if isinstance(value, str) else ""


RULES = (
    DoctorRule(
        "function-lets-others-in",
        Severity.ERROR,
        "A function's policy, an alias's or a version's, grants more than calls by services that the program lets in, for its account.",
        "Somebody else may call or change the function. Lambda has no condition key for the granted action or the source: "
        "who may add a permission for a service may add this one.",
        remedies.REMOVE_PERMISSION,
        InspectedFunction,
        _strangers,
    ),
)
