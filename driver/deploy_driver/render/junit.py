"""A run as JUnit XML, the form that Jenkins, GitLab and most others show: a stack is a suite, a step a case."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from xml.etree import ElementTree as ET

from deploy_driver.errors import DeployError
from deploy_driver.record.catalogue import Result, RunStarted
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.record.story import CheckStory, End, Phase, Segment, StackStory, Story, story_of
from deploy_driver.record.stream import Envelope
from deploy_driver.render.text import changed
from deploy_driver.values import Operation


class CaseEnd(StrEnum):
    """How a case ended. `failure`: what was asked is not so; `error`: nobody can say; `skipped`: it was not tried."""

    PASSED = "passed"
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class JUnitCase:
    """One thing that was tried. `message` is the cause, `detail` the fact behind it or what was seen, `remedy` the way out."""

    name: str
    seconds: float = 0.0
    end: CaseEnd = CaseEnd.PASSED
    message: str = ""
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class JUnitSuite:
    """The cases of one stack; of the whole run where `stack` is empty. `began` is in seconds since the epoch."""

    stack: str
    cases: tuple[JUnitCase, ...]
    began: float = 0.0
    properties: Mapping[str, str] = field(default_factory=dict)


def suites(story: Story) -> list[JUnitSuite]:
    """One suite for what the whole run depends on, and one per stack, in the run's order."""
    whole = JUnitSuite("", tuple(_check(check) for check in story.checks if not check.stack), story.began)
    return [suite for suite in (whole, *(_of_stack(story, stack) for stack in story.stacks)) if suite.cases]


def _of_stack(story: Story, stack: StackStory) -> JUnitSuite:
    name, account = stack.summary.stack, stack.summary.account
    cases = [_check(check) for check in stack.checks]
    cases += [_phase(stack, segment) for segment in stack.segments]
    if stack.smoke_test and not stack.smoke_test.made:
        why = stack.smoke_test.says
        cases.append(JUnitCase(_PHASES[Phase.SMOKE_TEST], end=CaseEnd.SKIPPED, message=why))
    if not stack.operation:
        return JUnitSuite(name, (*cases, _skipped(story)), stack.began)
    facts = {"account": account, "role": stack.role, "operation": stack.operation}
    return JUnitSuite(name, tuple(cases), stack.began, facts if any(facts.values()) else {})


def _check(check: CheckStory) -> JUnitCase:
    name = f"check: {check.check}"
    if check.passed:
        return JUnitCase(name, check.seconds, detail=check.fact)
    return JUnitCase(name, check.seconds, CaseEnd.FAILURE, check.fact.split("\n")[0], check.fact, check.remedy)


def _phase(stack: StackStory, segment: Segment) -> JUnitCase:
    """A phase that went well says what was seen; one that did not says what became of the stack, and why."""
    summary = stack.summary
    if segment.end is End.WELL:
        return JUnitCase(_PHASES.get(segment.phase, stack.operation), segment.seconds, detail=_seen(stack, segment))
    gates = summary.result == Result.REFUSED
    phase = Phase.OPERATION if segment.phase is Phase.GATE else segment.phase
    name = "gates" if gates else _PHASES.get(phase, segment.operation)
    if segment.end is End.NOT:
        return JUnitCase(name, segment.seconds, CaseEnd.ERROR, "the run ended in the middle of it")
    end = CaseEnd.ERROR if summary.result == Result.INTERRUPTED else CaseEnd.FAILURE
    message = f"{summary.reason}: {summary.cause}" if summary.cause else summary.reason
    engine = "" if gates or phase in {Phase.SMOKE_TEST, Phase.SOAK} else "\n".join(stack.errors)
    return JUnitCase(name, segment.seconds, end, message, engine, summary.remedy)


_PHASES = {Phase.GATE: "gates", Phase.SMOKE_TEST: "smoke test", Phase.SOAK: "soak", Phase.PREVIEW: "preview"}


