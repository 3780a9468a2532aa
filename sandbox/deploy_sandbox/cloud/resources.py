"""The resource that a request is authorised on, where the emulator said `*`.

`lambda:CreateFunction` is authorised on the ARN of the function to be made, a call with a qualifier on the function's
ARN with that version or alias, and `logs:DescribeLogGroups` on the log groups whose names start with the prefix asked
for. IAM names carry their path. (Service Authorization Reference, "Actions defined by AWS Lambda", "… Amazon
CloudWatch Logs", "… IAM".)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import bodies, emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_FUNCTION_COLONS = "arn:aws:lambda:REGION:ACCOUNT:function:NAME".count(":")


def install() -> None:
    replace("core.iam_actions", "extract_resource_arn", _resources)


def _resources(original: Callable[..., str]) -> Callable[..., str]:
    def extract_resource_arn(service: str, method: str, path: str, *facts: Any) -> str:
        headers, body, query, region, account = facts
        if service == "lambda" and method == "POST" and path.rstrip("/").endswith("/functions"):
            return f"arn:aws:lambda:{region}:{account}:function:{bodies.from_json(body).get('FunctionName', '')}"
        if service == "logs" and headers.get("x-amz-target", "").endswith(".DescribeLogGroups"):
            return f"arn:aws:logs:{region}:{account}:log-group:{bodies.from_json(body).get('logGroupNamePrefix', '')}*"
        found = original(service, method, path, *facts)
        if service == "lambda":
            return _qualified(found, (query.get("Qualifier") or [""])[0])
        return _with_path(found, account, query) if service == "iam" else found

    return extract_resource_arn


def _qualified(arn: str, qualifier: str) -> str:
    """The ARN of a function's version or alias; `$LATEST` is the function itself."""
    unqualified = ":function:" in arn and arn.count(":") == _FUNCTION_COLONS
    return f"{arn}:{qualifier}" if unqualified and qualifier not in ("", "$LATEST") else arn


def _with_path(arn: str, account: str, query_params: dict[str, Any]) -> str:
    """The stored ARN of a role, or the one to be made: `…:role/PATH/NAME`."""
    _, found, name = arn.partition(":role/")
    if not found:
        return arn
    role = emulator.role(account, name)
    path = (query_params.get("Path") or ["/"])[0]
    return str(role["Arn"]) if role else f"arn:aws:iam::{account}:role{path}{name}"
