"""Which stacks a command means, and in which order they go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from driver.errors import UsageError
from driver.values import Stack


def select(stacks: Sequence[Stack], names: Iterable[str]) -> tuple[Stack, ...]:
    """The stacks of those names, each once, in the given order. Raises UsageError for a name that is nobody's."""
    by_name = {stack.name: stack for stack in stacks}
    chosen = dict.fromkeys(name.strip() for name in names if name.strip())
    unknown = [name for name in chosen if name not in by_name]
    if unknown:
        detail = []
        for name in unknown:
            close = get_close_matches(name, by_name, n=1)
            detail.append(f"{name}: did you mean {close[0]}?" if close else f"{name}: nothing like it")
        raise UsageError(
            f"no such stack: {', '.join(unknown)}",
            detail=detail,
            remedy=f"there are {', '.join(by_name)}; `deploy list` shows them",
        )
    return tuple(by_name[name] for name in chosen)


def in_order(stacks: Sequence[Stack]) -> tuple[Stack, ...]:
    """What a stack needs goes before it; otherwise the given order stays.

    Only needs among the given stacks count. Raises UsageError with the path of a cycle.
    """
    given = {stack.name: position for position, stack in enumerate(stacks)}
    graph: Mapping[str, list[str]] = {stack.name: [need for need in stack.needs if need in given] for stack in stacks}
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        raise UsageError(
            f"stacks need each other in a circle: {' → '.join(error.args[1])}", where="deploy.toml"
        ) from None
    ordered: list[str] = []
    waiting: list[str] = []
    while sorter.is_active():
        waiting = sorted([*waiting, *sorter.get_ready()], key=given.__getitem__)
        name = waiting.pop(0)
        ordered.append(name)
        sorter.done(name)
    by_name = {stack.name: stack for stack in stacks}
    return tuple(by_name[name] for name in ordered)
