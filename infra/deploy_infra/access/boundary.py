"""The ceiling over every role of an account."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from deploy_infra.policies.document import Document, text


class PermissionsBoundary(pulumi.ComponentResource):
    """One managed policy that is used as a permissions boundary, and attached to nothing."""

    def __init__(
        self, name: str, *, policy_name: str, policy: Document, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("deploy:access:Boundary", name, None, opts)
        managed = aws.iam.Policy(
            name,
            name=policy_name,
            description="The most that any role made by deploy can be in this account",
            policy=text(policy),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = managed.arn
        self.register_outputs({"arn": self.arn})
