"""Which tokens of an identity provider a role's trust takes: it has to name whose, and for what audience."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deploy_driver.assurance.findings.policy_diff import entries

_OIDC = ":oidc-provider/"
_CLAIMS = ("sub", "aud")


def left_open(trust: Mapping[str, Any]) -> Iterator[str]:
    """In words, each claim that may be anything in a token of a provider that the trust takes.

    Only StringEquals holds it to a text: StringLike has wildcards, and a set operator or `…IfExists` lets a token without it in (IAM
    User Guide, "Create a role for OpenID Connect federation").
    """
    for statement in entries(trust.get("Statement")):
        principal, conditions = statement.get("Principal"), statement.get("Condition") or {}
        named = principal.get("Federated") if isinstance(principal, Mapping) else None
        exact = [
            key.lower() for operator, keys in conditions.items() if operator.lower() == "stringequals" for key in keys
        ]
        for provider in entries(named) if statement.get("Effect") == "Allow" else ():
            issuer = str(provider).partition(_OIDC)[2]
            for claim in _CLAIMS:
                if issuer and f"{issuer}:{claim}".lower() not in exact:
                    yield f"takes every token of {issuer}, whatever its {claim} is"
