"""The picture of a run's record on stdout: what is wrong, the sum of it, and every call account by account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from deploy_driver.assurance.audit.join import AccountCalls, AuditedEntrance, AuditFinding, AuditPicture
from deploy_driver.cloudtrail import CloudTrailRecord
from deploy_driver.record.redaction import one_line, readable, redact
from deploy_driver.render.text import parts_as_json, parts_as_text, table
from deploy_driver.render.width import folded


def as_json(picture: AuditPicture) -> Mapping[str, Any]:
    """The picture as `--output json` promises it."""
    run = picture.run
    body = {
        "run": run.run,
        "parts": parts_as_json(run.parts),
        "operation": run.operation,
        "recorded": run.kept,
        "complete": picture.complete,
        "mayStillCome": picture.may_still_come,
        "findings": [_finding(finding) for finding in picture.findings],
        "settled": [_call(record) for record in picture.settled],
        "entrances": [_entrance(entrance) for entrance in picture.entrances],
        "accounts": [_account(account) for account in picture.accounts],
        "others": [{"account": record.account, **_call(record)} for record in picture.others],
    }
    redacted: Mapping[str, Any] = redact(body)
    return redacted


def as_text(picture: AuditPicture) -> str:
    """The sum first, then what is wrong, then the entrances, then the calls of each account."""
    parts = [_summary(picture), *(_wrong(finding) for finding in picture.findings)]
    if picture.settled:
        parts.append("\n".join(f"refused at first, allowed later: {_at(record)}" for record in picture.settled))
    if picture.entrances:
        rows = [
            [_clock(entrance), entrance.role_arn, entrance.session, _side(entrance.here), _side(entrance.there)]
            for entrance in picture.entrances
        ]
        parts.append(table(["TIME", "ENTERED", "AS", "IN TOOLS", "IN TARGET"], rows))
    parts += [_calls(account) for account in picture.accounts]
    return readable("\n\n".join(parts))


def _summary(picture: AuditPicture) -> str:
    run = picture.run
    what = f"{run.operation} of {', '.join(run.stacks)}" if run.kept else "no record of it is here, only the trails"
    runs = f"; its runs: {parts_as_text(run.parts)}" if run.parts else ""
    rows = [
        [account.account, str(len(account.calls)), str(account.failed), str(account.sessions)]
        for account in picture.accounts
    ]
    lines = [
        folded(f"run {run.run}: {what}{runs}"),
        folded(picture.said()),
        table(["ACCOUNT", "CALLS", "WITH AN ERROR", "KEYS"], rows),
    ]
    if picture.may_still_come:
        lines.append("on AWS an event is in the trail after up to 15 minutes: look again later, or pass --wait 900")
    return "\n".join(lines)


def _wrong(finding: AuditFinding) -> str:
    return folded(f"WRONG  {finding.kind} in {finding.account}: {one_line(finding.fact)}\n  {finding.meaning}")


def _calls(account: AccountCalls) -> str:
    """Every call; the same one again in the same second is counted, not repeated."""
    calls = [
        (_time(record), record.session or record.caller, record.call, one_line(record.error) or "ok", record.region)
        for record in account.calls
    ]
    rows = [[*call, str(len(list(again)))] for call, again in groupby(calls)]
    return f"{account.account}\n{table(['TIME', 'WHO', 'CALL', 'RESULT', 'REGION', 'TIMES'], rows)}"


def _side(record: CloudTrailRecord | None) -> str:
    return record.id if record else "MISSING"


def _clock(entrance: AuditedEntrance) -> str:
    side = entrance.here or entrance.there
    return _time(side) if side else ""


def _time(record: CloudTrailRecord) -> str:
    return f"{datetime.fromtimestamp(record.time, UTC):%H:%M:%SZ}"


def _at(record: CloudTrailRecord) -> str:
    return f"{_time(record)} {record.account} {record.call}: {record.error}"


def _finding(finding: AuditFinding) -> Mapping[str, Any]:
    return {
        "kind": finding.kind.value,
        "account": finding.account,
        "fact": finding.fact,
        "meaning": finding.meaning,
        "events": list(finding.records),
    }


def _entrance(entrance: AuditedEntrance) -> Mapping[str, Any]:
    entry = next((side.entry for side in (entrance.here, entrance.there) if side), None)
    return {
        "account": entrance.account,
        "role": entrance.role_arn,
        "session": entrance.session,
        "sourceIdentity": entry.source_identity if entry else "",
        "tools": entrance.here.id if entrance.here else None,
        "target": entrance.there.id if entrance.there else None,
    }


def _account(account: AccountCalls) -> Mapping[str, Any]:
    return {
        "account": account.account,
        "keys": account.sessions,
        "failed": account.failed,
        "calls": [_call(record) for record in account.calls],
    }


def _call(record: CloudTrailRecord) -> Mapping[str, Any]:
    return {
        "event": record.id,
        "time": datetime.fromtimestamp(record.time, UTC).isoformat(),
        "region": record.region,
        "caller": record.caller,
        "sourceIdentity": record.source_identity,
        "call": record.call,
        "readOnly": record.read_only,
        "error": record.error,
        "message": record.message,
    }
