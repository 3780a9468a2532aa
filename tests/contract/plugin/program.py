"""A small program with every kind of dependency: a default tag, an output in a policy, an archive, a version in an alias."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.contract.cloud.outsider import document, trusting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENTRANCE = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"


def program(
    name: str,
    code: Path,
    *,
    session: str = "items-dev-1",
    memory: int = 128,
    account: str = "222222222222",
    imported: bool = False,
) -> Callable[[], None]:
    """The program of one stack, with what may differ between two of its runs."""

    def main() -> None:
        import pulumi
        import pulumi_aws as aws

        provider = aws.Provider(
            "aws",
            region="eu-central-1",
            allowed_account_ids=[account],
            assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=ENTRANCE, session_name=session, duration="3600s")],
            default_tags=aws.ProviderDefaultTagsArgs(tags={"deploy:stack": "dev"}),
        )
        with_it = pulumi.ResourceOptions(provider=provider)
        imports = pulumi.ResourceOptions(provider=provider, import_=f"{name}-found") if imported else None
        if imports:
            aws.s3.Bucket("found", bucket=f"{name}-found", tags={"a": "1"}, opts=imports)
        bucket = aws.s3.Bucket("bucket", bucket=name, force_destroy=True, tags={"a": "1"}, opts=with_it)
        aws.s3.BucketPolicy("policy", bucket=bucket.bucket, policy=bucket.arn.apply(_policy), opts=with_it)
        role = aws.iam.Role(
            "role", name=name, assume_role_policy=trusting({"Service": "lambda.amazonaws.com"}), opts=with_it
        )
        function = aws.lambda_.Function(
            "function",
            name=name,
            role=role.arn,
            runtime="python3.13",
            handler="app.answer",
            code=pulumi.AssetArchive({"app.py": pulumi.FileAsset(str(code))}),
            memory_size=memory,
            publish=True,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables={"SECRET": pulumi.Output.secret("hush")}),
            opts=with_it,
        )
        alias = aws.lambda_.Alias(
            "alias", name="live", function_name=function.name, function_version=function.version, opts=with_it
        )
        pulumi.export("version", alias.function_version)
        pulumi.export("environment", function.environment)

    return main


def _policy(arn: Any) -> str:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
    }
    return json.dumps(json.loads(document(statement)))
