"""Who made a call, as CloudTrail says it.

"CloudTrail userIdentity element"
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html). The emulator
wrote an IAM user named after the access key, whoever it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ministack.core import iam_evaluator

from deploy_sandbox.cloud import emulator


@dataclass(frozen=True)
class TrailCaller:
    """A verified caller: its account, the name that LookupEvents finds it by, and its `userIdentity`."""

    account: str
    username: str
    access_key_id: str
    principal_id: str
    identity: dict[str, Any]

    def from_outside(self) -> dict[str, Any]:
        """The `userIdentity` that another account's record shows of this caller."""
        return {"type": "AWSAccount", "principalId": self.principal_id, "accountId": self.account}


def caller(access_key_id: str, account: str) -> TrailCaller | None:
    """The caller behind an access key whose signature was verified; None for anyone else."""
    if not iam_evaluator.caller_verified(access_key_id, account):
        return None
    credential = iam_evaluator.resolve_credential(access_key_id, account)
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        return None
    identity = {
        "type": "IAMUser" if credential.principal_type == "User" else credential.principal_type,
        "principalId": credential.principal_id,
        "arn": credential.principal_arn,
        "accountId": credential.account_id,
        "accessKeyId": access_key_id,
    }
    session = emulator.SESSIONS.get(access_key_id)
    username = credential.principal_arn.rpartition("/")[2]
    if credential.principal_type == "Root":
        username = "root"
    elif credential.principal_type == "User":
        identity["userName"] = credential.principal_name
    if session is not None:
        identity["sessionContext"] = _session_context(session, credential)
    return TrailCaller(credential.account_id, username, access_key_id, credential.principal_id, identity)


def _session_context(session: dict[str, Any], credential: Any) -> dict[str, Any]:
    issued = datetime.fromtimestamp(session.get("IssuedAt", 0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    context: dict[str, Any] = {"attributes": {"creationDate": issued, "mfaAuthenticated": "false"}}
    if credential.principal_type == "AssumedRole":
        context["sessionIssuer"] = _issuer(credential)
    if session.get("SourceIdentity"):
        context["sourceIdentity"] = session["SourceIdentity"]
    if session.get("Ec2RoleDelivery"):
        context["ec2RoleDelivery"] = session["Ec2RoleDelivery"]
    return context


def _issuer(credential: Any) -> dict[str, str]:
    name = credential.principal_arn.split("/")[1]
    role = emulator.role(credential.account_id, name) or {}
    return {
        "type": "Role",
        "principalId": credential.principal_id.partition(":")[0],
        "arn": role.get("Arn") or f"arn:aws:iam::{credential.account_id}:role/{name}",
        "accountId": credential.account_id,
        "userName": name,
    }
