"""Every case there is, tried several at a time, and each verdict said as soon as it is known."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
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
"""In each account: IAM throttles its simulator early, by account; the SDK's own back-off does the rest."""
ACCOUNTS_AT_ONCE = 8
"""Accounts that are asked at the same time on AWS."""

Tell = Callable[[Verdict], None]


def carry_out(
    trials: Sequence[Trial], world: World, *, tell: Tell, stopped: Event, at_once: int = AT_ONCE
) -> list[Verdict]:
    """The verdicts, in the order of the trials. Once `stopped` is set, no further trial begins; those are left out.

    The accounts take turns, so that none of them is asked by all at once.
    """

    def one(trial: Trial) -> Verdict | None:
        if stopped.is_set():
            return None
        verdict = _tried(trial, world)
        tell(verdict)
        return verdict

    turns = Counter[str]()

    def turn(place: int) -> int:
        turns[trials[place].case.account] += 1
        return turns[trials[place].case.account]

    places = sorted(range(len(trials)), key=turn)
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="prove") as pool:
        tried = dict(zip(places, pool.map(lambda place: one(trials[place]), places), strict=True))
    return [verdict for place in range(len(trials)) if (verdict := tried[place])]


def at_once_on_aws(trials: Collection[Trial]) -> int:
    """Requests on the way at the same time, in all accounts together."""
    return AT_ONCE_ON_AWS * min(ACCOUNTS_AT_ONCE, max(1, len({trial.case.account for trial in trials})))


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
