"""The record of who did what in one account."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from deploy_infra import names
from deploy_infra.names import AccountNames
from deploy_infra.policies.document import Document
from deploy_infra.private_bucket import PrivateBucket


class AccountTrail(pulumi.ComponentResource):
    """A trail over all regions, with file validation, in a bucket that only CloudTrail writes to.

    Management events only: object reads and function calls would cost per event, and say nothing about who entered.
    """

    def __init__(
        self,
        name: str,
        *,
        here: AccountNames,
        policy: Document,
        empties: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("deploy:access:AccountTrail", name, None, opts)
        record = PrivateBucket(
            name,
            bucket=here.trail_bucket,
            policy=policy,
            stated=True,
            empties=empties,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.trail = aws.cloudtrail.Trail(
            name,
            name=names.TRAIL,
            s3_bucket_name=record.bucket.id,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            enable_logging=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[record.policy]),
        )
        self.arn = self.trail.arn
        self.register_outputs({"arn": self.arn})
