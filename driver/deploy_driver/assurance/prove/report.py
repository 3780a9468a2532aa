"""All verdicts as one report: the counts, as text, as JSON and as a page, and how far a proof has come."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from deploy_driver.assurance.prove.case import CaseAnswer, Verdict
from deploy_driver.record.catalogue import Event, Proved, Reason, Result, StepFinished
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.render.page import page
from deploy_driver.render.text import duration, table
from deploy_driver.render.width import folded
from deploy_driver.values import Stack


@dataclass(frozen=True)
class Count:
    """How many cases of one group in one account went how."""

    group: str
    account: str
    tried: int
    allowed: int
    refused: int
    wrong: int


@dataclass(frozen=True)
class ProofReport:
    """One proof. `left_out` says in sentences what was not tried and why; `stopped` that it was ended early."""

    project: str
    cloud: str
    verdicts: tuple[Verdict, ...]
    left_out: tuple[str, ...] = ()
    seconds: float = 0.0
    stopped: bool = False

    @property
    def wrong(self) -> tuple[Verdict, ...]:
        """What did not go as it should."""
        return tuple(verdict for verdict in self.verdicts if not verdict.as_expected)

    @property
    def total(self) -> Count:
        """Everything together."""
        return _count("", "", self.verdicts)

    @property
    def counts(self) -> tuple[Count, ...]:
        """Each group in each account, in the order in which they were tried."""
        places = dict.fromkeys((verdict.case.group, verdict.case.account) for verdict in self.verdicts)
        return tuple(_count(group, account, self.of(group, account)) for group, account in places)

    def of(self, group: str, account: str) -> tuple[Verdict, ...]:
        """The verdicts of one group in one account."""
        return tuple(
            verdict for verdict in self.verdicts if (verdict.case.group, verdict.case.account) == (group, account)
        )


def ended(report: ProofReport, stacks: Sequence[Stack]) -> Iterator[Event]:
    """What a record says of a proof: for each stack how many of its account's cases were tried, and how it ended."""
    for stack in stacks:
        if report.stopped:
            yield StepFinished(stack.name, Result.INTERRUPTED, Reason.STOPPED)
            continue
        cases = [verdict for verdict in report.verdicts if verdict.case.id.endswith(f"@{stack.env}")]
        wrong = sum(not verdict.as_expected for verdict in cases)
        yield Proved(stack.name, len(cases), wrong)
        well = (Result.FAILED, Reason.CASES_WRONG) if wrong else (Result.SUCCEEDED, Reason.PROVED)
        yield StepFinished(stack.name, *well, seconds=report.seconds)


def _count(group: str, account: str, verdicts: Sequence[Verdict]) -> Count:
    right = [verdict for verdict in verdicts if verdict.as_expected]
    allowed = sum(verdict.happened is CaseAnswer.ALLOWED for verdict in right)
    return Count(group, account, len(verdicts), allowed, len(right) - allowed, len(verdicts) - len(right))


def summary(report: ProofReport) -> str:
    """The proof in one sentence."""
    total = report.total
    ended = "stopped early; " if report.stopped else ""
    return (
        f"{ended}{total.tried} cases tried in {duration(report.seconds)}: {total.allowed} allowed as they should, "
        f"{total.refused} refused as they should, {total.wrong} wrong"
    )


def as_text(report: ProofReport, *, refusals: bool = False) -> str:
    """The counts, every refusal with its reason where they are wanted, and what did not go as it should, last."""
    counts = [
        [
            count.group,
            count.account,
            *(str(number) for number in (count.tried, count.allowed, count.refused, count.wrong)),
        ]
        for count in report.counts
    ]
    parts = [table(["GROUP", "ACCOUNT", "TRIED", "ALLOWED", "REFUSED", "WRONG"], counts)] if counts else []
    refused = [verdict for verdict in report.verdicts if verdict.as_expected and verdict.happened is CaseAnswer.REFUSED]
    if refused and refusals:
        rows = [[verdict.case.id, one_line(verdict.reason)] for verdict in refused]
        parts.append(table(["REFUSED", "REASON"], rows))
    parts += [folded(f"left out: {sentence}") for sentence in report.left_out]
    parts += [_wrong(verdict) for verdict in report.wrong]
    return readable("\n\n".join([*parts, folded(summary(report))]))


def line(verdict: Verdict) -> str:
    """A verdict that is not as it should be, while the proof goes on."""
    case = verdict.case
    return one_line(f"WRONG {case.id}: {verdict.happened}, expected {case.expected}: {verdict.reason or case.sentence}")


def _wrong(verdict: Verdict) -> str:
    case = verdict.case
    said = f"\n  AWS said: {verdict.reason}" if verdict.reason else ""
    expected = f"expected {case.expected}, was {verdict.happened}"
    return folded(f"WRONG {case.id}\n  {case.sentence}\n  {expected}{said}\n  its twin: {case.twin}")


def as_json(report: ProofReport, *, exit_code: int) -> Mapping[str, Any]:
    """The proof as `--output json` promises it."""
    return {
        "project": report.project,
        "cloud": report.cloud,
        "exitCode": exit_code,
        "stopped": report.stopped,
        "seconds": round(report.seconds, 3),
        "total": _numbers(asdict(report.total)),
        "counts": [asdict(count) for count in report.counts],
        "leftOut": list(report.left_out),
        "cases": [_case(verdict) for verdict in report.verdicts],
    }


def _numbers(count: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in count.items() if isinstance(value, int)}


def _case(verdict: Verdict) -> Mapping[str, Any]:
    case = verdict.case
    return {
        "id": case.id,
        "group": case.group,
        "account": case.account,
        "sentence": case.sentence,
        "method": case.method.value,
        "expected": case.expected.value,
        "happened": verdict.happened.value,
        "asExpected": verdict.as_expected,
        "reason": verdict.reason,
        "twin": case.twin,
        "seconds": round(verdict.seconds, 3),
    }


EVERY = 100
"""Cases between two lines where nobody watches."""


class ProofProgress:
    """Counts verdicts. On a terminal one line that changes, elsewhere a line now and then."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._tried = 0
        self._wrong = 0
        self._lock = threading.Lock()

    def __call__(self, verdict: Verdict) -> None:
        """Take a verdict."""
        with self._lock:
            self._tried += 1
            if not verdict.as_expected:
                self._wrong += 1
                self._write(f"{self._clear()}{line(verdict)}\n")
            if self._live:
                self._write(f"{self._clear()}{self._so_far()}")
            elif self._tried % EVERY == 0:
                self._write(f"{self._so_far()}\n")

    def end(self) -> None:
        """Leave the screen as it was found."""
        self._write(self._clear())

    def _so_far(self) -> str:
        return f"{self._tried} cases tried, {self._wrong} wrong"

    def _clear(self) -> str:
        return "\r\x1b[K" if self._live else ""

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


TEMPLATE = "assurance/prove/proof.html.j2"


def as_html(report: ProofReport) -> str:
    """The whole page. Everything in it is escaped: reasons are AWS's words and carry names that others chose."""
    return page(TEMPLATE, report=report, took=duration(report.seconds))
