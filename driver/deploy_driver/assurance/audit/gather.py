"""Asks the trails for everything that belongs to one run, and for who else was in the same roles meanwhile.

    1  every AssumeRole of the time in question, in every account
    2  the names of the run's sessions, from those; they end with the run's id
    3  in each target, what the run's sessions did, and what other sessions of the same roles did while it ran
    4  in the tools account, what the machine did that entered them, as far as it bears the run's mark

The calls of a session are asked for by its name, so that what it did is found even where its AssumeRole is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from deploy_driver.assurance.audit.run_record import RunRecord
from deploy_driver.cloudtrail import CloudTrailRecord, read
from deploy_driver.errors import NotReadyError
from deploy_driver.ports import Trail

MARGIN = 60
"""Seconds that the clocks of this machine and of AWS may differ."""


@dataclass(frozen=True)
class TrailSource:
    """One account and its trail. `reach` is how long, in seconds, a session may already have lasted there."""

    account: str
    trail: Trail
    reach: int = 0


def gather(
    run: RunRecord, applications: Sequence[str], tools: TrailSource, targets: Sequence[TrailSource], now: float
) -> tuple[CloudTrailRecord, ...]:
    """Every record that tells of the run, in no order; `applications` are its ids in the user agent. Raises NotReadyError."""
    start, end = run.started - MARGIN, (run.ended or now) + MARGIN
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="audit") as pool:
        entries = list(pool.map(lambda place: _entries(place, start, end), (tools, *targets)))
        mine = [record for found in entries for record in found if _enters(record, run)]
        names = {record.entry.session for record in mine if record.entry}
        machine = pool.submit(_machine, tools, run, mine, applications, (start, end))
        sessions = pool.map(
            lambda place, found: _sessions(place, found, names, run, (start, end)), targets, entries[1:]
        )
        return tuple({*mine, *machine.result(), *(record for found in sessions for record in found)})


def _find(place: TrailSource, key: str, value: str, start: float, end: float) -> list[CloudTrailRecord]:
    try:
        return [read(raw) for raw in place.trail.find(key, value, start, end)]
    except ValueError as error:
        raise NotReadyError(f"trail of {place.account}: {error}") from None


def _entries(place: TrailSource, start: float, end: float) -> list[CloudTrailRecord]:
    return _find(place, "EventName", "AssumeRole", start - place.reach, end)


def _enters(record: CloudTrailRecord, run: RunRecord) -> bool:
    return record.entry is not None and run.has(record.entry.session)


def _sessions(
    place: TrailSource,
    entries: Iterable[CloudTrailRecord],
    names: Iterable[str],
    run: RunRecord,
    window: tuple[float, float],
) -> list[CloudTrailRecord]:
    """The calls of the run's sessions in a target, and the entrances and calls of others in the same roles."""
    roles = {record.entry.role_arn for record in entries if record.entry and _enters(record, run)}
    roles |= {step.role_arn for step in run.steps if step.account == place.account}
    others = [
        record
        for record in entries
        if record.entry and record.entry.role_arn in roles and not _enters(record, run) and not record.error
    ]
    asked = {*names, *(record.entry.session for record in others if record.entry)}
    return [*others, *(record for name in sorted(asked) for record in _find(place, "Username", name, *window))]


def _machine(
    tools: TrailSource,
    run: RunRecord,
    entries: Iterable[CloudTrailRecord],
    applications: Sequence[str],
    window: tuple[float, float],
) -> list[CloudTrailRecord]:
    """What each machine that ran the run did in its own account, under the run's mark."""
    callers = {record.session for record in entries if record.account == tools.account}
    callers |= {who.split("/", 2)[2] if ":assumed-role/" in who else who.rpartition("/")[2] for who in run.identities}
    found = [record for name in sorted(callers - {""}) for record in _find(tools, "Username", name, *window)]
    return [record for record in found if bears(record, applications)]


def bears(record: CloudTrailRecord, applications: Iterable[str]) -> bool:
    """Whether the call's user agent carries an application id of the run (`app/…`, AWS SDKs and Tools Reference)."""
    return any(f"app/{application}" in record.agent for application in applications)
