"""Which stacks a command means, in which order they go, and which of them can go at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from deploy_driver import remedies
from deploy_driver.errors import UsageError
from deploy_driver.values import Stack


def select(stacks: Sequence[Stack], names: Iterable[str]) -> tuple[Stack, ...]:
    """The stacks of those names, each once, in the given order. Raises UsageError for no name, and for one that is nobody's."""
    by_name = {stack.name: stack for stack in stacks}
    there = remedies.STACKS_THERE_ARE.of(stacks=", ".join(by_name))
    chosen = dict.fromkeys(name.strip() for name in names if name.strip())
    if not chosen:
        raise UsageError("no stack is named: the name that is given is empty", remedy=there)
    unknown = [name for name in chosen if name not in by_name]
    if unknown:
        near = {name: get_close_matches(name, by_name, n=1) for name in unknown}
        detail = [f"{name}: did you mean {close[0]}?" for name, close in near.items() if close]
        raise UsageError(
            f"no such stack: {', '.join(unknown)}",
            detail=detail,
            remedy=there,
        )
    return tuple(by_name[name] for name in chosen)


def in_order(stacks: Sequence[Stack], known: Sequence[Stack] = ()) -> tuple[Stack, ...]:
    """What a stack needs goes before it, also when it needs it through others of the `known`; else the given order stays.

    Raises UsageError with the path of a cycle, each stack before the one that needs it.
    """
    by_name = {stack.name: stack for stack in (*known, *stacks)}
    given = {stack.name: position for position, stack in enumerate(stacks)}
    needs = {name: _all_needs(name, by_name) for name in given}
    _refuse_cycles(by_name, set(given).union(*needs.values()))
    sorter = TopologicalSorter({name: needs[name] & given.keys() for name in given})
    sorter.prepare()
    ordered: list[str] = []
    waiting: list[str] = []
    while sorter.is_active():
        waiting = sorted([*waiting, *sorter.get_ready()], key=given.__getitem__)
        name = waiting.pop(0)
        ordered.append(name)
        sorter.done(name)
    return tuple(by_name[name] for name in ordered)


def needed(name: str, known: Sequence[Stack]) -> frozenset[str]:
    """All that a stack needs among the `known`, also through others."""
    return frozenset(_all_needs(name, {stack.name: stack for stack in known}))


def _all_needs(name: str, by_name: Mapping[str, Stack]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        needs = {need for need in by_name[waiting.pop()].needs if need in by_name} - found
        found |= needs
        waiting += needs
    return found


def _refuse_cycles(by_name: Mapping[str, Stack], names: set[str]) -> None:
    try:
        TopologicalSorter({name: by_name[name].needs for name in names}).prepare()
    except CycleError as error:
        raise UsageError(
            f"stacks need each other in a circle: {' → '.join(error.args[1])}", where="deploy.toml"
        ) from None


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
