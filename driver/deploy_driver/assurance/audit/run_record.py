"""What a run says of itself in its own record, as far as the trails must agree with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Worked:
    """One step that began: the role it took; empty where the caller was already in the account."""

    stack: str
    account: str
    role_arn: str


@dataclass(frozen=True)
class RunRecord:
    """One run. Times are in seconds since the epoch; `ended` is None while it goes on, or when nothing says when it ended.

    `kept` is False when no record of it is here and its id is all that is known; the trails are all there is then.
    """

    run: str
    started: float
    ended: float | None = None
    kept: bool = False
    operation: str = ""
    cloud: str = ""
    stacks: tuple[str, ...] = ()
    identity: str = ""
    steps: tuple[Worked, ...] = ()


def read(run: str, events: Sequence[Mapping[str, Any]]) -> RunRecord:
    """The run that these events of `events.jsonl` tell of. Raises ValueError when they do not begin with its start."""
    starts = [event for event in events if event.get("kind") == "run-started"]
    if not starts:
        raise ValueError("it does not say when the run began")
    first = starts[0]
    ends = [_time(event) for event in events if event.get("kind") == "run-finished"]
    callers = [str(event["fact"]) for event in events if _is(event, "check-passed", check="identity")]
    steps = [
        Worked(event["stack"], event["account"], event["role"])
        for event in events
        if event.get("kind") == "step-started"
    ]
    return RunRecord(
        run,
        started=_time(first),
        ended=ends[-1] if ends else None,
        kept=True,
        operation=first["operation"],
        cloud=first["cloud"],
        stacks=tuple(first["stacks"]),
        identity=callers[-1] if callers else "",
        steps=tuple(dict.fromkeys(steps)),
    )


def _time(event: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()


def _is(event: Mapping[str, Any], kind: str, **fields: str) -> bool:
    return event.get("kind") == kind and all(event.get(name) == value for name, value in fields.items())
