"""Previews as a run ends with them: an ordinary one, one with everything that is dangerous, and a huge one."""

from __future__ import annotations

import json
from typing import Any

from deploy_driver.record.catalogue import Reason, Result
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import Changes, Operation, PropertyDiff, ResourceChange
from tests.samples import ACCOUNTS, RUN


def urn(stack: str, type_: str, name: str) -> str:
    return f"urn:pulumi:{stack}::items::deploy:service:Items${type_}::{name}"


def change(op: str, type_: str, name: str, *diffs: PropertyDiff, stack: str = "dev") -> ResourceChange:
    return ResourceChange(urn(stack, type_, name), op, tuple(diff.path.split(".")[0] for diff in diffs), diffs)


def statement(
    sid: str, *actions: str, resource: str = "arn:aws:s3:::items-dev-222222222222/items/*", **more: Any
) -> Any:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def policy(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


LOG = statement(
    "WriteLog", "logs:PutLogEvents", "logs:CreateLogStream", resource="arn:aws:logs:*:222222222222:log-group:x"
)

POLICY_CHANGE = change(
    "update",
    "aws:iam/rolePolicy:RolePolicy",
    "execution",
    PropertyDiff(
        "policy",
        "update",
        policy(LOG, statement("Items", "s3:PutObject", "s3:GetObject"), statement("Old", "s3:ListBucket")),
        policy(LOG, statement("Items", "s3:GetObject", "s3:*"), statement("Keys", "kms:Decrypt", resource="*")),
    ),
)
TRUST_CHANGE = change(
    "update",
    "aws:iam/role:Role",
    "deployment",
    PropertyDiff("maxSessionDuration", "update", 3600, 7200),
    PropertyDiff(
        "assumeRolePolicy",
        "update",
        policy({"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"}),
        policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}),
    ),
)
FUNCTION_CHANGE = change(
    "update",
    "aws:lambda/function:Function",
    "items",
    PropertyDiff("timeout", "update", 10, 12),
    PropertyDiff("memorySize", "update", 128, 256),
    PropertyDiff("environment.variables.TOKEN", "update", "abc", "def"),
    PropertyDiff("environment.variables.KEY", "update", "[secret]", "[secret]"),
    PropertyDiff("code", "update", "[archive sha256:aa11]", "[archive sha256:bb22]"),
    PropertyDiff("version", "update", "7", "[unknown]"),
    PropertyDiff("tags.owner", "add", None, "team-a"),
    PropertyDiff("description", "delete", "items", None),
)
BUCKET_REPLACED = change(
    "replace", "aws:s3/bucket:Bucket", "data", PropertyDiff("bucket", "update-replace", "items-dev-2", "things-dev-2")
)
TABLE_DELETED = change(
    "delete", "aws:dynamodb/table:Table", "orders", PropertyDiff("name", "delete", "orders", None), stack="staging"
)
ALIAS_MADE = change(
    "create",
    "aws:lambda/alias:Alias",
    "live",
    PropertyDiff("name", "add", None, "live"),
    PropertyDiff("functionVersion", "add", None, "[unknown]"),
)


def step(stack: str, *resources: ResourceChange, same: int = 4, **more: Any) -> StepOutcome:
    ops = [resource.op for resource in resources]
    counts = Changes(ops.count("create"), ops.count("update"), ops.count("replace"), ops.count("delete"), same)
    account = ACCOUNTS.get(stack, "555555555555")
    return StepOutcome(
        stack,
        account,
        more.pop("result", Result.SUCCEEDED),
        more.pop("reason", Reason.PREVIEWED),
        changes=counts,
        resources=resources,
        seconds=2.5,
        **more,
    )


FAILED = step(
    "prod",
    same=0,
    result=Result.FAILED,
    reason=Reason.ENGINE_FAILED,
    cause="operation error Lambda: GetFunction, https response error StatusCode: 403, AccessDeniedException",
    remedy="Run `deploy bootstrap`: it puts the role's policy in place; `deploy bootstrap --print` shows what the role may do.",
)


def preview(*steps: StepOutcome) -> RunOutcome:
    return RunOutcome(RUN, Operation.PREVIEW, steps, seconds=9.25)


SMALL = preview(step("dev", FUNCTION_CHANGE), step("staging", same=12))
DANGEROUS = preview(
    step("dev", FUNCTION_CHANGE, BUCKET_REPLACED, POLICY_CHANGE, TRUST_CHANGE, ALIAS_MADE),
    step("staging", TABLE_DELETED),
    FAILED,
)


def huge(resources: int = 2_000, value: int = 600, stacks: tuple[str, ...] = ("dev", "staging", "prod")) -> RunOutcome:
    """Some megabytes: every kind of change many times, some values of any length."""
    long = "x" * value
    kinds = (
        lambda n: change(
            "update", "aws:ssm/parameter:Parameter", f"p{n}", PropertyDiff("value", "update", long + "a", long + "b")
        ),
        lambda n: change(
            "create", "aws:lambda/function:Function", f"f{n}", PropertyDiff("name", "add", None, f"f{n}{long}")
        ),
        lambda n: change("delete", "aws:s3/bucket:Bucket", f"b{n}", PropertyDiff("bucket", "delete", f"b{n}", None)),
        lambda n: change(
            "update",
            "aws:iam/policy:Policy",
            f"i{n}",
            PropertyDiff(
                "policy", "update", policy(LOG, statement("A", f"s3:Get{n}")), policy(LOG, statement("A", f"s3:Put{n}"))
            ),
        ),
    )
    return preview(*(step(name, *(kinds[n % 4](n) for n in range(resources))) for name in stacks))
