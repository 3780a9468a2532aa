"""Which stacks can go at the same time: a stack's wave begins when all that it needs is done in the waves before."""

from __future__ import annotations

from collections.abc import Sequence

from driver.plan.select import in_order, needed
from driver.values import Stack

Wave = tuple[Stack, ...]


def waves(stacks: Sequence[Stack], known: Sequence[Stack] = ()) -> tuple[Wave, ...]:
    """The stacks in as few waves as their needs allow, each in its earliest; also for needs through others of the `known`.

    Inside a wave the given order stays. Raises UsageError with the path of a cycle.
    """
    number: dict[str, int] = {}
    for stack in in_order(stacks, known):
        before = needed(stack.name, (*known, *stacks))
        number[stack.name] = 1 + max((number[name] for name in before if name in number), default=0)
    last = max(number.values(), default=0)
    return tuple(tuple(stack for stack in stacks if number[stack.name] == wave) for wave in range(1, last + 1))
