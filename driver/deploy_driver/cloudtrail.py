"""One CloudTrail record, as far as an audit reads it.

Names and meanings: "CloudTrail record contents" and "CloudTrail userIdentity element" (AWS CloudTrail User Guide).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_DENIED = re.compile(r"AccessDenied|Unauthorized|NotAuthorized|Forbidden")


@dataclass(frozen=True)
class AssumeRoleCall:
    """What an AssumeRole asked for, and the id of the key that it was given; empty when it was refused."""

    role_arn: str
    session: str
    source_identity: str
    access_key: str


@dataclass(frozen=True)
class CloudTrailRecord:
    """One call. `time` is in seconds since the epoch; `session` and `role_arn` are empty when no role's session called."""

    id: str
    shared: str
    account: str
    region: str
    time: float
    service: str
    name: str
    read_only: bool
    error: str
    message: str
    caller: str
    session: str
    role_arn: str
    access_key: str
    source_identity: str
    agent: str
    entry: AssumeRoleCall | None = None

    @property
    def call(self) -> str:
        """`service:Name`, as IAM writes actions; the name is CloudTrail's, which sometimes carries a version."""
        return f"{self.service}:{self.name}"

    @property
    def denied(self) -> bool:
        """Whether the caller was not allowed to do it, whatever each service calls that."""
        return bool(_DENIED.search(self.error))


def read(raw: Mapping[str, Any]) -> CloudTrailRecord:
    """The record of an event as CloudTrail writes it. Raises ValueError when it is none."""
    try:
        who: Mapping[str, Any] = raw.get("userIdentity") or {}
        context: Mapping[str, Any] = who.get("sessionContext") or {}
        arn = str(who.get("arn") or "")
        return CloudTrailRecord(
            id=str(raw["eventID"]),
            shared=str(raw.get("sharedEventID") or ""),
            account=str(raw.get("recipientAccountId") or who.get("accountId") or ""),
            region=str(raw.get("awsRegion") or ""),
            time=datetime.fromisoformat(raw["eventTime"]).timestamp(),
            service=str(raw["eventSource"]).removesuffix(".amazonaws.com"),
            name=str(raw["eventName"]),
            read_only=_is_true(raw.get("readOnly")),
            error=str(raw.get("errorCode") or ""),
            message=str(raw.get("errorMessage") or ""),
            caller=str(arn or who.get("invokedBy") or who.get("principalId") or ""),
            session=arn.split("/", 2)[2] if ":assumed-role/" in arn else "",
            role_arn=str((context.get("sessionIssuer") or {}).get("arn") or ""),
            access_key=str(who.get("accessKeyId") or ""),
            source_identity=str(context.get("sourceIdentity") or ""),
            agent=str(raw.get("userAgent") or ""),
            entry=_entry(raw),
        )
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise ValueError(f"not a CloudTrail record: {error!r:.200}") from None


def _entry(raw: Mapping[str, Any]) -> AssumeRoleCall | None:
    if raw["eventSource"] != "sts.amazonaws.com" or raw["eventName"] != "AssumeRole":
        return None
    asked: Mapping[str, Any] = raw.get("requestParameters") or {}
    given: Mapping[str, Any] = (raw.get("responseElements") or {}).get("credentials") or {}
    return AssumeRoleCall(
        str(asked.get("roleArn") or ""),
        str(asked.get("roleSessionName") or ""),
        str(asked.get("sourceIdentity") or ""),
        str(given.get("accessKeyId") or ""),
    )


def _is_true(value: object) -> bool:
    return value is True or value == "true"
