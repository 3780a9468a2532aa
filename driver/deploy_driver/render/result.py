"""The result of a run on stdout: a table to read, or JSON to compute with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from deploy_driver.plan.affected import Selection
from deploy_driver.plan.loss import lost
from deploy_driver.record.catalogue import Result
from deploy_driver.record.redaction import one_line, readable, redact
from deploy_driver.render.diff import one_value, property_lines
from deploy_driver.render.markdown import visible
from deploy_driver.render.preview import rank, redacted
from deploy_driver.render.text import changed, duration, overridden, table
from deploy_driver.render.width import fitting, folded, line_width, wrapped
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import MissingRight, Operation, PropertyDiff, ResourceChange


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
        "missingRights": [_right_json(right) for right in step.missing],
        "overridden": [{"gate": str(one.gate), "why": one.why, "by": one.by} for one in step.overridden],
        "outputs": dict(step.outputs),
        "smokeTest": ({"check": step.smoke_test.kind.value, "asks": step.smoke_test.asks} if step.smoke_test else None),
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


def _right_json(right: MissingRight) -> Mapping[str, Any]:
    change = right.change
    planned = {"urn": change.urn, "type": change.type, "name": change.name, "op": change.op}
    return {**planned, "resource": right.resource, "action": right.action, "why": right.why}


def as_text(outcome: RunOutcome) -> str:
    """A line per stack, where each answers, what a preview found, then why each that did not succeed did not, and the way out."""
    if outcome.operation is Operation.PREVIEW:
        return _preview(redacted(outcome))
    tests = [step.smoke_test.kind if step.smoke_test else "" for step in outcome.steps]
    smoke = ["SMOKE TEST"] if any(tests) else []
    rows = [
        [step.stack, step.account, step.result, step.reason, *_done(step), *([test] if smoke else [])]
        for step, test in zip(outcome.steps, tests, strict=True)
    ]
    stacks = table(["STACK", "ACCOUNT", "RESULT", "REASON", "CHANGES", "TIME", *smoke], rows)
    urls = [f"{one_line(step.stack)}: {url}" for step in outcome.steps if (url := _url(step))]
    causes = [_cause(step) for step in outcome.steps if step.result is not Result.SUCCEEDED and step.cause]
    lifted = [one_line(f"{one.stack}: {overridden(one)}") for step in outcome.steps for one in step.overridden]
    return readable("\n\n".join([stacks, *(["\n".join(urls)] if urls else []), *lifted, *causes]))


def _cause(step: StepOutcome) -> str:
    why = "not run, because " if step.result is Result.NOT_RUN else ""
    return folded(f"{step.stack}: {why}{step.cause}" + (f"\n  what to do: {step.remedy}" if step.remedy else ""))


def _done(step: StepOutcome) -> tuple[str, str]:
    if step.result is Result.NOT_RUN:
        return "", ""
    return changed(step.changes, step.reason), duration(step.seconds)


def _url(step: StepOutcome) -> str:
    return "" if step.result is Result.NOT_RUN else one_line(str(step.outputs.get("url", "")))


LINES = 24
"""Lines of one property's difference; JSON has all of it."""

_SHORTENED = "… stands where something was left out: --output json has all of it"


def _preview(outcome: RunOutcome) -> str:
    """What would change: how much in each stack, then every resource, with each property that differs where it stays or is replaced."""
    header = ["STACK", "ACCOUNT", "CREATE", "UPDATE", "REPLACE", "DELETE", "RESULT"]
    stacks = table(header, [_counted(step) for step in outcome.steps])
    found = ["\n".join(_planned(step)) for step in outcome.steps if step.resources]
    causes = [_cause(step) for step in outcome.steps if step.result is not Result.SUCCEEDED and step.cause]
    notes = [_SHORTENED] if any("…" in part for part in found) else []
    return readable("\n\n".join([stacks, *found, *notes, *causes]))


def _counted(step: StepOutcome) -> list[str]:
    made = step.changes
    said = f"{step.result} ({step.reason})"
    if step.result is Result.SUCCEEDED:
        said = "would change" if made.total else "no changes"
    counts = (made.create, made.update, made.replace, made.delete)
    return [step.stack, step.account, *(str(count or "") for count in counts), said]


def _planned(step: StepOutcome) -> Iterator[str]:
    """Every change of a stack: what takes something away first."""
    yield one_line(f"{step.stack}: {step.changes.planned()}")
    for change in sorted(step.resources, key=rank):
        loses = f": {lost(change)} would be lost" if lost(change) else ""
        yield from wrapped(visible(f"{change.op} {_kind(change.type)} {change.name}{loses}"), "  ")
        if change.op in {"create", "delete"}:
            continue
        if change.op == "replace" and not any(_forces(diff) for diff in change.diffs):
            yield "      (the engine names no property that forces the replacement)"
        for diff in sorted(change.diffs, key=lambda diff: not _forces(diff)):
            yield from _property(diff)


def _kind(type_: str) -> str:
    """The type as Pulumi's own displays shorten it: `aws:s3:Bucket` for `aws:s3/bucket:Bucket`."""
    module, _, name = type_.rpartition(":")
    return f"{module.partition('/')[0]}:{name}" if module else name


def _forces(diff: PropertyDiff) -> bool:
    return diff.kind.endswith("-replace")


def _property(diff: PropertyDiff) -> Iterator[str]:
    """`timeout: 10 -> 12`; a policy or a text that is too long for one line as the lines of it that differ."""
    path = one_line(visible(diff.path))
    sides = [one_value(diff.old), one_value(diff.new)]
    if diff.kind.startswith("add"):
        sides[0] = "nothing"
    if diff.kind.startswith("delete"):
        sides[1] = "nothing"
    how = f"{sides[0]}, another one than before" if sides[0] == sides[1] else " -> ".join(sides)
    line = visible(f"      {path}: {how}{'  (forces the replacement)' if _forces(diff) else ''}")
    if len(line) <= line_width():
        yield line
        return
    lines = property_lines([diff], value=line_width() - 8, context=0)
    if lines[0].startswith("  "):  # the property, above the lines of it that differ
        yield fitting(visible(f"      {lines.pop(0).strip()}"))
    yield from (fitting(visible(f"        {line}")) for line in lines[:LINES])
    if len(lines) > LINES:
        yield f"        … {len(lines) - LINES} more lines"


FORMS: Mapping[str, Callable[[RunOutcome, int, Selection | None], str]] = {
    "text": lambda outcome, _code, _selection: as_text(outcome),
    "json": lambda outcome, code, selection: json.dumps(
        as_json(outcome, exit_code=code, selection=selection), indent=2
    ),
}
"""What `--output` names."""
