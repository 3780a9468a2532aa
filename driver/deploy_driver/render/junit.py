"""A run as JUnit XML, the form that Jenkins, GitLab and most others show: a stack is a suite, a step a case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import singledispatchmethod
from xml.etree import ElementTree as ET

from deploy_driver.errors import DeployError
from deploy_driver.record import catalogue as said
from deploy_driver.record.catalogue import Reason, Result
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.record.stream import Envelope
from deploy_driver.render.text import changed
from deploy_driver.values import Operation


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


_NOT_IN_XML = re.compile("[\ufffe\uffff]")
"""What XML 1.0 forbids beyond what no console may have (W3C, XML 1.0, "Characters")."""


def as_xml(envelopes: Sequence[Envelope], problem: BaseException | None = None) -> str:
    """The document. `problem` is what ended the run, or kept it from beginning, if no check of the run says so already."""
    found = suites(envelopes)
    if problem and not any(case.verdict is Verdict.FAILURE for suite in found for case in suite.cases):
        found = [_of(problem), *found]
    root = ET.Element("testsuites", {"name": "deploy", **_numbers([case for suite in found for case in suite.cases])})
    root.extend(_suite(suite) for suite in found)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _of(problem: BaseException) -> Suite:
    what, remedy = str(problem) or type(problem).__name__, ""
    if isinstance(problem, DeployError):
        remedy = problem.remedy
    return Suite("", cases=[Case("run", 0.0, Verdict.ERROR, what.split("\n")[0], what, remedy)])


def _suite(suite: Suite) -> ET.Element:
    element = ET.Element("testsuite", {"name": _attribute(suite.stack or "deploy"), **_numbers(suite.cases)})
    if suite.began:
        element.set("timestamp", datetime.fromtimestamp(suite.began, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    facts = {"account": suite.account, "role": suite.role, "operation": suite.operation}
    if any(facts.values()):
        properties = ET.SubElement(element, "properties")
        for name, value in facts.items():
            ET.SubElement(properties, "property", name=name, value=_attribute(value))
    element.extend(_case(suite.stack, case) for case in suite.cases)
    return element


def _case(stack: str, case: Case) -> ET.Element:
    where = f"deploy.{_attribute(stack or 'run')}"
    element = ET.Element("testcase", classname=where, name=_attribute(case.name), time=f"{case.seconds:.3f}")
    if case.verdict is Verdict.PASSED:
        if case.detail:
            ET.SubElement(element, "system-out").text = _text(case.detail)
        return element
    ended = ET.SubElement(element, case.verdict.value, message=_attribute(case.message))
    said = [case.detail or case.message, f"what to do: {case.remedy}" if case.remedy else ""]
    if case.verdict is not Verdict.SKIPPED:
        ended.text = _text("\n".join(part for part in said if part))
    return element


def _numbers(cases: Sequence[Case]) -> dict[str, str]:
    def count(verdict: Verdict) -> str:
        return str(sum(case.verdict is verdict for case in cases))

    return {
        "tests": str(len(cases)),
        "failures": count(Verdict.FAILURE),
        "errors": count(Verdict.ERROR),
        "skipped": count(Verdict.SKIPPED),
        "time": f"{sum(case.seconds for case in cases):.3f}",
    }


def _attribute(text: str) -> str:
    return _NOT_IN_XML.sub("", one_line(text))


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("", readable(text))
