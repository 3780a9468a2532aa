"""Makes the picture of a run from its records: the same for any order, any repetition, any cut into pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from deploy_driver.assurance.audit.finding import MISSING, Finding, Kind
from deploy_driver.assurance.audit.gather import bears
from deploy_driver.assurance.audit.run_record import RunRecord
from deploy_driver.cloudtrail import Record

DELAY = 900
"""Seconds after which an event is in the trail: LookupEvents and delivery both take up to about 15 minutes on AWS."""


@dataclass(frozen=True)
class Entrance:
    """One AssumeRole of the run, as the tools account saw it and as the target did; None where its trail says nothing."""

    role_arn: str
    session: str
    here: Record | None
    there: Record | None

    @property
    def account(self) -> str:
        """The account that was entered."""
        return dict(enumerate(self.role_arn.split(":"))).get(4, "")


@dataclass(frozen=True)
class AccountCalls:
    """What the run did in one account, in the order of time."""

    account: str
    calls: tuple[Record, ...]

    @property
    def sessions(self) -> int:
        """With how many access keys: more than one when a session ended and was renewed."""
        return len({call.access_key for call in self.calls if call.access_key})

    @property
    def failed(self) -> int:
        """How many calls AWS answered with an error, for whatever reason: a provider asks for much that is not there."""
        return sum(1 for call in self.calls if call.error)


@dataclass(frozen=True)
class Picture:
    """One run as its accounts recorded it. `young`: more may still arrive. `settled`: refusals that ended in permission."""

    run: RunRecord
    accounts: tuple[AccountCalls, ...]
    entrances: tuple[Entrance, ...]
    findings: tuple[Finding, ...]
    settled: tuple[Record, ...]
    others: tuple[Record, ...]
    young: bool

    @property
    def complete(self) -> bool:
        """Whether nothing is missing or wrong."""
        return not self.findings

    def said(self) -> str:
        """The picture in one line."""
        calls = sum(len(account.calls) for account in self.accounts)
        wrong = len(self.findings)
        verdict = (
            "nothing is missing or wrong"
            if self.complete
            else f"{wrong} {'thing is' if wrong == 1 else 'things are'} missing or wrong"
        )
        return f"{calls} calls in {len(self.accounts)} accounts, {len(self.entrances)} entrances: {verdict}"

    @property
    def may_still_come(self) -> bool:
        """Whether waiting may help: something is missing and the trail may be behind."""
        return self.young and (not self.accounts or any(finding.kind in MISSING for finding in self.findings))


@dataclass(frozen=True)
class Known:
    """What the records are held against. `looking` are the roles in which anybody may look at any time."""

    run: RunRecord
    tools: str
    application: str
    looking: frozenset[str]
    now: float


def join(records: Iterable[Record], known: Known) -> Picture:
    """The picture of the run that `records` tell of, with everything that is missing or wrong."""
    ordered = sorted({(record.account, record.id): record for record in records}.values(), key=_when)
    mine = [record for record in ordered if _is_of(record, known)]
    entrances = _entrances(mine, known)
    others = _others(ordered, mine, known)
    settled = tuple(record for record in mine if record.denied and _allowed_later(record, mine))
    findings = [
        *_refusals([record for record in mine if record.denied and record not in settled]),
        *_strangers(others),
        *_one_sided(entrances),
        *_unexplained(mine, entrances, known),
        *_unseen(mine, entrances, known),
        *_unmarked(mine, known),
    ]
    accounts = [AccountCalls(account, calls) for account, calls in _by(mine, lambda record: record.account).items()]
    accounts.sort(key=lambda found: (found.account != known.tools, found.calls[0].time, found.account))
    last = max((record.time for record in mine), default=known.run.started)
    young = known.now - (known.run.ended or last) < DELAY
    return Picture(known.run, tuple(accounts), entrances, tuple(sorted(findings)), settled, others, young)


def _when(record: Record) -> tuple[float, bool, str, str, str, str]:
    """CloudTrail tells time in whole seconds; within one, the entrances go first."""
    return record.time, record.entry is None, record.account, record.service, record.name, record.id


def _by(records: Iterable[Record], key: Callable[[Record], str]) -> Mapping[str, tuple[Record, ...]]:
    """The records by a fact of theirs, in the order of that fact; within it their own order stays."""
    return {fact: tuple(found) for fact, found in groupby(sorted(records, key=key), key)}


def _is_of(record: Record, known: Known) -> bool:
    """Whether the call is the run's: made by a session of its name, or by its machine under its mark."""
    name = f"-{known.run.run}"
    enters = record.entry is not None and record.entry.session.endswith(name)
    if record.account == known.tools:
        return enters or bears(record, known.application)
    return enters or record.session.endswith(name)


