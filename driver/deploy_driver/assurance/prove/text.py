"""Says on stderr how far a proof has come, and at once what is not as it should be."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TextIO

from deploy_driver.assurance.prove.case import Answer, Verdict
from deploy_driver.assurance.prove.report import Report
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.render.text import duration, table


def summary(report: Report) -> str:
    """The proof in one sentence."""
    total = report.total
    ended = "stopped early; " if report.stopped else ""
    return (
        f"{ended}{total.tried} cases tried in {duration(report.seconds)}: {total.allowed} allowed as they should, "
        f"{total.refused} refused as they should, {total.wrong} wrong"
    )


def as_text(report: Report) -> str:
    """The counts, every refusal with its reason, and what did not go as it should, last."""
    counts = [
        [
            count.group,
            count.account,
            *(str(number) for number in (count.tried, count.allowed, count.refused, count.wrong)),
        ]
        for count in report.counts
    ]
    parts = [table(["GROUP", "ACCOUNT", "TRIED", "ALLOWED", "REFUSED", "WRONG"], counts)] if counts else []
    refused = [verdict for verdict in report.verdicts if verdict.as_expected and verdict.happened is Answer.REFUSED]
    if refused:
        rows = [[verdict.case.id, one_line(verdict.reason)] for verdict in refused]
        parts.append(table(["REFUSED", "REASON"], rows))
    parts += [f"left out: {sentence}" for sentence in report.left_out]
    parts += [_wrong(verdict) for verdict in report.wrong]
    return readable("\n\n".join([*parts, summary(report)]))


def line(verdict: Verdict) -> str:
    """A verdict that is not as it should be, while the proof goes on."""
    case = verdict.case
    return one_line(f"WRONG {case.id}: {verdict.happened}, expected {case.expected}: {verdict.reason or case.sentence}")


def _wrong(verdict: Verdict) -> str:
    case = verdict.case
    said = f"\n  AWS said: {verdict.reason}" if verdict.reason else ""
    return f"WRONG {case.id}\n  {case.sentence}\n  expected {case.expected}, was {verdict.happened}{said}\n  its twin: {case.twin}"


def as_json(report: Report, *, exit_code: int) -> Mapping[str, Any]:
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
