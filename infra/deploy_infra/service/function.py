"""A function of a service, its published versions, and the alias that callers call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from deploy_infra.service.queue import Queue

LIVE = "live"

RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731,
    1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""What CloudWatch Logs can keep (PutRetentionPolicy, retentionInDays)."""

_MEMORY = (128, 10_240)
_TIMEOUT = (1, 900)


@dataclass(frozen=True)
class FunctionSettings:
    """What a function runs on. `memory` is in MB, `timeout` in seconds, `retention` (of its log) in days.

    Raises ValueError where AWS would refuse them.
    """

    handler: str
    runtime: str
    architecture: str
    memory: int
    timeout: int
    retention: int

    def __post_init__(self) -> None:
        limits = {"memory": (*_MEMORY, self.memory, "MB"), "timeout": (*_TIMEOUT, self.timeout, "seconds")}
        for name, (low, high, got, unit) in limits.items():
            if not low <= got <= high:
                raise ValueError(f"{name}: got {got}, expected {low} to {high} ({unit})")
        if self.retention not in RETENTION_DAYS:
            raise ValueError(f"log_days: got {self.retention}, expected one of {', '.join(map(str, RETENTION_DAYS))}")


class Function(pulumi.ComponentResource):
    """A function of which every change is a new version, and `live` is the newest that was deployed.

    Its role and its log group are the access layer's. `on` are the queues that it works off, a batch at a time; it says
    which messages of a batch failed (Lambda Developer Guide, "Reporting batch item failures").
    """

    def __init__(
        self,
        name: str,
        *,
        function: str,
        role_arn: str,
        code: pulumi.Archive,
        settings: FunctionSettings,
        environment: Mapping[str, pulumi.Input[str]],
        layers: Sequence[pulumi.Input[str]],
        on: Sequence[Queue],
        description: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("deploy:service:Function", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.name = name
        self.timeout = settings.timeout
        self.function = aws.lambda_.Function(
            name,
            name=function,
            description=description or None,
            role=role_arn,
            runtime=settings.runtime,
            architectures=[settings.architecture],
            handler=settings.handler,
            code=code,
            memory_size=settings.memory,
            timeout=settings.timeout,
            publish=True,
            layers=list(layers) or None,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=dict(environment)) if environment else None,
            opts=child,
        )
        self.alias = aws.lambda_.Alias(
            name,
            name=LIVE,
            description="What callers call",
            function_name=self.function.name,
            function_version=self.function.version,
            opts=child,
        )
        for position, queue in enumerate(on, 1):
            aws.lambda_.EventSourceMapping(
                name if position == 1 else f"{name}-{position}",
                event_source_arn=queue.queue.arn,
                function_name=self.alias.arn,
                function_response_types=["ReportBatchItemFailures"],
                opts=child,
            )
        self.register_outputs({"version": self.function.version, "codeSha256": self.function.code_sha256})
