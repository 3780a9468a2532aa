"""Every rule of `deploy doctor`, in the order in which it is told, and what comes of each thing by them; nothing is skipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deploy_driver import remedies
from deploy_driver.assurance.findings.observed import Inspected, Unseen
from deploy_driver.assurance.findings.rule import DoctorRule, RuleResult, RuleStatus, Severity
from deploy_driver.assurance.findings.rules import functions as of_functions
from deploy_driver.assurance.findings.rules import keys as of_keys
from deploy_driver.assurance.findings.rules import records as of_records
from deploy_driver.assurance.findings.rules import roles as of_roles
from deploy_project.remedy import NO_REMEDY, Remedy, all_of
from deploy_project.stacks import is_access
from deploy_toolchain.engine import OBTAIN_ENGINE

CHECKS = (
    DoctorRule(
        "settings",
        Severity.ERROR,
        "A setting in a stack file does not hold.",
        "No run begins.",
        remedies.CORRECT_LINE,
    ),
    DoctorRule(
        "tools",
        Severity.ERROR,
        "The Pulumi engine or the AWS plugin is not on this machine, is not the one that was obtained, or the engine does not find it.",
        "No run begins.",
        OBTAIN_ENGINE,
    ),
    DoctorRule(
        "cloud",
        Severity.ERROR,
        "There is nothing to deploy to: the sandbox does not run.",
        "No run begins, and nothing else can be looked at.",
        remedies.START_SANDBOX,
    ),
    DoctorRule(
        "identity",
        Severity.ERROR,
        "The machine has no credentials, or those of another account than tools, or a clock that AWS will not take.",
        "No run begins.",
        remedies.RUN_AS_JENKINS,
    ),
    DoctorRule(
        "disk",
        Severity.ERROR,
        "There is no room for a run's record.",
        "No run begins: nobody would know what it did.",
        remedies.ROOM_FOR_RUNS,
    ),
    DoctorRule(
        "state",
        Severity.ERROR,
        "The state bucket or its key cannot be used, or the state of a stack is damaged, another stack's, or gone.",
        "No run begins: without state nobody knows what is deployed.",
        all_of((remedies.MAKE_STATE_FOUNDATION, remedies.RESTORE_STATE.of(stack="STACK"))),
    ),
    DoctorRule(
        "session",
        Severity.ERROR,
        "The machine's credentials end before the stacks would be deployed, and nothing renews them.",
        "No run begins: its engine could not write the state any more.",
        remedies.LONGER_GIVEN_CREDENTIALS,
    ),
    DoctorRule(
        "role",
        Severity.ERROR,
        "A stack's role cannot be entered, or leads into another account than its file says.",
        "No run of this stack begins.",
        remedies.ENTER_ROLE,
    ),
    DoctorRule(
        "lease",
        Severity.ERROR,
        "Another run holds a stack.",
        "No run of this stack begins until the other one ends.",
        remedies.WAIT_FOR_RUN,
    ),
    DoctorRule(
        "lock",
        Severity.ERROR,
        "A stack is locked by an engine that may be at work.",
        "No run of this stack begins until that engine ends.",
        remedies.WAIT_FOR_RUN,
    ),
    DoctorRule(
        "left-over",
        Severity.ERROR,
        "Something of a stack is in no state, or nobody knows what came of it: a run died while it was being made.",
        "It is never changed or deleted, and its name may be in the way of the next run.",
        remedies.LOOK_UP_LEFT_OVER.of(stack="STACK"),
    ),
)
"""What is in the way of a run. Whoever looks finds these; the remedy of a finding may say more."""

RULES = (*of_keys.RULES[-1:], *of_roles.RULES, *of_records.RULES, *of_functions.RULES, *of_keys.RULES[:-1])
"""What rots in the accounts."""

IN_ACCOUNTS = tuple(rule.id for rule in RULES if rule.id != "external-id-shared")
"""The rules whose facts are in the accounts, not in the files."""

BY_ID = {rule.id: rule for rule in (*CHECKS, *RULES)}


def judge(subjects: Iterable[Inspected]) -> Iterator[RuleResult]:
    """Every rule on every subject of its kind."""
    for subject in subjects:
        for rule in RULES:
            if rule.kind is type(subject):
                yield from _of(rule, subject)


def not_looked_at(rules: Iterable[str], why: Unseen, stack: str = "", subject: str = "") -> Iterator[RuleResult]:
    """Say of each of these rules that it was not asked, and why."""
    for rule in rules:
        yield _unseen(BY_ID[rule], why, stack, subject)


def check(rule: str, *, fact: str, ok: bool = False, stack: str = "", remedy: Remedy = NO_REMEDY) -> RuleResult:
    """What a check of a run found. Its own remedy, where it has one, goes before the catalogue's."""
    found = BY_ID[rule]
    if ok:
        return RuleResult(rule, RuleStatus.OK, found.severity, fact, stack)
    return RuleResult(
        rule, RuleStatus.FINDING, found.severity, fact, stack, risk=found.risk, remedy=remedy or found.remedy
    )


def _of(rule: DoctorRule, subject: Inspected) -> Iterator[RuleResult]:
    seen = getattr(subject, "seen", None)
    if isinstance(seen, Unseen):
        yield _unseen(rule, seen, subject.stack, subject.name)
        return
    if rule.absent is not (seen is None):  # a thing that is not there has one finding, not one for each of its rules
        if rule.absent:
            yield RuleResult(rule.id, RuleStatus.OK, rule.severity, "there", subject.stack, subject.name)
        return
    answers = list(rule.judge(subject, seen)) if rule.judge else []
    for answer in answers:
        if isinstance(answer, Unseen):
            yield _unseen(rule, answer, subject.stack, subject.name)
        else:
            yield _finding(rule, subject, answer)
    if not answers:
        yield RuleResult(rule.id, RuleStatus.OK, rule.severity, "as it should be", subject.stack, subject.name)


def _finding(rule: DoctorRule, subject: Inspected, fact: str) -> RuleResult:
    return RuleResult(
        rule.id,
        RuleStatus.FINDING,
        rule.severity,
        f"{subject.name}: {fact}",
        subject.stack,
        subject.name,
        rule.risk,
        rule.remedy.of(again=_again(subject.stack)),
        subject.file,
        subject.line,
        subject.column,
    )


def _again(stack: str) -> str:
    """The command that makes a stack what the program says, whatever somebody changed by hand."""
    return f"deploy bootstrap --stacks {stack}" if is_access(stack) else f"deploy up --stacks {stack} --refresh"


def _unseen(rule: DoctorRule, why: Unseen, stack: str, subject: str) -> RuleResult:
    return RuleResult(rule.id, RuleStatus.NOT_LOOKED_AT, rule.severity, why.why, stack, subject, refused=why.refused)
