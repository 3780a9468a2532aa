"""A bucket that is private, encrypted, versioned, and answers over TLS only."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from deploy_infra.policies.document import Document, text


class PrivateBucket(pulumi.ComponentResource):
    """One bucket with everything that AWS recommends for it.

    It is encrypted with S3's own keys, not a KMS key of ours, and has no access log: the trail and the function's log say
    who did what. `policy` is the whole bucket policy. `empties`: it may be deleted with what is in it, as in a destroy that was
    asked for, and at no other time: the next update takes that back where a destroy was interrupted.

    S3 blocks public access to every new bucket by itself (S3 User Guide, "Default settings for new S3 buckets"). The block is not
    stated here: to state it is to be allowed to change it.
    """

    def __init__(
        self,
        name: str,
        *,
        bucket: str,
        policy: Document,
        empties: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("deploy:storage:PrivateBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(name, bucket=bucket, force_destroy=empties, opts=child)
        self._harden(name, child)
        aws.s3.BucketPolicy(name, bucket=self.bucket.id, policy=text(policy), opts=child)
        self.register_outputs({"bucket": self.bucket.bucket})

    def _harden(self, name: str, child: pulumi.ResourceOptions) -> None:
        aws.s3.BucketVersioning(
            name,
            bucket=self.bucket.id,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256"
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=self.bucket.id,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=by_default, bucket_key_enabled=True
                )
            ],
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            name,
            bucket=self.bucket.id,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
