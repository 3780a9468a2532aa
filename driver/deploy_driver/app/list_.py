"""Which stacks there are, in the order of their deployment, and by what can go at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy_driver import remedies
from deploy_driver.adapters.terminal import WallClock
from deploy_driver.app.affected import Since, affected_since
from deploy_driver.app.session import LocalProject
from deploy_driver.errors import UsageError
from deploy_driver.plan.selection import Wave, in_order, select, waves
from deploy_driver.values import Layer, Stack

Reasons = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class StackList:
    """The stacks in their order, the service stacks among them in waves, and why a change concerns each where one was asked about.

    `now` is the moment at which they are listed, for whether each is open.
    """

    stacks: Sequence[Stack]
    waves: Sequence[Wave]
    reasons: Reasons | None = None
    now: float = 0.0


def list_(
    project: LocalProject,
    names: str | None = None,
    since: Since | None = None,
    *,
    services: bool = False,
    guarded: bool = False,
) -> StackList:
    """The stacks of those names, otherwise all; of them those that a change concerns, and that are `guarded`. Reads files only.

    Raises UsageError, also where `services` alone are wanted and a name is another's.
    """
    config, reasons = project.config, None
    chosen = config.stacks if names is None else select(config.stacks, names.split(","))
    if services and names is not None:
        _require_services(chosen)
    chosen = tuple(stack for stack in chosen if stack.guarded or not guarded)
    if since:
        reasons = {one.stack.name: one.reasons for one in affected_since(project, since).affected}
        chosen = tuple(stack for stack in chosen if stack.name in reasons)
    service = [stack for stack in chosen if stack.layer is Layer.SERVICE]
    access = [stack for stack in chosen if stack.layer is Layer.ACCESS]
    ordered = [*access, *in_order(service, config.stacks)]
    return StackList(ordered, waves(service, config.stacks), reasons, WallClock().now())


def _require_services(named: Sequence[Stack]) -> None:
    other = [stack.name for stack in named if stack.layer is not Layer.SERVICE]
    if other:
        raise UsageError(
            f"no service stack: {', '.join(other)}",
            remedy=remedies.SERVICES_ALONE,
        )
