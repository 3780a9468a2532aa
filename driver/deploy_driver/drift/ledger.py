"""The ledger of drift: what was opened, is unchanged, was closed or came again, from look to look."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from deploy_driver.drift.finding import Finding
from deploy_driver.drift.ignore import Sorted


class Standing(StrEnum):
    """What a look did to an entry."""

    OPENED = "opened"
    UNCHANGED = "unchanged"
    REOPENED = "reopened"
    IGNORED = "ignored"
    CLOSED = "closed"


@dataclass(frozen=True)
class Entry:
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
        return self.standing not in {Standing.CLOSED, Standing.IGNORED}


Entries = Mapping[str, Entry]
"""Entries by the key of their finding."""


def after(before: Entries, found: Sorted, looked: frozenset[str], now: str) -> Entries:
    """The ledger after a look. Nothing of a stack that was not looked at is touched."""
    counted = {finding.key: finding for finding in found.counted}
    ignored = {one.finding.key: one.finding for one in found.ignored}
    entries = dict(before)
    for key, finding in counted.items():
        entries[key] = _found(before.get(key), finding, now)
    for key, finding in ignored.items():
        known = before.get(key)
        entries[key] = replace(known or _new(finding, now), standing=Standing.IGNORED, seen=now)
    for key, entry in before.items():
        if key not in counted and key not in ignored and entry.stack in looked and entry.standing != Standing.CLOSED:
            entries[key] = replace(entry, standing=Standing.CLOSED, closed=now)
    return entries


def _found(known: Entry | None, finding: Finding, now: str) -> Entry:
    if known is None:
        return _new(finding, now)
    seen = replace(known, moved=finding.moved.value, fact=finding.fact.value, seen=now)
    if known.is_open:
        return replace(seen, standing=Standing.UNCHANGED)
    return replace(seen, standing=Standing.REOPENED, opened=now, closed="", times=known.times + 1)


def _new(finding: Finding, now: str) -> Entry:
    return Entry(
        finding.stack,
        finding.urn,
        finding.path,
        finding.moved.value,
        finding.fact.value,
        Standing.OPENED,
        opened=now,
        seen=now,
    )


def restored(before: Entries, urns: Mapping[str, Collection[str]], now: str) -> Entries:
    """The ledger after a fix: what was put back, by stack, is over and need not be looked at again for that."""
    return {
        key: replace(entry, standing=Standing.CLOSED, closed=now)
        if entry.is_open and entry.urn in urns.get(entry.stack, ())
        else entry
        for key, entry in before.items()
    }


def closed_now(entries: Entries, now: str) -> tuple[Entry, ...]:
    """What this look closed."""
    return tuple(entry for entry in entries.values() if entry.standing == Standing.CLOSED and entry.closed == now)
