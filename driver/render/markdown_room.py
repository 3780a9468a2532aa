"""How much of a preview a document has room for, from everything down to the table alone: the least important goes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Room:
    """What is shown at most. All counts are upper limits.

    `value` is characters of one value, `context` unchanged lines round a changed one, `made` whether what is made or
    deleted is shown property by property, `details` resources in a stack's fold, `policy` lines of one dangerous change,
    `dangerous` dangerous changes, `cause` characters of a failure's cause, `rows` stacks in the table.
    """

    value: int = 20_000
    context: int = 10_000
    made: bool = True
    details: int = 100_000
    policy: int = 100_000
    dangerous: int = 100_000
    cause: int = 20_000
    rows: int = 100_000


def rooms() -> Iterator[Room]:
    """Every size, largest first."""
    room = Room()
    yield room
    for value in (2_000, 400, 120):
        room = replace(room, value=value, cause=max(value, 1_000))
        yield room
    room = replace(room, context=2)
    yield room
    room = replace(room, made=False)
    yield room
    for details in (200, 100, 50, 20, 10, 5, 2, 0):
        room = replace(room, details=details)
        yield room
    for policy, dangerous in ((200, 200), (80, 100), (30, 50), (12, 20), (6, 10), (0, 10), (0, 3)):
        room = replace(room, policy=policy, dangerous=dangerous, value=min(room.value, 80))
        yield room
    for cause in (300, 100, 0):
        room = replace(room, cause=cause)
        yield room
    room = replace(room, dangerous=0)
    yield room
    for rows in (400, 200, 100, 50, 20, 10, 5, 2, 1, 0):
        room = replace(room, rows=rows)
        yield room
