"""Makes the picture of a run from its records: the same for any order, any repetition, any cut into pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from deploy_driver.assurance.audit.gather import bears
from deploy_driver.assurance.audit.run_record import RunRecord
from deploy_driver.cloudtrail import CloudTrailRecord


class AuditKind(StrEnum):
    """The findings of an audit; the words are promised."""

    DENIED = "denied call"
    FOREIGN = "foreign call"
    ONLY_IN_TOOLS = "entrance only in tools"
    ONLY_IN_TARGET = "entrance only in target"
    NO_ENTRANCE = "calls without entrance"
    NOT_ENTERED = "never entered"
    NO_CALLS = "no calls"
    NO_MARK = "not marked"


MEANINGS = {
    AuditKind.DENIED: "AWS refused a call of the run, and did not allow it later",
    AuditKind.FOREIGN: "somebody else worked in the same role while the run did",
    AuditKind.ONLY_IN_TOOLS: "the tools account says that the role was entered, the target's trail does not",
    AuditKind.ONLY_IN_TARGET: "the target says that its role was entered, the tools account's trail does not",
    AuditKind.NO_ENTRANCE: "a session of the run worked, and no trail says how it got its credentials",
    AuditKind.NOT_ENTERED: "the run's record says that it took the role, no trail does",
    AuditKind.NO_CALLS: "the run worked as the role, and the target's trail shows no call of it",
    AuditKind.NO_MARK: "a session of the run made calls without the run's application id: other software had its credentials",
}

MISSING = frozenset(
    {
        AuditKind.ONLY_IN_TOOLS,
        AuditKind.ONLY_IN_TARGET,
        AuditKind.NO_ENTRANCE,
        AuditKind.NOT_ENTERED,
        AuditKind.NO_CALLS,
    }
)
"""What may still arrive while the trail is behind."""


@dataclass(frozen=True, order=True)
class AuditFinding:
    """One thing that is missing or wrong: in which account, what exactly, and the records that show it."""

    kind: AuditKind
    account: str
    fact: str
    records: tuple[str, ...] = ()

    @property
    def meaning(self) -> str:
        """The sentence that explains its kind."""
        return MEANINGS[self.kind]


DELAY = 900
"""Seconds after which an event is in the trail: LookupEvents and delivery both take up to about 15 minutes on AWS."""


@dataclass(frozen=True)
class AuditedEntrance:
    """One AssumeRole of the run, as the tools account saw it and as the target did; None where its trail says nothing."""

    role_arn: str
    session: str
    here: CloudTrailRecord | None
    there: CloudTrailRecord | None

    @property
    def account(self) -> str:
        """The account that was entered."""
        return dict(enumerate(self.role_arn.split(":"))).get(4, "")


@dataclass(frozen=True)
class AccountCalls:
    """What the run did in one account, in the order of time."""

    account: str
    calls: tuple[CloudTrailRecord, ...]

    @property
    def sessions(self) -> int:
        """With how many access keys: more than one when a session ended and was renewed."""
        return len({call.access_key for call in self.calls if call.access_key})

    @property
    def failed(self) -> int:
        """How many calls AWS answered with an error, for whatever reason: a provider asks for much that is not there."""
        return sum(1 for call in self.calls if call.error)


@dataclass(frozen=True)
class AuditPicture:
    """One run as its accounts recorded it. `young`: more may still arrive. `settled`: refusals that ended in permission."""

    run: RunRecord
    accounts: tuple[AccountCalls, ...]
    entrances: tuple[AuditedEntrance, ...]
    findings: tuple[AuditFinding, ...]
    settled: tuple[CloudTrailRecord, ...]
    others: tuple[CloudTrailRecord, ...]
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
    applications: tuple[str, ...]
    looking: frozenset[str]
    now: float


def join(records: Iterable[CloudTrailRecord], known: Known) -> AuditPicture:
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
    return AuditPicture(known.run, tuple(accounts), entrances, tuple(sorted(findings)), settled, others, young)


def _when(record: CloudTrailRecord) -> tuple[float, bool, str, str, str, str]:
    """CloudTrail tells time in whole seconds; within one, the entrances go first."""
    return record.time, record.entry is None, record.account, record.service, record.name, record.id


def _by(
    records: Iterable[CloudTrailRecord], key: Callable[[CloudTrailRecord], str]
) -> Mapping[str, tuple[CloudTrailRecord, ...]]:
    """The records by a fact of theirs, in the order of that fact; within it their own order stays."""
    return {fact: tuple(found) for fact, found in groupby(sorted(records, key=key), key)}


def _is_of(record: CloudTrailRecord, known: Known) -> bool:
    """Whether the call is the run's: made by a session of its name, or by its machine under its mark."""
    enters = record.entry is not None and known.run.has(record.entry.session)
    if record.account == known.tools:
        return enters or bears(record, known.applications)
    return enters or known.run.has(record.session)


