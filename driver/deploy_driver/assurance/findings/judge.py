"""Judges subjects by the rules of their kind: one result for each rule and subject at least, so that nothing is skipped in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deploy_driver.assurance.findings.catalogue import BY_ID, RULES
from deploy_driver.assurance.findings.observed import Subject, Unseen
from deploy_driver.assurance.findings.rule import Result, Rule, Standing
from deploy_project.stacks import is_access


def judge(subjects: Iterable[Subject]) -> Iterator[Result]:
    """Every rule on every subject of its kind."""
    for subject in subjects:
        for rule in RULES:
            if rule.kind is type(subject):
                yield from _of(rule, subject)


def not_looked_at(rules: Iterable[str], why: Unseen, stack: str = "", subject: str = "") -> Iterator[Result]:
    """Say of each of these rules that it was not asked, and why."""
    for rule in rules:
        yield _unseen(BY_ID[rule], why, stack, subject)


def check(rule: str, *, fact: str, ok: bool = False, stack: str = "", remedy: str = "") -> Result:
    """What a check of a run found. Its own remedy, where it has one, goes before the catalogue's."""
    found = BY_ID[rule]
    if ok:
        return Result(rule, Standing.OK, found.severity, fact, stack)
    return Result(rule, Standing.FINDING, found.severity, fact, stack, risk=found.risk, remedy=remedy or found.remedy)


def _of(rule: Rule, subject: Subject) -> Iterator[Result]:
    seen = getattr(subject, "seen", None)
    if isinstance(seen, Unseen):
        yield _unseen(rule, seen, subject.stack, subject.name)
        return
    if rule.absent is not (seen is None):  # a thing that is not there has one finding, not one for each of its rules
        if rule.absent:
            yield Result(rule.id, Standing.OK, rule.severity, "there", subject.stack, subject.name)
        return
    answers = list(rule.judge(subject, seen)) if rule.judge else []
    for answer in answers:
        if isinstance(answer, Unseen):
            yield _unseen(rule, answer, subject.stack, subject.name)
        else:
            yield _finding(rule, subject, answer)
    if not answers:
        yield Result(rule.id, Standing.OK, rule.severity, "as it should be", subject.stack, subject.name)


def _finding(rule: Rule, subject: Subject, fact: str) -> Result:
    return Result(
        rule.id,
        Standing.FINDING,
        rule.severity,
        f"{subject.name}: {fact}",
        subject.stack,
        subject.name,
        rule.risk,
        rule.remedy.replace("{again}", _again(subject.stack)),
        subject.file,
        subject.line,
    )


def _again(stack: str) -> str:
    """The command that makes a stack what the program says, whatever somebody changed by hand."""
    return f"deploy bootstrap --stacks {stack}" if is_access(stack) else f"deploy up --stacks {stack} --refresh"


def _unseen(rule: Rule, why: Unseen, stack: str, subject: str) -> Result:
    return Result(rule.id, Standing.NOT_LOOKED_AT, rule.severity, why.why, stack, subject, refused=why.refused)
