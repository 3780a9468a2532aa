"""What must stand before Pulumi can: the state bucket and its KMS key in the tools account. Made once, checked every time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from driver.adapters.aws import AwsSession, asking
from driver.values import Backend


def bucket_policy(bucket: str) -> Mapping[str, Any]:
    """Deny every request to the state that does not come over TLS (FSBP S3.5)."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyOverTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def key_policy(account: str) -> Mapping[str, Any]:
    """Leave the key to the account's IAM policies (KMS Developer Guide, default key policy)."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "GovernedByIam",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }


@dataclass(frozen=True)
class Foundation:
    """Makes and hardens the state bucket and key; whatever already is as it should be stays untouched."""

    aws: AwsSession
    backend: Backend

    def lay(self, say: Callable[[str], None]) -> None:
        """Bring bucket and key to what they should be. Raises NotReadyError with AWS's reason."""
        self._bucket(say)
        self._key(say)

    def _bucket(self, say: Callable[[str], None]) -> None:
        s3 = self.aws.client("s3", self.backend.region)
        bucket = self.backend.bucket
        mine = asking("listing our buckets", s3.list_buckets)["Buckets"]
        if bucket not in {entry["Name"] for entry in mine}:
            say(f"making the state bucket {bucket}")
            place = {} if self.backend.region == "us-east-1" else {"LocationConstraint": self.backend.region}
            extra = {"CreateBucketConfiguration": place} if place else {}
            asking(f"making the bucket {bucket}", lambda: s3.create_bucket(Bucket=bucket, **extra))
        what = f"hardening the bucket {bucket}"
        asking(what, lambda: s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}))
        asking(
            what,
            lambda: s3.put_public_access_block(
                Bucket=bucket,
                PublicAccessBlockConfiguration=dict.fromkeys(
                    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
                ),
            ),
        )
        owned = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        asking(what, lambda: s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=owned))
        encrypted = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
        asking(what, lambda: s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encrypted))
        asking(what, lambda: s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(bucket_policy(bucket))))

    def _key(self, say: Callable[[str], None]) -> None:
        kms = self.aws.client("kms", self.backend.region)
        alias = self.backend.key_alias
        pages = asking("listing key aliases", lambda: list(kms.get_paginator("list_aliases").paginate()))
        if any(entry["AliasName"] == alias for page in pages for entry in page["Aliases"]):
            return
        say(f"making the state key {alias}")
        policy = json.dumps(key_policy(self.backend.account))
        description = "Encrypts secrets in the state of deploy's stacks"
        key = asking("making the state key", lambda: kms.create_key(Description=description, Policy=policy))
        key_id = key["KeyMetadata"]["KeyId"]
        asking("rotating the state key", lambda: kms.enable_key_rotation(KeyId=key_id))
        asking("naming the state key", lambda: kms.create_alias(AliasName=alias, TargetKeyId=key_id))
