"""A run of the past, as its record tells it: what was done where, by whom, from which commit, and how it ended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deploy_driver.record.catalogue import Result
from deploy_driver.record.reading import Recorded
from deploy_driver.values import Changes

_ACCOUNT = re.compile(r" in (\d{12})$", re.ASCII)
"""Where the check of a role says which account it led to: all that is known of a step that never began."""

_SAID = ("by", "approved_by", "reason", "commit", "build")


@dataclass(frozen=True)
class PastStep:
    """One stack of the run. `version` is what its smoke test saw; `result` is empty where the record ends before the step does.

    `drifted` counts what a look found that nobody answers for.
    """

    stack: str
    account: str = ""
    result: str = ""
    reason: str = ""
    cause: str = ""
    remedy: str = ""
    changes: Changes | None = None
    version: str = ""
    drifted: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class PastRun:
    """One run. `began` is ISO 8601 in UTC; `exit_code` is None where the record has no end.

    `cause` and `remedy` are those of the error that ended the whole run. `here` and `kept`: its record is in this folder,
    in the state bucket; `kept` is None where nobody could ask.
    """

    run: str
    began: str
    operation: str
    cloud: str
    steps: tuple[PastStep, ...]
    by: str = ""
    approved_by: str = ""
    reason: str = ""
    commit: str = ""
    build: str = ""
    identity: str = ""
    exit_code: int | None = None
    seconds: float = 0.0
    cause: str = ""
    remedy: str = ""
    here: bool = True
    kept: bool | None = None


def events_told(events: Sequence[Any]) -> list[Recorded]:
    """The record's events, from the one with which the run began. Raises ValueError when they are no record of a run."""
    told = [Recorded(event) for event in events if isinstance(event, Mapping)]
    starts = [number for number, event in enumerate(told) if event.kind == "run-started"]
    if not starts:
        raise ValueError("not a record of a run: it does not say when the run began")
    first = told[starts[0]]
    if not first.text("run") or first.time is None or not isinstance(first.body.get("stacks"), list):
        raise ValueError("not a record of a run: its beginning is not whole")
    return told[starts[0] :]


def past_run(events: Sequence[Any]) -> PastRun:
    """The run that these events tell of. Raises ValueError when they are no record of a run."""
    told = events_told(events)
    start = told[0]
    steps = {name: PastStep(name) for name in start.texts("stacks")}
    for event in told:
        if (stack := event.text("stack")) in steps:
            steps[stack] = _told(steps[stack], event)
    end = next((event for event in reversed(told) if event.kind == "run-finished"), None)
    said: dict[str, Any] = {name: start.text(name) for name in _SAID}
    callers = [event for event in told if event.kind == "check-passed" and event.text("check") == "identity"]
    return PastRun(
        run=start.text("run"),
        began=start.text("time"),
        operation=start.text("operation"),
        cloud=start.text("cloud"),
        steps=tuple(_ended(step) if end else step for step in steps.values()),
        identity=callers[-1].text("fact") if callers else "",
        exit_code=end.code("exit_code") if end else None,
        seconds=end.number("seconds") if end else 0.0,
        cause=end.text("cause") if end else "",
        remedy=end.text("remedy") if end else "",
        **said,
    )


def _told(step: PastStep, event: Recorded) -> PastStep:
    match event.kind:
        case "step-started":  # a step may come again, after the look that it follows
            return replace(step, account=event.text("account"), result="", reason="", cause="", remedy="", changes=None)
        case "check-passed" if event.text("check") == "role" and not step.account:
            found = _ACCOUNT.search(event.text("fact"))
            return replace(step, account=found[1]) if found else step
        case "smoke-tested":
            return replace(step, version=event.text("version"))
        case "drifted":
            return step if event.text("ignored") else replace(step, drifted=step.drifted + 1)
        case "step-finished":
            said: dict[str, Any] = {name: event.text(name) for name in ("result", "reason", "cause", "remedy")}
            return replace(step, **said, changes=event.changes, seconds=step.seconds + event.number("seconds"))
    return step


def _ended(step: PastStep) -> PastStep:
    return step if step.result else replace(step, result=Result.NOT_RUN.value)
