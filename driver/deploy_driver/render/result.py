"""The result of a run on stdout: a table to read, or JSON to compute with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from deploy_driver.plan.affected import Selection
from deploy_driver.record.catalogue import Result
from deploy_driver.record.redaction import one_line, readable, redact
from deploy_driver.render.text import changed, duration, table
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import ResourceChange


def as_json(outcome: RunOutcome, *, exit_code: int, selection: Selection | None = None) -> Mapping[str, Any]:
    """The run as `--output json` promises it; `selection` says what a change concerns when that chose the stacks."""
    body = {
        "run": outcome.run,
        "operation": outcome.operation.value,
        "exitCode": exit_code,
        "seconds": round(outcome.seconds, 3),
        "stacks": [_step_json(step) for step in outcome.steps],
        **({"selection": _selection_json(selection)} if selection else {}),
    }
    redacted: Mapping[str, Any] = redact(body)
    return redacted


def _selection_json(selection: Selection) -> Mapping[str, Any]:
    chosen = {one.stack.name for one in selection.selected}
    return {
        "base": selection.change.base,
        "ancestors": selection.change.ancestors,
        "affected": [
            {
                "stack": one.stack.name,
                "layer": one.stack.layer.value,
                "selected": one.stack.name in chosen,
                "reasons": one.reasons,
            }
            for one in selection.affected
        ],
    }


def _step_json(step: StepOutcome) -> Mapping[str, Any]:
    return {
        "stack": step.stack,
        "account": step.account,
        "result": step.result.value,
        "reason": step.reason.value,
        "cause": step.cause,
        "remedy": step.remedy,
        "session": asdict(step.session) if step.session else None,
        "changes": asdict(step.changes),
        "resources": [_change_json(change) for change in step.resources],
        "outputs": dict(step.outputs),
        "seconds": round(step.seconds, 3),
    }


def _change_json(change: ResourceChange) -> Mapping[str, Any]:
    return {
        "urn": change.urn,
        "type": change.type,
        "name": change.name,
        "op": change.op,
        "keys": list(change.keys),
        "diffs": [asdict(diff) for diff in change.diffs],
    }


def as_text(outcome: RunOutcome) -> str:
    """A line per stack, then for each that did not succeed because of what, and the way out."""
    rows = [[step.stack, step.account, step.result, step.reason, *_done(step)] for step in outcome.steps]
    stacks = table(["STACK", "ACCOUNT", "RESULT", "REASON", "CHANGES", "TIME", "URL"], rows)
    causes = [_cause(step) for step in outcome.steps if step.result is not Result.SUCCEEDED and step.cause]
    return readable("\n\n".join([stacks, *causes]))


def _cause(step: StepOutcome) -> str:
    why = "not run, because " if step.result is Result.NOT_RUN else ""
    return f"{step.stack}: {why}{step.cause}" + (f"\n  what to do: {step.remedy}" if step.remedy else "")


def _done(step: StepOutcome) -> tuple[str, str, str]:
    if step.result is Result.NOT_RUN:
        return "", "", ""
    return changed(step.changes, step.reason), duration(step.seconds), one_line(str(step.outputs.get("url", "")))


FORMS: Mapping[str, Callable[[RunOutcome, int, Selection | None], str]] = {
    "text": lambda outcome, _code, _selection: as_text(outcome),
    "json": lambda outcome, code, selection: json.dumps(
        as_json(outcome, exit_code=code, selection=selection), indent=2
    ),
}
"""What `--output` names."""
