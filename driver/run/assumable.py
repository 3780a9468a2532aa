"""Waits until new roles can really be entered: IAM is eventually consistent (IAM User Guide, troubleshooting)."""

from __future__ import annotations

from collections.abc import Sequence

from driver.errors import NotReadyError
from driver.events.catalogue import CheckPassed, Progress
from driver.plan.plan import Step
from driver.ports import Clock, Emit, Identity
from driver.run.requests import RunFacts

LIMIT = 120
"""Seconds after which a role that still refuses is not new but wrong."""

PAUSE = 2
"""Seconds between two tries."""


def wait_until_assumable(identity: Identity, steps: Sequence[Step], facts: RunFacts, clock: Clock, emit: Emit) -> None:
    """Enter every step's role once. Raises NotReadyError with AWS's last reason when one refuses for LIMIT seconds."""
    end = clock.now() + LIMIT
    for step in steps:
        entrance = step.entrance(facts.session_name(step))
        while True:
            try:
                caller = identity.assume(entrance, step.stack.region)
            except NotReadyError as error:
                if clock.now() >= end:
                    raise
                emit(Progress(f"waiting for {entrance.role_arn} to become assumable: {error.what}", step.stack.name))
                clock.sleep(PAUSE)
            else:
                emit(CheckPassed("role", f"{caller.arn} can be assumed by Jenkins", step.stack.name))
                break
