"""Reading is only reading: what the preview role tries with its real credentials. The function's own role, simulated."""

from __future__ import annotations

from collections.abc import Iterator

from deploy_driver.assurance.prove import throwaway
from deploy_driver.assurance.prove.deeds import Subject, call, simulated
from deploy_driver.assurance.prove.facts import Facts, Target
from deploy_driver.assurance.prove.trial import Entered, Instance, Trial

GROUP = "reading"

_LOOK = "own-bucket"


def trials(facts: Facts) -> Iterator[Trial]:
    """Every deed of every preview role."""
    for target in facts.targets:
        yield from _preview(facts, target)


def evaluations(facts: Facts) -> Iterator[Trial]:
    """Every deed of every execution role: nobody but Lambda becomes it, so the simulator is asked."""
    for target in facts.targets:
        yield from _execution(target)


def _preview(facts: Facts, target: Target) -> Iterator[Trial]:
    parameters = {
        "RoleSessionName": target.session,
        "SourceIdentity": target.session,
        "ExternalId": target.external_id,
    }
    who = Entered(
        Instance(facts.tools.preview_role), target.role_arn(target.preview_role), tuple(sorted(parameters.items()))
    )
    does = Subject(GROUP, "preview", target.env, who, _LOOK)
    versions = call("s3", "get_bucket_versioning", Bucket=target.bucket)
    yield does.may(_LOOK, "looks at the stack's bucket", versions, twin="item")
    looked = call("lambda", "get_function", FunctionName=target.function)
    yield does.may("own-function", "looks at the stack's function", looked, twin="function-code")
    policy = {"Bucket": target.bucket, "Policy": target.bucket_policy}
    for fact, sentence, request in (
        ("item", "reads an item", call("s3", "get_object", Bucket=target.bucket, Key="items/prove")),
        ("write-item", "writes an item", call("s3", "put_object", Bucket=target.bucket, Key="items/prove", Body=b"")),
        ("bucket-policy", "puts the bucket's policy", call("s3", "put_bucket_policy", **policy)),
        ("invoke", "calls the function", call("lambda", "invoke", FunctionName=target.function)),
        (
            "function-code",
            "changes the function's code",
            call("lambda", "update_function_code", FunctionName=target.function, ZipFile=b"nothing that could run"),
        ),
        (
            "api",
            "makes an HTTP API",
            call(
                "apigatewayv2",
                "create_api",
                Name=f"{throwaway.PREFIX}new",
                ProtocolType="HTTP",
                Tags={"deploy:stack": target.env},
            ),
        ),
        ("role", "makes a user", call("iam", "create_user", UserName=f"{throwaway.PREFIX}new")),
        ("log", "reads what the function wrote", call("logs", "filter_log_events", logGroupName=target.log_group)),
        ("secrets", "lists secrets", call("secretsmanager", "list_secrets")),
    ):
        yield does.may_not(fact, sentence, request)


def _execution(target: Target) -> Iterator[Trial]:
    does = Subject(GROUP, "execution", target.env, throwaway.in_account(target), "own-item")
    arn, item = target.role_arn(target.execution_role), f"arn:aws:s3:::{target.bucket}/items/prove"
    own = simulated(arn, "s3:GetObject", item)
    yield does.would("own-item", "would read an item", own, allowed=True, twin="other-item")
    for fact, sentence, action, resource in (
        ("other-item", "would read what is no item", "s3:GetObject", f"arn:aws:s3:::{target.bucket}/else"),
        ("other-bucket", "would read another bucket", "s3:GetObject", "arn:aws:s3:::prove-other/items/prove"),
        ("bucket-policy", "would put the bucket's policy", "s3:PutBucketPolicy", f"arn:aws:s3:::{target.bucket}"),
        ("function-code", "would change its own code", "lambda:UpdateFunctionCode", target.function_arn),
        ("role", "would make a role", "iam:CreateRole", target.role_arn("prove-new")),
        ("other-log", "would write another log", "logs:PutLogEvents", _log(target, "/aws/lambda/prove-other")),
        ("become", "would become another role", "sts:AssumeRole", target.role_arn(target.deployment_role)),
    ):
        yield does.would(fact, sentence, simulated(arn, action, resource), allowed=False, twin="own-item")


def _log(target: Target, group: str) -> str:
    return f"arn:aws:logs:{target.region}:{target.account}:log-group:{group}:log-stream:prove"
