"""What must stand before any stack does, and must outlive it: the buckets and keys of states, the key of plans, each account's trail.

Made once, whichever project comes first; put back every time; taken away by no `deploy destroy`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.approvals import PREFIX as APPROVALS
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.adapters.plan_key import KEY_SPEC
from deploy_driver.errors import NotReadyError
from deploy_driver.values import Backend
from deploy_project.stacks import arn, role_arn

_TAKEN = {"BucketAlreadyExists": remedies.OTHER_STATE_BUCKET}


def bucket_policy(bucket: str) -> Mapping[str, Any]:
    """Deny every request to the states that does not come over TLS (FSBP S3.5)."""
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return {"Version": "2012-10-17", "Statement": [_denied("OnlyOverTls", "s3:*", _all_of(bucket), condition)]}


def service_bucket_policy(bucket: str, account: str, approver: str) -> Mapping[str, Any]:
    """The same of the states of services, and that an approval is what its key says: written once, by that very person.

    Sessions of the role `approver` write here nothing but keys that end in their own `aws:userid`; approvals are written by nobody else,
    Jenkins and administrators included, and removed by nobody. Without such a role nothing is an approval.
    """
    own = bucket_policy(bucket)
    if not approver:
        return own
    approvals = arn("s3", f"{bucket}/{APPROVALS}*")
    role = {"aws:PrincipalArn": role_arn(account, approver)}
    everybody = {"Effect": "Deny", "Principal": "*"}
    return {
        **own,
        "Statement": [
            *own["Statement"],
            _denied("OnlyApproversApprove", "s3:PutObject", approvals, {"ArnNotEquals": role}),
            _denied("OnlyOnce", "s3:PutObject", approvals, {"Null": {"s3:if-none-match": "true"}}),
            {
                **everybody,
                "Sid": "OnlyAsOneself",
                "Action": "s3:PutObject",
                "NotResource": _own_approvals(bucket, approver),
                "Condition": {"ArnEquals": role},
            },
            {
                **everybody,
                "Sid": "ApprovalsStay",
                "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
                "Resource": approvals,
            },
        ],
    }


def approver_policy(backend: Backend, approver: str, plan_key: str) -> Mapping[str, Any]:
    """What the role of the approvers needs: an administrator, or the identity provider, gives it that."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Approve",
                "Effect": "Allow",
                "Action": "s3:PutObject",
                "Resource": _own_approvals(backend.bucket, approver),
            },
            {
                "Sid": "VerifyPlans",
                "Effect": "Allow",
                "Action": "kms:Verify",
                "Resource": arn("kms", "key/*", region=backend.region, account=backend.account),
                "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": plan_key}},
            },
        ],
    }


def _own_approvals(bucket: str, approver: str) -> str:
    """The approvals of whoever asks, as that role."""
    return arn("s3", f"{bucket}/{APPROVALS}*/{approver}/${{aws:userid}}.json")


def key_policy(account: str) -> Mapping[str, Any]:
    """Leave the key to the account's IAM policies (KMS Developer Guide, default key policy)."""
    return {"Version": "2012-10-17", "Statement": [_governed_by_iam(account)]}


def access_bucket_policy(bucket: str, account: str, roles: Iterable[str]) -> Mapping[str, Any]:
    """The same as of any bucket of states, and nothing at all for Jenkins' roles, whatever their own policies say."""
    own = bucket_policy(bucket)
    return {
        **own,
        "Statement": [*own["Statement"], _denied("NotJenkins", "s3:*", _all_of(bucket), _is(account, roles))],
    }


def access_key_policy(account: str, roles: Iterable[str]) -> Mapping[str, Any]:
    """The same as of any key of states, and nothing at all for Jenkins' roles, whatever their own policies say."""
    own = key_policy(account)
    return {**own, "Statement": [*own["Statement"], _denied("NotJenkins", "kms:*", "*", _is(account, roles))]}


