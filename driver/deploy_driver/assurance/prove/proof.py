"""Every case there is, tried several at a time, and each verdict said as soon as it is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from deploy_driver.assurance.prove import boundary, buckets, jenkins, target_roles, things, trust
from deploy_driver.assurance.prove.case import CaseAnswer, Trial, TrialOutcome, Verdict, World
from deploy_driver.assurance.prove.facts import Facts

NOT_EXECUTED = (
    "trust: nobody's roles are asked for",
    "widening, reading, things, jenkins: nothing is tried with real credentials",
    "boundary: no throw-away role is made; the real roles are simulated",
)
"""What a proof that may change nothing leaves out."""


def executed(facts: Facts) -> list[Trial]:
    """What changes an account if a protection is missing; for a sandbox."""
    return [
        *trust.trials(facts),
        *jenkins.trials(facts),
        *target_roles.trials(facts),
        *things.trials(facts),
        *boundary.trials(facts),
        *buckets.trials(facts),
    ]


def evaluated(facts: Facts) -> list[Trial]:
    """What only reads, and so may be asked of any account."""
    return [*target_roles.evaluations(facts), *things.evaluations(facts), *boundary.evaluations(facts)]


AT_ONCE = 8
"""Requests on the way at the same time, in a sandbox."""
AT_ONCE_ON_AWS = 2
"""IAM throttles its simulator early; the SDK's own back-off does the rest."""

Tell = Callable[[Verdict], None]


def carry_out(
    trials: Iterable[Trial], world: World, *, tell: Tell, stopped: Event, at_once: int = AT_ONCE
) -> list[Verdict]:
    """The verdicts, in the order of the trials. Once `stopped` is set, no further trial begins; those are left out."""

    def one(trial: Trial) -> Verdict | None:
        if stopped.is_set():
            return None
        verdict = _tried(trial, world)
        tell(verdict)
        return verdict

    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="prove") as pool:
        return [verdict for verdict in pool.map(one, trials) if verdict is not None]


def _tried(trial: Trial, world: World) -> Verdict:
    begin = time.monotonic()
    for request in (trial.request, *trial.more):
        outcome = world.ask(trial.who, request)
        if outcome.done:
            for undo in trial.undo:
                world.ask(undo.who, undo.request)
        answer, reason = _counted(trial, outcome)
        if answer is not trial.case.expected:
            break
    return Verdict(trial.case, answer, reason, time.monotonic() - begin)


def _counted(trial: Trial, outcome: TrialOutcome) -> tuple[CaseAnswer, str]:
    """A refusal for another reason than the one that the case is about shows nothing about it."""
    if outcome.otherwise and outcome.answer is trial.case.expected:
        outcome = outcome.otherwise
    if outcome.answer is CaseAnswer.REFUSED and trial.because not in outcome.reason:
        return CaseAnswer.UNDECIDED, f"refused, but not by what this case is about ({trial.because}): {outcome.reason}"
    return outcome.answer, outcome.reason