def _entrances(mine: Iterable[CloudTrailRecord], known: Known) -> tuple[AuditedEntrance, ...]:
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
            found.append(AuditedEntrance(entry.role_arn, entry.session, here, there))
    return tuple(found)


def _others(
    ordered: Iterable[CloudTrailRecord], mine: Iterable[CloudTrailRecord], known: Known
) -> tuple[CloudTrailRecord, ...]:
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


def _allowed_later(refused: CloudTrailRecord, mine: Iterable[CloudTrailRecord]) -> bool:
    """Whether the same was allowed later in the run: new roles and policies take a moment to be known everywhere (IAM)."""
    return any(
        record.time >= refused.time
        and not record.denied
        and (record.account, record.call, record.entry and record.entry.role_arn)
        == (refused.account, refused.call, refused.entry and refused.entry.role_arn)
        and (refused.entry is not None or record.session == refused.session)
        for record in mine
    )


def _refusals(denied: Iterable[CloudTrailRecord]) -> list[AuditFinding]:
    return [
        AuditFinding(AuditKind.DENIED, record.account, f"{record.call}: {record.error}: {record.message}", (record.id,))
        for record in denied
    ]


def _strangers(others: Iterable[CloudTrailRecord]) -> list[AuditFinding]:
    return [
        AuditFinding(AuditKind.FOREIGN, calls[0].account, f"{caller}: {_names(calls)}", _ids(calls))
        for caller, calls in _by(others, lambda record: record.caller).items()
    ]


def _one_sided(entrances: Iterable[AuditedEntrance]) -> list[AuditFinding]:
    found = []
    for entrance in entrances:
        side = entrance.here or entrance.there
        if side and not (entrance.here and entrance.there):
            kind = AuditKind.ONLY_IN_TOOLS if entrance.here else AuditKind.ONLY_IN_TARGET
            fact = f"{entrance.role_arn} as {entrance.session}"
            found.append(AuditFinding(kind, entrance.account, fact, (side.id,)))
    return found


def _unexplained(
    mine: Iterable[CloudTrailRecord], entrances: Iterable[AuditedEntrance], known: Known
) -> list[AuditFinding]:
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
        AuditFinding(AuditKind.NO_ENTRANCE, calls[0].account, f"{calls[0].caller}: {_names(calls)}", _ids(calls))
        for calls in _by(worked, lambda record: f"{record.caller} {record.access_key}").values()
    ]


def _unseen(mine: Iterable[CloudTrailRecord], entrances: Iterable[AuditedEntrance], known: Known) -> list[AuditFinding]:
    """Steps of the run's own record that the trails do not show."""
    entered = {entrance.role_arn for entrance in entrances}
    worked = {record.role_arn for record in mine}
    found = []
    for step in known.run.steps:
        if step.role_arn and step.role_arn not in entered | worked:
            found.append(AuditFinding(AuditKind.NOT_ENTERED, step.account, f"{step.stack}: {step.role_arn}"))
        elif step.role_arn and step.role_arn not in worked:
            found.append(AuditFinding(AuditKind.NO_CALLS, step.account, f"{step.stack}: {step.role_arn}"))
    return found


def _unmarked(mine: Iterable[CloudTrailRecord], known: Known) -> list[AuditFinding]:
    """Calls of the run's sessions by other software. What AWS does on the run's behalf names a service as its agent."""
    unmarked = (
        record
        for record in mine
        if record.session and not bears(record, known.applications) and not record.agent.endswith(".amazonaws.com")
    )
    return [
        AuditFinding(AuditKind.NO_MARK, calls[0].account, f"{calls[0].caller}: {_names(calls)}", _ids(calls))
        for calls in _by(unmarked, lambda record: f"{record.account} {record.caller}").values()
    ]


def _names(calls: tuple[CloudTrailRecord, ...]) -> str:
    return ", ".join(dict.fromkeys(call.call for call in calls))


def _ids(calls: tuple[CloudTrailRecord, ...]) -> tuple[str, ...]:
    return tuple(sorted(call.id for call in calls))
