"""Whether a role's trust policy lets an AWS service assume it.

A service is named by its principal (`lambda.amazonaws.com`); no IAM permission of anybody replaces that.
(IAM User Guide, "AWS JSON policy elements: Principal", AWS service principals.)
"""

from __future__ import annotations

from typing import Any

from ministack.core import iam_evaluator, responses


def may_assume(service: str, role: dict[str, Any]) -> bool:
    """Whether the stored role trusts that service."""
    account = role["Arn"].split(":")[4]
    context = iam_evaluator.EvalContext(
        principal_arn="",
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role["Arn"],
        region=responses.get_region(),
        service_context={"aws:sourceaccount": account},
    )
    document = role.get("AssumeRolePolicyDocument")
    return bool(iam_evaluator.evaluate_resource_policy(document, context, service=service).decision == "Allow")
