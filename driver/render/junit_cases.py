"""A run's events as test cases: checks, preview, gates, the operation and the smoke test of every stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import singledispatchmethod

from driver.events import catalogue as said
from driver.events.stream import Envelope
from driver.render.words import changed
from driver.run.outcome import Reason, Result
from driver.values import Operation


class Verdict(StrEnum):
    """How a case ended. `failure`: what was asked is not so; `error`: nobody can say; `skipped`: it was not tried."""

    PASSED = "passed"
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Case:
    """One thing that was tried. `message` is the cause, `detail` the fact behind it or what was seen, `remedy` the way out."""

    name: str
    seconds: float = 0.0
    verdict: Verdict = Verdict.PASSED
    message: str = ""
    detail: str = ""
    remedy: str = ""


@dataclass
class Suite:
    """The cases of one stack; of the whole run where `stack` is empty. `began` is in seconds since the epoch."""

    stack: str
    began: float = 0.0
    account: str = ""
    role: str = ""
    operation: str = ""
    cases: list[Case] = field(default_factory=list)
    _mark: float = 0.0
    _last: float = 0.0
    _previewing: bool = False
    _gated: bool = False
    _open: bool = False
    _asked: dict[str, float] = field(default_factory=dict)
    _errors: list[str] = field(default_factory=list)

    def hear(self, time: float, event: said.Event) -> None:
        """Take in one event of this stack."""
        self._on(event, time)
        self.began = self.began or time
        self._last = time

    @singledispatchmethod
    def _on(self, event: said.Event, time: float) -> None:
        """Others say nothing that a case is made of."""

    @_on.register
    def _(self, event: said.CheckStarted, time: float) -> None:
        self._asked[event.check] = time

    @_on.register
    def _(self, event: said.CheckPassed, time: float) -> None:
        self.cases.append(Case(f"check: {event.check}", self._since(event.check, time), detail=event.fact))

    @_on.register
    def _(self, event: said.CheckFailed, time: float) -> None:
        seconds = self._since(event.check, time)
        self.cases.append(
            Case(f"check: {event.check}", seconds, Verdict.FAILURE, event.what.split("\n")[0], event.what, event.remedy)
        )

    @_on.register
    def _(self, event: said.StepStarted, time: float) -> None:
        self.account, self.role, self.operation = event.account, event.role, event.operation
        self._mark, self._open = time, True

    @_on.register
    def _(self, event: said.ResourceStarted, time: float) -> None:
        del time
        self._previewing = event.preview and self.operation != Operation.PREVIEW

    @_on.register
    def _(self, event: said.Diagnostic, time: float) -> None:
        del time
        if event.severity == "error":
            self._errors.append(event.message.strip())

    @_on.register
    def _(self, event: said.Previewed, time: float) -> None:
        if self.operation == Operation.PREVIEW:
            return
        self._cut(time, Case("preview", detail=event.changes.planned()))
        self._previewing, self._gated = False, True

    @_on.register
    def _(self, event: said.SmokeTested, time: float) -> None:
        self._worked(self._last)
        seen = f"{event.url}/health: account {event.account}, version {event.version}"
        self._cut(time, Case("smoke test", detail=seen))

    @_on.register
    def _(self, event: said.StepFinished, time: float) -> None:
        self._open = False
        message = f"{event.reason}: {event.cause}" if event.cause else event.reason
        detail = "\n".join(self._errors)
        if event.result == Result.REFUSED:
            self._cut(time, Case("gates", verdict=Verdict.FAILURE, message=message, remedy=event.remedy))
        elif event.reason == Reason.SMOKE_TEST_FAILED:
            self._worked(self._last)
            self._cut(time, Case("smoke test", verdict=Verdict.FAILURE, message=message, remedy=event.remedy))
        elif event.result != Result.SUCCEEDED:
            verdict = Verdict.ERROR if event.result == Result.INTERRUPTED else Verdict.FAILURE
            name = "preview" if self._previewing else self.operation
            self._cut(time, Case(name, 0.0, verdict, message, detail, event.remedy))
        elif not any(case.name in {self.operation, "smoke test"} for case in self.cases):
            self._worked(time, changed(event.changes, event.reason))

    def not_run(self, operation: str, because: str) -> None:
        """Add what was not tried, or what began and never ended."""
        if self._open:
            ended = "the run ended in the middle of it"
            self._cut(self._last, Case(self.operation, verdict=Verdict.ERROR, message=ended))
        elif not self.operation:
            self.cases.append(Case(operation, verdict=Verdict.SKIPPED, message=because))

    def _worked(self, time: float, detail: str = "") -> None:
        if self._gated:
            self.cases.append(Case("gates"))
        self._cut(time, Case(self.operation, detail=detail))

    def _cut(self, time: float, case: Case) -> None:
        """Add the case; it took from the last cut until now."""
        self.cases.append(replace(case, seconds=max(time - self._mark, 0.0)))
        self._mark = time

    def _since(self, check: str, time: float) -> float:
        return time - self._asked.get(check, time)


def suites(envelopes: Sequence[Envelope]) -> list[Suite]:
    """One suite for what the whole run depends on, and one per stack, in the run's order."""
    starts = [one.event for one in envelopes if isinstance(one.event, said.RunStarted)]
    names = ("", *(starts[0].stacks if starts else ()))
    found = {name: Suite(name) for name in names}
    for one in envelopes:
        stack = getattr(one.event, "stack", "")
        found.setdefault(stack, Suite(stack)).hear(one.time, one.event)
    for name in names[1:]:
        found[name].not_run(starts[0].operation, _because(envelopes))
    return [suite for suite in found.values() if suite.cases]


def _because(envelopes: Sequence[Envelope]) -> str:
    """Why what was not run was not run."""
    for one in envelopes:
        event = one.event
        if isinstance(event, said.CheckFailed):
            return f"not run, because a check failed: {event.stack or 'the run'}: {event.check}"
        if isinstance(event, said.StepFinished) and event.result != Result.SUCCEEDED:
            return f"not run, because {event.stack} {event.result}: {event.reason}"
    return "not run"
