"""The report of one run on stdout: a page to read, or JSON to compute with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from deploy_driver.record.catalogue import Result
from deploy_driver.record.redaction import one_line, readable, redact
from deploy_driver.record.segments import End, Segment
from deploy_driver.record.story import Drift, StackStory, Story, Touched
from deploy_driver.render.report import words
from deploy_driver.render.text import duration, table, wrapped

INDENT = "  "

LISTED = 20
"""Resources of a stack that are listed; the page and the JSON have all of them."""


def as_text(story: Story) -> str:
    """The run in one column: how it ended, who and why, the stacks, then each stack's story, then what to do next."""
    run = story.run
    title = f"{run.operation} of {words.stacks([step.stack for step in run.steps])} on {words.cloud(story)}"
    parts = [
        "\n".join(line for text in (f"{title}, run {run.run}", words.verdict(story).said) for line in wrapped(text)),
        "\n".join(_line(name, said) for name, said in facts(story) if said),
        table(["STACK", "ACCOUNT", "RESULT", "CHANGES", "TIME", "VERSION"], [_row(stack) for stack in story.stacks]),
        *("\n".join(_stack(story, stack)) for stack in story.stacks if _worth(story, stack)),
        "\n".join(_failures(story)),
        f"next: {following(story)}",
    ]
    return readable("\n\n".join(part for part in parts if part))


def facts(story: Story) -> list[tuple[str, str]]:
    """What is to be known of a run, by name; empty where the record does not say."""
    run = story.run
    return [
        ("began", words.moment(story.began)),
        ("took", duration(run.seconds) if run.exit_code is not None else ""),
        ("exit code", "" if run.exit_code is None else str(run.exit_code)),
        ("asked by", run.by),
        *(("approval", f"{one.who} {one.what}, {one.when}") for one in words.approvals(story)),
        ("reason", run.reason),
        ("commit", run.commit),
        ("build", run.build),
        ("identity", run.identity),
        ("record", words.record(story)),
    ]


def following(story: Story) -> str:
    """The command that says what AWS saw."""
    return f"deploy audit {one_line(story.run.run)}"


def _line(name: str, said: str) -> str:
    return f"{name:<10} {one_line(said)}"


def _row(stack: StackStory) -> list[str]:
    step = stack.step
    took = duration(step.seconds) if step.seconds else ""
    row = [step.stack, step.account, words.result(stack), words.done(step), took, step.version]
    return [one_line(cell) for cell in row]


def _worth(story: Story, stack: StackStory) -> bool:
    """Whether there is more to say of a stack than its row does."""
    return bool(stack.segments or stack.drift or words.because(story, stack.step))


def _stack(story: Story, stack: StackStory) -> Iterator[str]:
    step = stack.step
    place = f"{step.stack} {step.account}" if step.account else step.stack
    yield one_line(f"{place}: {words.times(stack) or words.result(stack)}")
    yield from _touched(words.in_order(stack.touched))
    for drift in stack.drift:
        kept = f" (ignored; {drift.ignored})" if drift.ignored else f" ({drift.standing})"
        yield from wrapped(f"drifted: {words.named(drift.change)}: {drift.moved}{kept}", INDENT)
        yield from wrapped(words.difference(drift), "    ")
        yield from wrapped(f"by {words.doer(drift)}" if words.doer(drift) else "", "    ")
    for gate in stack.gates:
        yield from wrapped(f"gate: {words.gate(gate)}", INDENT)
    if stack.smoke and stack.smoke.account:
        smoke = stack.smoke
        yield from wrapped(
            f"smoke test: {smoke.url}/health answered from {smoke.account}, version {smoke.version}", INDENT
        )
    yield from _why(story, stack)


