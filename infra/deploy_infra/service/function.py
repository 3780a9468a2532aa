"""The function, its published versions, and the alias that callers call."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pulumi_aws as aws

from deploy_infra.names import LIVE

_RUNTIME = "python3.13"
_ARCHITECTURE = "arm64"


class LiveFunction(pulumi.ComponentResource):
    """A function of which every change is a new version, and `live` is the newest that was deployed.

    Its role and its log group are the access layer's. It has no dead-letter queue and no reserved concurrency: it only
    answers requests, and the API's throttling comes first.
    """

    def __init__(
        self,
        name: str,
        *,
        function: str,
        role_arn: str,
        code: Path,
        memory: int,
        timeout: int,
        environment: dict[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("items:service:LiveFunction", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.function = aws.lambda_.Function(
            name,
            name=function,
            description="Keeps items in a bucket and gives them back",
            role=role_arn,
            runtime=_RUNTIME,
            architectures=[_ARCHITECTURE],
            handler="handler.app.answer",
            code=_archive(code),
            memory_size=memory,
            timeout=timeout,
            publish=True,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=environment),
            opts=child,
        )
        self.alias = aws.lambda_.Alias(
            name,
            name=LIVE,
            description="What the API calls",
            function_name=self.function.name,
            function_version=self.function.version,
            opts=child,
        )
        self.register_outputs({"version": self.function.version, "codeSha256": self.function.code_sha256})


def _archive(folder: Path) -> pulumi.AssetArchive:
    """The handler's Python files under the folder's own name; nothing else, so that the digest depends on them alone."""
    return pulumi.AssetArchive(
        {f"{folder.name}/{file.name}": pulumi.FileAsset(str(file)) for file in sorted(folder.glob("*.py"))}
    )