def plan_key_policy(account: str, deploy_role: str) -> Mapping[str, Any]:
    """The same, but nobody except Jenkins' deploy role signs, an administrator included: a signature says who saved a plan."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            _governed_by_iam(account),
            _denied(
                "OnlyJenkinsSigns",
                "kms:Sign",
                "*",
                {"ArnNotEquals": {"aws:PrincipalArn": role_arn(account, deploy_role)}},
            ),
        ],
    }


def _governed_by_iam(account: str) -> Mapping[str, Any]:
    return {
        "Sid": "GovernedByIam",
        "Effect": "Allow",
        "Principal": {"AWS": arn("iam", "root", account=account)},
        "Action": "kms:*",
        "Resource": "*",
    }


def _denied(sid: str, action: str, resource: Any, when: Mapping[str, Any]) -> Mapping[str, Any]:
    who = {"Sid": sid, "Effect": "Deny", "Principal": "*"}
    return {**who, "Action": action, "Resource": resource, "Condition": when}


def _all_of(bucket: str) -> list[str]:
    return [arn("s3", bucket), arn("s3", f"{bucket}/*")]


def _is(account: str, roles: Iterable[str]) -> Mapping[str, Any]:
    return {"ArnEquals": {"aws:PrincipalArn": [role_arn(account, role) for role in roles]}}


def private_bucket(
    aws: AwsSession, region: str, bucket: str, policy: Mapping[str, Any], making: Callable[[], None]
) -> None:
    """Make the bucket where there is none, which `making` says, and put its settings back to what they should be.

    Versioned, encrypted, owned by its account, open to nobody but whom `policy` lets in. Raises NotReadyError with AWS's reason.
    """
    s3 = aws.client("s3", region)
    mine = asking("listing our buckets", s3.list_buckets)["Buckets"]
    if bucket not in {entry["Name"] for entry in mine}:
        making()
        place = {} if region == "us-east-1" else {"LocationConstraint": region}
        extra = {"CreateBucketConfiguration": place} if place else {}
        asking(f"making the bucket {bucket}", lambda: s3.create_bucket(Bucket=bucket, **extra), by_code=_TAKEN)
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
    asking(what, lambda: s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy)))


@dataclass(frozen=True)
class AccountTrail:
    """The record of who did what in one account: a trail over all regions, in a bucket that only CloudTrail writes to.

    `aws` is an administrator's session in the account, `region` the one that the trail and its bucket belong to; the trail records
    every region. Management events only: object reads and function calls would cost per event, and say nothing about who entered.
    """

    aws: AwsSession
    region: str
    name: str
    bucket: str
    policy: Mapping[str, Any]

    def lay(self, say: Callable[[str], None]) -> None:
        """Make what is missing, and put back what somebody changed. Raises NotReadyError with AWS's reason."""
        making = f"making the bucket of the trail, {self.bucket}"
        private_bucket(self.aws, self.region, self.bucket, self.policy, lambda: say(making))
        trails, what = self.aws.client("cloudtrail", self.region), f"the trail {self.name}"
        settings = {
            "S3BucketName": self.bucket,
            "IncludeGlobalServiceEvents": True,
            "IsMultiRegionTrail": True,
            "EnableLogFileValidation": True,
        }
        named = {"trailNameList": [self.name], "includeShadowTrails": False}
        if asking(what, lambda: trails.describe_trails(**named))["trailList"]:
            asking(what, lambda: trails.update_trail(Name=self.name, **settings))
        else:
            say(f"making {what}")
            asking(what, lambda: trails.create_trail(Name=self.name, **settings))
        asking(what, lambda: trails.start_logging(Name=self.name))


@dataclass(frozen=True)
class Foundation:
    """Makes and hardens the buckets of states, their keys and the key of plans; what already is as it should be stays untouched.

    `access` is the backend of the access layers. `plan_key` is an alias; `deploy_role` names the only role that signs with
    it, and with `preview_role` those of Jenkins. `approver_role` approves plans; there may be none.
    """

    aws: AwsSession
    backend: Backend
    access: Backend
    plan_key: str
    deploy_role: str
    preview_role: str
    approver_role: str = ""

    def lay(self, say: Callable[[str], None]) -> None:
        """Bring buckets and keys to what they should be. Raises NotReadyError with AWS's reason."""
        account, access, jenkins = self.backend.account, self.access, (self.deploy_role, self.preview_role)
        policy = service_bucket_policy(self.backend.bucket, account, self.approver_role)
        self._bucket(self.backend.bucket, policy, say)
        self._bucket(access.bucket, access_bucket_policy(access.bucket, account, jenkins), say)
        self._state_key(self.backend.key_alias, key_policy(account), say)
        self._state_key(access.key_alias, access_key_policy(account, jenkins), say)
        self._plan_key(say)

    def _bucket(self, bucket: str, policy: Mapping[str, Any], say: Callable[[str], None]) -> None:
        private_bucket(self.aws, self.backend.region, bucket, policy, lambda: say(f"making the state bucket {bucket}"))

    def _state_key(self, alias: str, policy: Mapping[str, Any], say: Callable[[str], None]) -> None:
        kms, document = self.aws.client("kms", self.backend.region), json.dumps(policy)
        if not self._has(alias):
            say(f"making the state key {alias}")
            key_id = self._make_key(
                alias, Description="Encrypts secrets in the state of deploy's stacks", Policy=document
            )
            asking("rotating the state key", lambda: kms.enable_key_rotation(KeyId=key_id))
            return
        key_id = str(asking(f"the key {alias}", lambda: kms.describe_key(KeyId=alias))["KeyMetadata"]["KeyId"])
        self._put_key_policy(alias, key_id, document)

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
                remedy=remedies.OTHER_PLAN_KEY,
            )
        self._put_key_policy(alias, key["KeyId"], policy)

    def _put_key_policy(self, alias: str, key_id: str, policy: str) -> None:
        kms = self.aws.client("kms", self.backend.region)
        asking(
            f"the policy of {alias}",
            lambda: kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=policy),
        )

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
