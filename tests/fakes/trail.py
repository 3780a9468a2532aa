"""An account's CloudTrail as told, and the records of one well recorded run to tell from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.samples import ACCOUNTS, RUN

START = 1795395720.0
TOOLS, DEV = "111111111111", ACCOUNTS["dev"]
ROLE = f"arn:aws:iam::{DEV}:role/deploy/deployment/items-dev-deployment"
PREVIEW = f"arn:aws:iam::{DEV}:role/deploy/preview/items-dev-preview"
SESSION = f"items-dev-b42-{RUN}"
MACHINE = f"arn:aws:sts::{TOOLS}:assumed-role/jenkins-deploy/i-1"
MARK = f"Boto3/1 md/x app/deploy-{RUN}"
KEY = "ASIAKEYONE"

Raw = Mapping[str, Any]


def call(name: str, at: float = 10, **facts: Any) -> dict[str, Any]:
    """One call of the run's session in dev, `at` seconds after the run's start; facts are the record's own fields."""
    service, _, operation = name.partition(":")
    account = facts.pop("account", DEV)
    who = facts.pop("who", {})
    role, session = facts.pop("role", ROLE), facts.pop("session", SESSION)
    identity = {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{session}",
        "accountId": account,
        "accessKeyId": facts.pop("key", KEY),
        "sessionContext": {"sessionIssuer": {"arn": role}, "sourceIdentity": session},
    }
    return {
        "eventID": f"{account}-{name}-{at:g}-{session}",
        "eventTime": datetime.fromtimestamp(START + at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": operation,
        "awsRegion": "eu-central-1",
        "userAgent": MARK,
        "readOnly": operation.startswith(("Get", "List")),
        "recipientAccountId": account,
        "userIdentity": {**identity, **who},
        **facts,
    }


def machine(name: str, at: float = 1, **facts: Any) -> dict[str, Any]:
    """One call of the machine in the tools account."""
    return call(name, at, account=TOOLS, role=f"arn:aws:iam::{TOOLS}:role/jenkins-deploy", session="i-1", **facts)


def entrance(at: float = 5, *, key: str = KEY, role: str = ROLE, session: str = SESSION) -> tuple[Raw, Raw]:
    """Both sides of one AssumeRole: as the tools account has it, and as the target does."""
    facts = {
        "sharedEventID": f"shared-{at:g}-{session}",
        "readOnly": True,
        "userAgent": MARK if session == SESSION else "Boto3/1 app/deploy-another",
        "requestParameters": {"roleArn": role, "roleSessionName": session, "sourceIdentity": session},
        "responseElements": {"credentials": {"accessKeyId": key}},
    }
    here = machine("sts:AssumeRole", at, **facts)
    there = call("sts:AssumeRole", at, **facts)
    outside = {"type": "AWSAccount", "principalId": "AROAJENKINS:i-1", "accountId": TOOLS}
    return {**here, "eventID": f"here-{at:g}-{session}"}, {
        **there,
        "eventID": f"there-{at:g}-{session}",
        "userIdentity": outside,
    }


def a_run() -> list[Raw]:
    """Everything that a complete run leaves: entered twice (once to check), a few calls on either side."""
    return [
        machine("sts:GetCallerIdentity", 1),
        *entrance(2, key="ASIACHECKED"),
        machine("kms:Decrypt", 3),
        *entrance(5),
        call("sts:GetCallerIdentity", 6),
        call("s3:CreateBucket", 7),
        call("lambda:GetFunction20150331v2", 8, errorCode="ResourceNotFoundException", errorMessage="no function"),
        call("lambda:CreateFunction20150331", 9),
    ]


def events(*, ended: float | None = 20) -> list[Raw]:
    """What the run's own record says."""
    told: Sequence[tuple[float, str, Mapping[str, Any]]] = (
        (0, "run-started", {"operation": "up", "cloud": "sandbox", "stacks": ["dev"]}),
        (1, "check-passed", {"check": "identity", "fact": MACHINE, "stack": ""}),
        (4, "step-started", {"stack": "dev", "account": DEV, "operation": "up", "role": ROLE}),
        *([] if ended is None else [(ended, "run-finished", {"exit_code": 0, "seconds": ended})]),
    )
    return [
        {"run": RUN, "time": datetime.fromtimestamp(START + at, UTC).isoformat(), "kind": kind, **facts}
        for at, kind, facts in told
    ]


@dataclass
class FakeTrail:
    """Implements the Trail port over the given records of one account."""

    records: Sequence[Raw]
    asked: list[tuple[str, str]] = field(default_factory=list)

    def find(self, key: str, value: str, start: float, end: float) -> Iterator[Raw]:
        self.asked.append((key, value))
        for record in self.records:
            moment = datetime.fromisoformat(record["eventTime"]).timestamp()
            fact = (
                record["eventName"] if key == "EventName" else record["userIdentity"].get("arn", "").rpartition("/")[2]
            )
            if fact == value and start <= moment <= end:
                yield record
