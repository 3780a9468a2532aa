"""Approvals in the state bucket: one object for each person and plan, under a key that only that person can write.

`.deploy/approvals/DIGEST/ROLE/USERID.json`, where `DIGEST` is the SHA-256 of `plan.json`. The bucket's policy, which `deploy bootstrap`
makes, lets sessions of the approvers' role put the keys that end in their own `aws:userid`, once, and nobody anything else. So what is
believed is the key, and the moment that S3 has for it; never the content.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.bundle.approval import Approval
from deploy_driver.digest import digest
from deploy_driver.errors import NotReadyError
from deploy_driver.values import Backend
from deploy_project.stacks import arn

PREFIX = ".deploy/approvals/"
_SUFFIX = ".json"
_REMEDIES = {"AccessDenied": remedies.BECOME_APPROVER}


@dataclass(frozen=True)
class S3Approvals:
    """Approvals, as `aws` may give and see them. Every method raises NotReadyError with AWS's reason."""

    aws: AwsSession
    backend: Backend

    def user(self) -> tuple[str, str]:
        """Who we are: the ARN, and what AWS calls `aws:userid`."""
        answer = asking("asking AWS who we are", self.aws.client("sts").get_caller_identity)
        return str(answer["Arn"]), str(answer["UserId"])

    def give(self, plan: bytes, role: str, user: str) -> bool:
        """Approve the plan of that content; False where we have done so before."""
        from botocore.exceptions import ClientError

        s3, key = self.aws.client("s3", self.backend.region), f"{_of(plan)}{role}/{user}{_SUFFIX}"
        body = json.dumps({"plan": digest(plan), "role": role, "user": user}).encode()

        def once() -> bool:
            try:
                s3.put_object(
                    Bucket=self.backend.bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*"
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "PreconditionFailed":
                    raise
                return False
            return True

        return asking("approving the plan", once, by_code=_REMEDIES)

    def of(self, plan: bytes) -> Sequence[Approval]:
        """All approvals of the plan of that content."""
        s3, prefix = self.aws.client("s3", self.backend.region), _of(plan)
        listing = s3.get_paginator("list_objects_v2").paginate(Bucket=self.backend.bucket, Prefix=prefix)
        pages = asking("looking for approvals of the plan", lambda: list(listing))
        found = [entry for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith(_SUFFIX)]
        return [_approval(entry["Key"].removeprefix(prefix), entry["LastModified"].timestamp()) for entry in found]


def require_session_of(caller: str, account: str, role: str) -> None:
    """Raise NotReadyError where `caller` is no session of that role; the role's path is not part of a session's ARN."""
    name = role.rpartition("/")[2]
    if not caller.startswith(arn("sts", f"assumed-role/{name}/", account=account)):
        raise NotReadyError(
            f"plans are approved by sessions of the role {name} in account {account}, and this is {caller}",
            remedy=remedies.SIGN_IN_AS_APPROVER,
        )


def _of(plan: bytes) -> str:
    return f"{PREFIX}{digest(plan).removeprefix('sha256:')}/"


def _approval(key: str, at: float) -> Approval:
    role, _, file = key.rpartition("/")
    return Approval(role, file.removesuffix(_SUFFIX), at)
