"""The runs of the past on stdout: a table to read, or JSON to compute with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from driver.events.readable import one_line
from driver.events.redaction import redact
from driver.render.words import duration, table
from driver.run.outcome import Result
from driver.run.past import PastRun

SHORT = 10
"""Characters of a commit that a person compares."""


def as_text(runs: Sequence[PastRun]) -> str:
    """A line per run, newest first."""
    if not runs:
        return "no run is on record"
    header = ["RUN", "BEGAN (UTC)", "OPERATION", "STACKS", "ENDED", "TIME", "BY", "COMMIT", "REASON"]
    return table(header, [[one_line(cell) for cell in _row(run)] for run in runs])


def _row(run: PastRun) -> list[str]:
    ended = "no end on record" if run.exit_code is None else f"exit {run.exit_code}"
    by = f"{run.by}, approved by {run.approved_by}" if run.approved_by else run.by or run.build
    return [
        run.run,
        run.began[:16].replace("T", " "),
        run.operation,
        ", ".join(_step(step.stack, step.result, step.version) for step in run.steps),
        ended,
        duration(run.seconds),
        by,
        run.commit[:SHORT],
        run.reason,
    ]


def _step(stack: str, result: str, version: str) -> str:
    said = f"{stack} v{version}" if version else stack
    return said if result == Result.SUCCEEDED else f"{said} ({result or 'did not end'})"


def as_json(runs: Sequence[PastRun]) -> Mapping[str, Any]:
    """The runs as `--output json` promises them, newest first."""
    redacted: Mapping[str, Any] = redact({"runs": [_json(run) for run in runs]})
    return redacted


def _json(run: PastRun) -> Mapping[str, Any]:
    body = asdict(run)
    body["approvedBy"] = body.pop("approved_by")
    body["exitCode"] = body.pop("exit_code")
    body["stacks"] = body.pop("steps")
    return body