def _touched(touched: Sequence[Touched]) -> Iterator[str]:
    """A line for each resource; those that were made and are not dangerous stand together in one."""
    made = [one for one in touched if one.change.op == "create" and one.end is End.WELL]
    others = [one for one in touched if one not in made]
    for one in others[:LISTED]:
        more = "; ".join(part for part in (words.danger(one).upper(), ", ".join(words.properties(one))) if part)
        yield from wrapped(f"{words.deed(one)} {words.named(one.change)}" + (f": {more}" if more else ""), INDENT)
    if len(others) > LISTED:
        yield f"  … and {len(others) - LISTED} more: --format html and json have them"
    if made:
        yield from wrapped(f"{words.deed(made[0])} {', '.join(words.named(one.change) for one in made)}", INDENT)


def _why(story: Story, stack: StackStory) -> Iterator[str]:
    step = stack.step
    why = words.because(story, step)
    if why:
        yield from wrapped(f"{'not run, because' if step.result == Result.NOT_RUN else 'because'} {why}", INDENT)
    if step.remedy:
        yield from wrapped(f"what to do: {step.remedy}", INDENT)


def _failures(story: Story) -> Iterator[str]:
    for check in story.failed:
        place = f"{check.stack}: {check.check}" if check.stack else check.check
        yield from wrapped(f"{place}: {check.what}")
        yield from wrapped(f"what to do: {check.remedy}" if check.remedy else "", INDENT)
    if story.run.cause and not story.failed:
        yield from wrapped(f"it ended because {story.run.cause}")
        yield from wrapped(f"what to do: {story.run.remedy}" if story.run.remedy else "", INDENT)


def as_json(story: Story) -> Mapping[str, Any]:
    """The run as `--format json` promises it."""
    run = story.run
    body = {
        "run": run.run,
        "operation": run.operation,
        "cloud": run.cloud,
        "began": run.began,
        "exitCode": run.exit_code,
        "seconds": round(run.seconds, 3),
        "verdict": words.verdict(story).said,
        "cause": run.cause,
        "remedy": run.remedy,
        "by": run.by,
        "approvedBy": run.approved_by,
        "reason": run.reason,
        "commit": run.commit,
        "build": run.build,
        "identity": run.identity,
        "record": {"here": run.here, "kept": run.kept},
        "approvals": [asdict(one) for one in words.approvals(story)],
        "checks": {
            "seconds": round(story.checks.seconds, 3),
            "failed": [asdict(check) for check in story.failed],
        },
        "stacks": [_stack_json(story, stack) for stack in story.stacks],
        "next": following(story),
    }
    redacted: Mapping[str, Any] = redact(body)
    return redacted


def _stack_json(story: Story, stack: StackStory) -> Mapping[str, Any]:
    step = stack.step
    return {
        "stack": step.stack,
        "account": step.account,
        "role": stack.role,
        "result": step.result,
        "reason": step.reason,
        "cause": words.because(story, step),
        "remedy": step.remedy,
        "changes": asdict(step.changes) if step.changes else None,
        "version": step.version,
        "seconds": round(step.seconds, 3),
        "segments": [_segment_json(story, one) for one in stack.segments],
        "resources": [_resource_json(one) for one in words.in_order(stack.touched)],
        "gates": [
            {"asked": one.asked, "answer": one.answer, "at": words.moment(one.at), "seconds": one.seconds}
            for one in stack.gates
        ],
        "smokeTest": asdict(stack.smoke) if stack.smoke else None,
        "drift": [_drift_json(one) for one in stack.drift],
        "errors": list(stack.errors),
    }


def _segment_json(story: Story, one: Segment) -> Mapping[str, Any]:
    return {
        "phase": one.phase.value,
        "word": one.word,
        "after": round(one.began - story.began, 3),
        "seconds": round(one.seconds, 3),
        "end": one.end.value,
    }


def _resource_json(one: Touched) -> Mapping[str, Any]:
    return {
        "urn": one.change.urn,
        "type": one.change.type,
        "name": one.change.name,
        "op": one.change.op,
        "planned": one.planned,
        "end": one.end.value,
        "danger": words.danger(one),
        "diffs": [asdict(diff) for diff in one.change.diffs],
    }


def _drift_json(one: Drift) -> Mapping[str, Any]:
    body = {**asdict(one), "urn": one.change.urn, "type": one.change.type, "name": one.change.name}
    del body["change"]
    return body