def _entrances(mine: Iterable[Record], known: Known) -> tuple[Entrance, ...]:
    """Both sides of each successful AssumeRole, by their shared event id; a refused one is the caller's alone."""
    sides = _by(
        (record for record in mine if record.entry and not record.error), lambda record: record.shared or record.id
    )
    found = []
    for pair in sorted(sides.values(), key=lambda pair: _when(pair[0])):
        here = next((record for record in pair if record.account == known.tools), None)
        there = next((record for record in pair if record.account != known.tools), None)
        entry = pair[0].entry
        if entry:
            found.append(Entrance(entry.role_arn, entry.session, here, there))
    return tuple(found)


def _others(ordered: Iterable[Record], mine: Iterable[Record], known: Known) -> tuple[Record, ...]:
    """What other sessions of the run's roles did between the run's first and last call in that role."""
    times = {
        role: (calls[0].time, calls[-1].time)
        for role, calls in _by((record for record in mine if record.role_arn), lambda record: record.role_arn).items()
    }
    return tuple(
        record
        for record in ordered
        if record.account != known.tools
        and not _is_of(record, known)
        and record.role_arn in times
        and times[record.role_arn][0] <= record.time <= times[record.role_arn][1]
        and not (record.read_only and record.role_arn in known.looking)
    )


def _allowed_later(refused: Record, mine: Iterable[Record]) -> bool:
    """Whether the same was allowed later in the run: new roles and policies take a moment to be known everywhere (IAM)."""
    return any(
        record.time >= refused.time
        and not record.denied
        and (record.account, record.call, record.entry and record.entry.role_arn)
        == (refused.account, refused.call, refused.entry and refused.entry.role_arn)
        and (refused.entry is not None or record.session == refused.session)
        for record in mine
    )


def _refusals(denied: Iterable[Record]) -> list[Finding]:
    return [
        Finding(Kind.DENIED, record.account, f"{record.call}: {record.error}: {record.message}", (record.id,))
        for record in denied
    ]


def _strangers(others: Iterable[Record]) -> list[Finding]:
    return [
        Finding(Kind.FOREIGN, calls[0].account, f"{caller}: {_names(calls)}", _ids(calls))
        for caller, calls in _by(others, lambda record: record.caller).items()
    ]


def _one_sided(entrances: Iterable[Entrance]) -> list[Finding]:
    found = []
    for entrance in entrances:
        side = entrance.here or entrance.there
        if side and not (entrance.here and entrance.there):
            kind = Kind.ONLY_IN_TOOLS if entrance.here else Kind.ONLY_IN_TARGET
            fact = f"{entrance.role_arn} as {entrance.session}"
            found.append(Finding(kind, entrance.account, fact, (side.id,)))
    return found


def _unexplained(mine: Iterable[Record], entrances: Iterable[Entrance], known: Known) -> list[Finding]:
    """Sessions that worked with a key that no AssumeRole gave out."""
    given = {
        side.entry.access_key
        for entrance in entrances
        for side in (entrance.here, entrance.there)
        if side and side.entry
    }
    worked = (
        record for record in mine if record.account != known.tools and record.session and record.access_key not in given
    )
    return [
        Finding(Kind.NO_ENTRANCE, calls[0].account, f"{calls[0].caller}: {_names(calls)}", _ids(calls))
        for calls in _by(worked, lambda record: f"{record.caller} {record.access_key}").values()
    ]


def _unseen(mine: Iterable[Record], entrances: Iterable[Entrance], known: Known) -> list[Finding]:
    """Steps of the run's own record that the trails do not show."""
    entered = {entrance.role_arn for entrance in entrances}
    worked = {record.role_arn for record in mine}
    found = []
    for step in known.run.steps:
        if step.role_arn and step.role_arn not in entered | worked:
            found.append(Finding(Kind.NOT_ENTERED, step.account, f"{step.stack}: {step.role_arn}"))
        elif step.role_arn and step.role_arn not in worked:
            found.append(Finding(Kind.NO_CALLS, step.account, f"{step.stack}: {step.role_arn}"))
    return found


def _unmarked(mine: Iterable[Record], known: Known) -> list[Finding]:
    """Calls of the run's sessions by other software. What AWS does on the run's behalf names a service as its agent."""
    unmarked = (
        record
        for record in mine
        if record.session and not bears(record, known.application) and not record.agent.endswith(".amazonaws.com")
    )
    return [
        Finding(Kind.NO_MARK, calls[0].account, f"{calls[0].caller}: {_names(calls)}", _ids(calls))
        for calls in _by(unmarked, lambda record: f"{record.account} {record.caller}").values()
    ]


def _names(calls: tuple[Record, ...]) -> str:
    return ", ".join(dict.fromkeys(call.call for call in calls))


def _ids(calls: tuple[Record, ...]) -> tuple[str, ...]:
    return tuple(sorted(call.id for call in calls))
