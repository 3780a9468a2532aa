"""`aws:PrincipalArn` of a role session is the role's ARN, path included.

"For IAM roles, the request context returns the ARN of the role, not the ARN of the user that assumed the role."
(IAM User Guide, "AWS global condition context keys", aws:PrincipalArn.) The emulator gave the session's ARN, in
permissions and in trust policies alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    replace("core.iam_evaluator", "_resolve_condition_key", _resolving)


def _resolving(original: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def resolve_condition_key(key: str, ctx: Any) -> Any:
        if key.lower() == "aws:principalarn" and ":assumed-role/" in ctx.principal_arn:
            return role_arn(ctx.principal_arn)
        return original(key, ctx)

    return resolve_condition_key


def role_arn(session_arn: str) -> str:
    """The ARN of the role behind `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`."""
    parts = session_arn.split(":", 5)
    name = parts[5].split("/")[1]
    role = emulator.role(parts[4], name)
    return str(role["Arn"]) if role else f"arn:{parts[1]}:iam::{parts[4]}:role/{name}"
