"""The ledger of drift: what was opened, is unchanged, was closed or came again, from look to look."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from deploy_driver.drift.finding import DriftFinding
from deploy_driver.drift.ignore import SortedFindings


class EntryStatus(StrEnum):
    """What a look did to an entry."""

    OPENED = "opened"
    UNCHANGED = "unchanged"
    REOPENED = "reopened"
    IGNORED = "ignored"
    CLOSED = "closed"


@dataclass(frozen=True)
class LedgerEntry:
    """One difference over time. Moments are ISO 8601, UTC; `closed` is empty while it is open. `times` it was opened."""

    stack: str
    urn: str
    path: str
    moved: str
    fact: str
    standing: str
    opened: str
    seen: str
    closed: str = ""
    times: int = 1

    @property
    def is_open(self) -> bool:
        """Whether it counts."""
        return self.standing not in {EntryStatus.CLOSED, EntryStatus.IGNORED}


Entries = Mapping[str, LedgerEntry]
"""Entries by the key of their finding."""


def after(before: Entries, found: SortedFindings, scanned: frozenset[str], now: str) -> Entries:
    """The ledger after a look. Nothing of a stack that was not looked at is touched."""
    counted = {finding.key: finding for finding in found.counted}
    ignored = {one.finding.key: one.finding for one in found.ignored}
    entries = dict(before)
    for key, finding in counted.items():
        entries[key] = _found(before.get(key), finding, now)
    for key, finding in ignored.items():
        known = before.get(key)
        entries[key] = replace(known or _new(finding, now), standing=EntryStatus.IGNORED, seen=now)
    for key, entry in before.items():
        if (
            key not in counted
            and key not in ignored
            and entry.stack in scanned
            and entry.standing != EntryStatus.CLOSED
        ):
            entries[key] = replace(entry, standing=EntryStatus.CLOSED, closed=now)
    return entries


def _found(known: LedgerEntry | None, finding: DriftFinding, now: str) -> LedgerEntry:
    if known is None:
        return _new(finding, now)
    seen = replace(known, moved=finding.moved.value, fact=finding.fact.value, seen=now)
    if known.is_open:
        return replace(seen, standing=EntryStatus.UNCHANGED)
    return replace(seen, standing=EntryStatus.REOPENED, opened=now, closed="", times=known.times + 1)


def _new(finding: DriftFinding, now: str) -> LedgerEntry:
    return LedgerEntry(
        finding.stack,
        finding.urn,
        finding.path,
        finding.moved.value,
        finding.fact.value,
        EntryStatus.OPENED,
        opened=now,
        seen=now,
    )


def restored(before: Entries, urns: Mapping[str, Collection[str]], now: str) -> Entries:
    """The ledger after a fix: what was put back, by stack, is over and need not be looked at again for that."""
    return {
        key: replace(entry, standing=EntryStatus.CLOSED, closed=now)
        if entry.is_open and entry.urn in urns.get(entry.stack, ())
        else entry
        for key, entry in before.items()
    }


def closed_now(entries: Entries, now: str) -> tuple[LedgerEntry, ...]:
    """What this look closed."""
    return tuple(entry for entry in entries.values() if entry.standing == EntryStatus.CLOSED and entry.closed == now)
