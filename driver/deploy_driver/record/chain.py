"""The chain of digests through the records of runs, and what is wrong with a record by it.

Every line names the digest of the line before. The first line names the last line of the newest record that was in the
state bucket when the run began, so that a record that is gone, cut off or rewritten as a whole is found as well, once a
later run is on record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from deploy_driver.digest import digest
from deploy_driver.record.catalogue import RunFinished

PREVIOUS, AFTER = "previous", "after"
"""The keys of a line: the digest of the line before; the run to which that line belongs, where it is another one."""


@dataclass(frozen=True)
class Head:
    """The last line of a run's record. Empty where there is no record before this one."""

    run: str = ""
    digest: str = ""


class Integrity(StrEnum):
    """What there is to say of a record. `no end` is a run that goes on or was killed; `not chained`, one of an earlier deploy."""

    WHOLE = "whole"
    NO_END = "no end"
    NOT_CHAINED = "not chained"
    ALTERED = "altered"
    MISSING = "missing"


@dataclass(frozen=True)
class Examined:
    """A record. `line` is where something is wrong, 0 for nowhere; `before` is what its first line names, `last` its last line."""

    run: str
    verdict: Integrity
    lines: int = 0
    line: int = 0
    fact: str = ""
    before: Head = Head()
    last: str = ""

    @property
    def wrong(self) -> bool:
        """Whether somebody changed or removed it."""
        return self.verdict in {Integrity.ALTERED, Integrity.MISSING}

    def altered(self, fact: str, line: int = 0) -> Examined:
        """The same, and something is wrong with it; what was found first stays."""
        return self if self.wrong else replace(self, verdict=Integrity.ALTERED, fact=fact, line=line)


def line_of(event: Mapping[str, Any], previous: str, after: str = "") -> bytes:
    """One line of a record, without its end; `after` where `previous` belongs to another run."""
    body = {**event, PREVIOUS: previous, **({AFTER: after} if after else {})}
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")


def head_of(run: str, record: bytes) -> Head:
    """The last line of a record."""
    *lines, rest = record.split(b"\n")
    lines += [rest] if rest else []
    return Head(run, digest(lines[-1])) if lines else Head()


def examine(run: str, record: bytes, *, kept: bool) -> Examined:
    """Look at the lines of one record. One that is `kept` in the state bucket was put there when its run had ended."""
    lines = record.split(b"\n")
    ended = lines.pop() == b""
    bodies = [_parsed(line) for line in lines]
    first: Mapping[str, Any] = (bodies[0] if bodies else None) or {}
    before = Head(str(first.get(AFTER, "")), str(first.get(PREVIOUS, "")))
    chained = any(each is not None and PREVIOUS in each for each in bodies)
    looked = Examined(run, Integrity.WHOLE, len(lines), before=before, last=digest(lines[-1]) if lines else "")
    for number, fact in _broken(run, lines, bodies, chained=chained):
        return looked.altered(fact, number)
    if not chained and bodies:
        return replace(looked, verdict=Integrity.NOT_CHAINED, fact="written before records were chained")
    if ended and bodies and (bodies[-1] or {}).get("kind") == RunFinished.kind:
        return looked
    if kept:
        return looked.altered("it does not say how the run ended: lines are missing after it", len(lines))
    return replace(looked, verdict=Integrity.NO_END, fact="the run goes on, or was killed")


def together(found: Iterable[Examined]) -> list[Examined]:
    """The same records, newest first, and what the later ones say of those before them: missing, or not what they were."""
    known = {each.run: each for each in found}
    for each in [known[run] for run in sorted(known)]:
        before = known.get(each.before.run)
        if each.before.run and before is None:
            fact = f"run {each.run} came after it"
            known[each.before.run] = Examined(each.before.run, Integrity.MISSING, fact=fact)
        elif before is not None and before.last and before.last != each.before.digest:
            fact = f"its last line is not the one that run {each.run} came after"
            known[before.run] = before.altered(fact, before.lines)
    return [known[run] for run in sorted(known, reverse=True)]


def _broken(
    run: str, lines: list[bytes], bodies: list[Mapping[str, Any] | None], *, chained: bool
) -> Iterator[tuple[int, str]]:
    """Every line that is not as it was written, with its number."""
    for number, each in enumerate(bodies, 1):
        if each is None:
            yield number, "it is not a line of a record"
        elif each.get("run") != run:
            yield number, f"it belongs to run {each.get('run')}"
        elif each.get("sequence") != number:
            yield number, f"it is event {each.get('sequence')} of its run: lines are missing, or in another order"
        elif chained and number > 1 and each.get(PREVIOUS) != digest(lines[number - 2]):
            yield number, "the line before it is not the one that it was written after"
        elif number < len(bodies) and each.get("kind") == RunFinished.kind:
            yield number + 1, "it stands after the end of its run"


def _parsed(line: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
