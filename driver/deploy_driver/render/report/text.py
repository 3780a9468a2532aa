"""The report of one run on stdout: a page to read, or JSON to compute with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from deploy_driver.record.catalogue import Drifted, Result
from deploy_driver.record.redaction import one_line, readable, redact
from deploy_driver.record.story import ChangedResource, CheckStory, End, Segment, StackStory, Story
from deploy_driver.render.report import words
from deploy_driver.render.text import duration, overridden, parts_as_json, parts_as_text, table
from deploy_driver.render.width import wrapped

INDENT = "  "

LISTED = 20
"""Resources of a stack that are listed; the page and the JSON have all of them."""


def as_text(story: Story) -> str:
    """The run in one column: how it ended, who and why, the stacks, then each stack's story, then what to do next."""
    run = story.summary
    title = f"{run.operation} of {words.stack_names([stack.stack for stack in run.stacks])} on {words.cloud(run.cloud)}"
    parts = [
        "\n".join(line for text in (f"{title}, run {run.run}", words.headline(story).text) for line in wrapped(text)),
        "\n".join(f"{name:<10} {one_line(fact)}" for name, fact in facts(story) if fact),
        table(["STACK", "ACCOUNT", "RESULT", "CHANGES", "TIME", "VERSION"], [_row(stack) for stack in story.stacks]),
        *("\n".join(_stack(story, stack)) for stack in story.stacks if _has_more(story, stack)),
        "\n".join(_failures(story)),
        f"next: {following(story)}",
    ]
    return readable("\n\n".join(part for part in parts if part))


def facts(story: Story) -> list[tuple[str, str]]:
    """What is to be known of a run, by name; empty where the record does not say."""
    run = story.summary
    return [
        ("began", words.moment(story.began)),
        ("took", duration(run.seconds) if run.exit_code is not None else ""),
        ("exit code", "" if run.exit_code is None else str(run.exit_code)),
        ("asked by", run.by),
        *(("approval", f"{one.who} {one.what}, {one.when}") for one in words.approvals(story)),
        ("reason", run.reason),
        ("back to", f"run {run.back_to}" if run.back_to else ""),
        ("commit", run.commit),
        ("build", run.build),
        ("config", f"{', '.join(run.config)} (for this run only)" if run.config else ""),
        ("identity", run.identity),
        ("part of", f"run {run.part_of}" if run.part_of else ""),
        ("runs", parts_as_text(run.parts)),
        ("record", words.where_kept(story)),
    ]


def following(story: Story) -> str:
    """The command that says what AWS saw."""
    return f"deploy audit {one_line(story.summary.run)}"


def _row(stack: StackStory) -> list[str]:
    summary = stack.summary
    took = duration(summary.seconds) if summary.seconds else ""
    row = [
        summary.stack,
        summary.account,
        words.result(stack),
        words.drift_and_changes(summary),
        took,
        summary.version,
    ]
    return [one_line(cell) for cell in row]


def _has_more(story: Story, stack: StackStory) -> bool:
    """Whether there is more to say of a stack than its row does."""
    return bool(stack.segments or stack.drift or stack.overridden or words.cause(story, stack.summary))


def _stack(story: Story, stack: StackStory) -> Iterator[str]:
    summary = stack.summary
    place = f"{summary.stack} {summary.account}" if summary.account else summary.stack
    yield from wrapped(f"{place}: {words.times(stack) or words.result(stack)}")
    yield from _changed(words.in_order(stack.changed))
    for drift in stack.drift:
        kept = f" (ignored; {drift.ignored})" if drift.ignored else f" ({drift.standing})"
        yield from wrapped(f"drifted: {words.type_and_name(drift.change)}: {drift.moved}{kept}", INDENT)
        yield from wrapped(words.difference(drift), "    ")
        yield from wrapped(f"by {words.who(drift)}" if words.who(drift) else "", "    ")
    for gate in stack.gates:
        yield from wrapped(f"gate: {words.gate_and_answer(gate)}", INDENT)
    for lifted in stack.overridden:
        yield from wrapped(f"gate: {overridden(lifted)}", INDENT)
    for package in stack.packages:
        yield from wrapped(f"code: {package}", INDENT)
    smoke = stack.smoke_test
    if smoke:
        what = f"smoke test: {smoke.asks}" if smoke.made else "no smoke test:"
        yield from wrapped(f"{what} {smoke.says or 'did not pass'}", INDENT)
    yield from _why(story, stack)