def _seen(stack: StackStory, segment: Segment) -> str:
    summary, smoke_test = stack.summary, stack.smoke_test
    if segment.phase is Phase.SMOKE_TEST and smoke_test:
        return f"{smoke_test.asks} {smoke_test.says}"
    if segment.phase is Phase.PREVIEW and segment.operation != Operation.PREVIEW:
        return stack.planned.planned() if stack.planned else ""
    is_last = segment is stack.segments[-1] and segment.phase is not Phase.GATE
    return changed(summary.changes, summary.reason) if is_last and summary.changes else ""


def _skipped(story: Story) -> JUnitCase:
    """What was not tried, and why."""
    why, stopped_by = "not run", story.summary.stopped_by
    if story.failed_checks:
        first = story.failed_checks[0]
        why = f"not run, because a check failed: {first.stack or 'the run'}: {first.check}"
    elif stopped_by:
        why = f"not run, because {stopped_by.stack} {stopped_by.result}: {stopped_by.reason}"
    return JUnitCase(story.summary.operation, end=CaseEnd.SKIPPED, message=why)


_NOT_IN_XML = re.compile("[\ufffe\uffff]")
"""What XML 1.0 forbids beyond what no console may have (W3C, XML 1.0, "Characters")."""


def as_xml(envelopes: Sequence[Envelope], problem: BaseException | None = None) -> str:
    """The document. `problem` is what ended the run, or kept it from beginning, if no check of the run says so already."""
    begun = any(isinstance(one.event, RunStarted) for one in envelopes)
    found = suites(story_of(envelopes)) if begun else []
    if problem and not any(case.end is CaseEnd.FAILURE for suite in found for case in suite.cases):
        found = [_of_problem(problem), *found]
    root = ET.Element("testsuites", {"name": "deploy", **_numbers([case for suite in found for case in suite.cases])})
    root.extend(_suite(suite) for suite in found)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _of_problem(problem: BaseException) -> JUnitSuite:
    what = str(problem) or type(problem).__name__
    remedy = problem.remedy if isinstance(problem, DeployError) else ""
    return JUnitSuite("", (JUnitCase("run", 0.0, CaseEnd.ERROR, what.split("\n")[0], what, remedy),))


def _suite(suite: JUnitSuite) -> ET.Element:
    element = ET.Element("testsuite", {"name": _attribute(suite.stack or "deploy"), **_numbers(suite.cases)})
    if suite.began:
        element.set("timestamp", datetime.fromtimestamp(suite.began, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    if suite.properties:
        properties = ET.SubElement(element, "properties")
        for name, value in suite.properties.items():
            ET.SubElement(properties, "property", name=name, value=_attribute(value))
    element.extend(_case(suite.stack, case) for case in suite.cases)
    return element


def _case(stack: str, case: JUnitCase) -> ET.Element:
    where = f"deploy.{_attribute(stack or 'run')}"
    element = ET.Element("testcase", classname=where, name=_attribute(case.name), time=f"{case.seconds:.3f}")
    if case.end is CaseEnd.PASSED:
        if case.detail:
            ET.SubElement(element, "system-out").text = _text(case.detail)
        return element
    ended = ET.SubElement(element, case.end.value, message=_attribute(case.message))
    lines = [case.detail or case.message, f"what to do: {case.remedy}" if case.remedy else ""]
    if case.end is not CaseEnd.SKIPPED:
        ended.text = _text("\n".join(line for line in lines if line))
    return element


def _numbers(cases: Sequence[JUnitCase]) -> dict[str, str]:
    def count(end: CaseEnd) -> str:
        return str(sum(case.end is end for case in cases))

    return {
        "tests": str(len(cases)),
        "failures": count(CaseEnd.FAILURE),
        "errors": count(CaseEnd.ERROR),
        "skipped": count(CaseEnd.SKIPPED),
        "time": f"{sum(case.seconds for case in cases):.3f}",
    }


def _attribute(text: str) -> str:
    return _NOT_IN_XML.sub("", one_line(text))


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("", readable(text))
