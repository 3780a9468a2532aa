"""A run of the past, as its record tells it: what was done where, by whom, from which commit, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from driver.run.outcome import Result


@dataclass(frozen=True)
class PastStep:
    """One stack of the run. `version` is what its smoke test saw; `result` is empty where the record ends before the step does."""

    stack: str
    account: str = ""
    result: str = ""
    reason: str = ""
    cause: str = ""
    changes: Mapping[str, int] | None = None
    version: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class PastRun:
    """One run. `began` is ISO 8601 in UTC; `exit_code` is None where the record has no end."""

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


def past_run(events: Sequence[Mapping[str, Any]]) -> PastRun:
    """The run that these events tell of. Raises ValueError when they are no record of a run."""
    try:
        return _run(events)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a record of a run: {type(error).__name__}: {error}") from None


def _run(events: Sequence[Mapping[str, Any]]) -> PastRun:
    start = next((event for event in events if event["kind"] == "run-started"), None)
    if start is None:
        raise ValueError("it does not say when the run began")
    steps = {name: PastStep(name) for name in start["stacks"]}
    identity, end = "", dict[str, Any]()
    for event in events:
        stack = event.get("stack", "")
        if event["kind"] == "run-finished":
            end = dict(event)
        elif event["kind"] == "check-passed" and event["check"] == "identity":
            identity = event["fact"]
        elif stack in steps:
            steps[stack] = _told(steps[stack], event)
    ended = tuple(_ended(step) if end else step for step in steps.values())
    return PastRun(
        run=start["run"],
        began=start["time"],
        operation=start["operation"],
        cloud=start["cloud"],
        steps=ended,
        identity=identity,
        exit_code=end.get("exit_code"),
        seconds=float(end.get("seconds", 0)),
        **{name: str(start.get(name, "")) for name in ("by", "approved_by", "reason", "commit", "build")},
    )


def _told(step: PastStep, event: Mapping[str, Any]) -> PastStep:
    match event["kind"]:
        case "step-started":
            return replace(step, account=event["account"])
        case "smoke-tested":
            return replace(step, version=event["version"])
        case "step-finished":
            names = ("result", "reason", "cause", "changes", "seconds")
            return replace(step, **{name: event[name] for name in names})
    return step


def _ended(step: PastStep) -> PastStep:
    return step if step.result else replace(step, result=Result.NOT_RUN.value)