def _changed(changed: Sequence[ChangedResource]) -> Iterator[str]:
    """A line for each resource; those that were made and are not dangerous stand together in one."""
    made = [one for one in changed if one.change.op == "create" and one.end is End.WELL]
    others = [one for one in changed if one not in made]
    for one in others[:LISTED]:
        more = "; ".join(part for part in (words.danger(one).upper(), ", ".join(words.properties(one))) if part)
        yield from wrapped(
            f"{words.verb(one)} {words.type_and_name(one.change)}" + (f": {more}" if more else ""), INDENT
        )
    if len(others) > LISTED:
        yield f"  … and {len(others) - LISTED} more: --format html and json have them"
    if made:
        yield from wrapped(
            f"{words.verb(made[0])} {', '.join(words.type_and_name(one.change) for one in made)}", INDENT
        )


def _why(story: Story, stack: StackStory) -> Iterator[str]:
    summary = stack.summary
    why = words.cause(story, summary)
    if why:
        yield from wrapped(f"{'not run, because' if summary.result == Result.NOT_RUN else 'because'} {why}", INDENT)
    if summary.remedy:
        yield from wrapped(f"what to do: {summary.remedy}", INDENT)


def _failures(story: Story) -> Iterator[str]:
    for check in story.failed_checks:
        place = f"{check.stack}: {check.check}" if check.stack else check.check
        yield from wrapped(f"{place}: {check.fact}")
        yield from wrapped(f"what to do: {check.remedy}" if check.remedy else "", INDENT)
    run = story.summary
    if story.cause:
        yield from wrapped(f"it ended because {story.cause}")
        yield from wrapped(f"what to do: {run.remedy}" if run.remedy else "", INDENT)


def as_json(story: Story) -> Mapping[str, Any]:
    """The run as `--format json` promises it."""
    run = story.summary
    body = {
        "run": run.run,
        "operation": run.operation,
        "cloud": run.cloud,
        "began": run.began,
        "exitCode": run.exit_code,
        "seconds": round(run.seconds, 3),
        "verdict": words.headline(story).text,
        "cause": run.cause,
        "remedy": run.remedy,
        "by": run.by,
        "approvedBy": run.approved_by,
        "reason": run.reason,
        "commit": run.commit,
        "build": run.build,
        "config": list(run.config),
        "backTo": run.back_to,
        "identity": run.identity,
        "record": {"here": run.here, "kept": run.kept},
        "partOf": run.part_of,
        "parts": parts_as_json(run.parts),
        "approvals": [asdict(one) for one in words.approvals(story)],
        "checks": {
            "seconds": round(sum(one.seconds for one in story.all_checking), 3),
            "failed": [_check_json(check) for check in story.failed_checks],
        },
        "stacks": [_stack_json(story, stack) for stack in story.stacks],
        "next": following(story),
    }
    redacted: Mapping[str, Any] = redact(body)
    return redacted


def _check_json(check: CheckStory) -> Mapping[str, Any]:
    return {"check": check.check, "stack": check.stack, "what": check.fact, "remedy": check.remedy}


def _stack_json(story: Story, stack: StackStory) -> Mapping[str, Any]:
    summary = stack.summary
    return {
        "stack": summary.stack,
        "account": summary.account,
        "role": stack.role,
        "result": summary.result,
        "reason": summary.reason,
        "cause": words.cause(story, summary),
        "remedy": summary.remedy,
        "changes": asdict(summary.changes) if summary.changes else None,
        "version": summary.version,
        "seconds": round(summary.seconds, 3),
        "segments": [_segment_json(story, one) for one in stack.segments],
        "resources": [_resource_json(one) for one in words.in_order(stack.changed)],
        "gates": [
            {"asked": one.asked, "answer": one.answer, "at": words.moment(one.at), "seconds": one.seconds}
            for one in stack.gates
        ],
        "overridden": [{"gate": one.gate, "why": one.why, "by": one.by} for one in stack.overridden],
        "packages": list(stack.packages),
        "smokeTest": asdict(stack.smoke_test) if stack.smoke_test else None,
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


def _resource_json(one: ChangedResource) -> Mapping[str, Any]:
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


def _drift_json(one: Drifted) -> Mapping[str, Any]:
    facts = ("moved", "fact", "standing", "by", "at", "call", "agent", "ignored")
    return {
        "diff": asdict(one.change.diffs[0]) if one.change.diffs else None,
        **{name: getattr(one, name) for name in facts},
        "urn": one.change.urn,
        "type": one.change.type,
        "name": one.change.name,
    }
