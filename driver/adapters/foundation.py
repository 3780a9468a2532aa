"""What must stand before Pulumi can: the state's bucket and key, and the key of plans, in the tools account.

Made once, checked every time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from driver.adapters.aws import AwsSession, asking
from driver.adapters.plan_key import KEY_SPEC
from driver.errors import NotReadyError
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
    return {"Version": "2012-10-17", "Statement": [_governed_by_iam(account)]}


def plan_key_policy(account: str, deploy_role: str) -> Mapping[str, Any]:
    """The same, but nobody except Jenkins' deploy role signs, an administrator included: a signature says who saved a plan."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            _governed_by_iam(account),
            {
                "Sid": "OnlyJenkinsSigns",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "kms:Sign",
                "Resource": "*",
                "Condition": {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/{deploy_role}"}},
            },
        ],
    }


def _governed_by_iam(account: str) -> Mapping[str, Any]:
    return {
        "Sid": "GovernedByIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }


@dataclass(frozen=True)
class Foundation:
    """Makes and hardens the state bucket, its key and the key of plans; what already is as it should be stays untouched.

    `plan_key` is an alias; `deploy_role` names the only role that signs with it.
    """

    aws: AwsSession
    backend: Backend
    plan_key: str
    deploy_role: str

    def lay(self, say: Callable[[str], None]) -> None:
        """Bring bucket and keys to what they should be. Raises NotReadyError with AWS's reason."""
        self._bucket(say)
        self._state_key(say)
        self._plan_key(say)

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

    def _state_key(self, say: Callable[[str], None]) -> None:
        alias = self.backend.key_alias
        if self._has(alias):
            return
        say(f"making the state key {alias}")
        key_id = self._make_key(
            alias,
            Description="Encrypts secrets in the state of deploy's stacks",
            Policy=json.dumps(key_policy(self.backend.account)),
        )
        kms = self.aws.client("kms", self.backend.region)
        asking("rotating the state key", lambda: kms.enable_key_rotation(KeyId=key_id))

    def _plan_key(self, say: Callable[[str], None]) -> None:
        """KMS rotates no asymmetric keys (AWS KMS Developer Guide, "Rotate AWS KMS keys")."""
        alias = self.plan_key
        policy = json.dumps(plan_key_policy(self.backend.account, self.deploy_role))
        if not self._has(alias):
            say(f"making the key of plans {alias}")
            self._make_key(
                alias,
                Description="Signs the reviewed plans of deploy",
                KeySpec=KEY_SPEC,
                KeyUsage="SIGN_VERIFY",
                Policy=policy,
            )
            return
        kms = self.aws.client("kms", self.backend.region)
        key = asking(f"the key {alias}", lambda: kms.describe_key(KeyId=alias))["KeyMetadata"]
        if (key["KeySpec"], key["KeyUsage"]) != (KEY_SPEC, "SIGN_VERIFY"):
            raise NotReadyError(
                f"{alias} is a key of {key['KeySpec']} to {key['KeyUsage']}, expected {KEY_SPEC} to SIGN_VERIFY",
                remedy="let deploy:planKey in Pulumi.tools.yaml name an alias of its own",
            )
        what = f"the policy of {alias}"
        asking(what, lambda: kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=policy))

    def _has(self, alias: str) -> bool:
        kms = self.aws.client("kms", self.backend.region)
        pages = asking("listing key aliases", lambda: list(kms.get_paginator("list_aliases").paginate()))
        return any(entry["AliasName"] == alias for page in pages for entry in page["Aliases"])

    def _make_key(self, alias: str, **facts: str) -> str:
        kms = self.aws.client("kms", self.backend.region)
        key = asking(f"making the key {alias}", lambda: kms.create_key(**facts))
        key_id = str(key["KeyMetadata"]["KeyId"])
        asking(f"naming the key {alias}", lambda: kms.create_alias(AliasName=alias, TargetKeyId=key_id))
        return key_id
