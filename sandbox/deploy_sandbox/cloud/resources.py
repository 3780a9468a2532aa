"""The resource that a request is authorised on, where the emulator said `*`.

`lambda:CreateFunction` is authorised on the ARN of the function to be made, a call with a qualifier on the function's
ARN with that version or alias, and `logs:DescribeLogGroups` on the log groups whose names start with the prefix asked
for. IAM names carry their path. (Service Authorization Reference, "Actions defined by AWS Lambda", "… Amazon
CloudWatch Logs", "… IAM".)

So are the calls of queues, topics, tables, rules and layers: a topic's subscription and the tags of anything on the topic or
thing itself, a rule of the default bus without the bus, a version of a layer with its number. ("… Amazon SNS", "… Amazon DynamoDB",
"… Amazon EventBridge", "… Amazon CloudWatch".)
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
        asked = bodies.from_json(body) or {name: one[0] for name, one in query.items()}
        if service == "monitoring" and (alarm := _alarm(asked)):
            return f"arn:aws:cloudwatch:{region}:{account}:alarm:{alarm}"
        named = _named(service, asked)
        if named:
            return named if named.startswith("arn:") else f"arn:aws:events:{region}:{account}:rule/{named}"
        found = original(service, method, path, *facts)
        if service == "lambda":
            return _layer_version(found, path) or _qualified(found, (query.get("Qualifier") or [""])[0])
        return _with_path(found, account, query) if service == "iam" else found

    return extract_resource_arn


def _named(service: str, asked: dict[str, Any]) -> str:
    """The ARN that a request names, or the rule of EventBridge (`BUS/NAME`, of the default bus `NAME`); empty when it names none."""
    tagged = asked.get("ResourceArn") or asked.get("ResourceARN")
    if service == "sns":
        return str(tagged or asked.get("SubscriptionArn", "").rpartition(":")[0])
    if service in {"dynamodb", "monitoring"}:
        return str(tagged or "")
    if service == "events":
        rule, bus = asked.get("Rule") or asked.get("Name", ""), asked.get("EventBusName", "default").rpartition("/")[2]
        return str(tagged or (rule if bus == "default" or not rule else f"{bus}/{rule}"))
    return ""


def _alarm(asked: dict[str, Any]) -> str:
    """The first alarm that is looked for by its name; empty where all are."""
    return str(asked.get("AlarmNames.member.1") or next(iter(asked.get("AlarmNames", ())), ""))


def _layer_version(arn: str, path: str) -> str:
    """The ARN of a layer's version, which the path ends with; empty for everything else."""
    parts = path.rstrip("/").split("/")
    return f"{arn}:{parts[-1]}" if ":layer:" in arn and parts[-2:-1] == ["versions"] else ""


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
