"""A queue of a service, and what its functions may do with it."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from deploy_infra.service.rights import Rights

_SECONDS_KEPT = 14 * 24 * 3600
_TRIES = 5


class Queue(pulumi.ComponentResource):
    """A queue that is encrypted with SQS's own keys, and another one for messages that could not be worked off five times.

    `send` and `receive` are rights for a function's `may`. `visibility` is in seconds: how long a message that was taken is
    kept from others; AWS asks for at least the timeout of the function that reads, and recommends six times that.
    """

    def __init__(
        self, name: str, *, queue: str, arn: str, visibility: int, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("deploy:service:Queue", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.arn = arn
        self.failed = aws.sqs.Queue(
            f"{name}-failed",
            name=f"{queue}-failed",
            message_retention_seconds=_SECONDS_KEPT,
            sqs_managed_sse_enabled=True,
            opts=child,
        )
        self.queue = aws.sqs.Queue(
            name,
            name=queue,
            visibility_timeout_seconds=visibility,
            sqs_managed_sse_enabled=True,
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": self.failed.arn, "maxReceiveCount": _TRIES}
            ),
            opts=child,
        )
        self.url = self.queue.url
        self.register_outputs({"url": self.url})

    @property
    def send(self) -> tuple[Rights, ...]:
        """Put messages into it."""
        return (Rights(("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"), (self.arn,)),)

    @property
    def receive(self) -> tuple[Rights, ...]:
        """Take messages out of it, as Lambda does for a function that reads it (Lambda Developer Guide, "Using Lambda with Amazon SQS")."""
        actions = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
        return (Rights(actions, (self.arn,)),)
