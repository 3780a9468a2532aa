"""A run as JUnit XML, the form that Jenkins, GitLab and most others show: a stack is a suite, a step a case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from driver.errors import DeployError
from driver.events.readable import one_line, readable
from driver.events.stream import Envelope
from driver.render.junit_cases import Case, Suite, Verdict, suites

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
