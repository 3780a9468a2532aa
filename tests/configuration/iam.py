"""AWS IAM controls (Security Hub User Guide)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.configuration.view import View, entries, statements
from tests.infra.program import Registered

POLICY = "aws:iam/policy:Policy"
POLICIES = (POLICY, "aws:iam/rolePolicy:RolePolicy")
"""Security Hub looks at managed policies only; IAM.1 is asked of inline ones here too."""


def allows_not_everything(_: View, policy: Registered) -> bool:
    return "*" not in _allowed(policy)


def allows_no_whole_service(_: View, policy: Registered) -> bool:
    return not any(action == "*" or action.endswith(":*") for action in _allowed(policy))


def _allowed(policy: Registered) -> Iterator[str]:
    """Every allowed action; a NotAction allows all the others."""
    for statement in statements(policy.inputs["policy"]):
        if statement["Effect"] == "Allow":
            yield from entries(statement.get("Action", "*"))
