"""Every case there is: what is really tried, and what is only asked of IAM's policy simulator."""

from __future__ import annotations

from deploy_driver.assurance.prove import buckets, ceiling, copies, jenkins, reading, trust, widening
from deploy_driver.assurance.prove.facts import Facts
from deploy_driver.assurance.prove.trial import Trial

NOT_EXECUTED = (
    "trust: nobody's roles are asked for",
    "widening, reading, jenkins: nothing is tried with real credentials",
    "boundary: no throw-away role is made; the real roles are simulated",
)
"""What a proof that may change nothing leaves out."""


def executed(facts: Facts) -> list[Trial]:
    """What changes an account if a protection is missing; for a sandbox."""
    return [
        *trust.trials(facts),
        *copies.trials(facts),
        *jenkins.trials(facts),
        *widening.trials(facts),
        *reading.trials(facts),
        *ceiling.trials(facts),
        *buckets.trials(facts),
    ]


def evaluated(facts: Facts) -> list[Trial]:
    """What only reads, and so may be asked of any account."""
    return [*reading.evaluations(facts), *ceiling.evaluations(facts)]
