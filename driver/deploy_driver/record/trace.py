"""A run as a trace: the run, its stacks, their phases, and every resource that was changed.

Names are those of OpenTelemetry's semantic conventions (opentelemetry.io, "CI/CD spans", "Resource / Cloud").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy_driver.errors import ExitCode
from deploy_driver.record.catalogue import ResourceDone, Result
from deploy_driver.record.reading import Line
from deploy_driver.record.story import End, Segment, StackStory, Story, story_of
from deploy_driver.record.stream import Envelope

RESULT = "cicd.pipeline.result"
"""What became of a run: `success`, `failure`, `cancellation`, `error`."""


@dataclass(frozen=True)
class TracedSpan:
    """Something that took time. Moments are in seconds since the epoch; `failed` is why it went wrong, empty where it did not."""

    name: str
    began: float
    ended: float
    attributes: Mapping[str, str]
    failed: str = ""
    inside: tuple[TracedSpan, ...] = ()


@dataclass(frozen=True)
class Work:
    """What a resource took, by its stack."""

    stack: str
    span: TracedSpan


def trace_of(record: Sequence[Line], project: str) -> TracedSpan:
    """The trace of the run that a record tells. Raises ValueError when it is no record of a run."""
    story = story_of(record)
    run, works = story.summary, list(_works(record))
    facts = {
        "cicd.pipeline.name": project,
        "cicd.pipeline.run.id": run.run,
        "cicd.pipeline.action.name": "RUN",
        "cicd.pipeline.run.url.full": run.build,
        RESULT: _result(story),
        "vcs.ref.head.revision": run.commit,
        "deploy.operation": run.operation,
        "deploy.cloud": run.cloud,
    }
    checks = _phase(story.checking)
    stacks = tuple(_stack(story, stack, works) for stack in story.stacks if stack.segments)
    failed = run.cause or f"exit code {run.exit_code}" if _result(story) in _FAILURES else ""
    return TracedSpan(f"{run.operation} {project}", story.began, story.last, _said(facts), failed, (checks, *stacks))


_RESULTS: Mapping[int | None, str] = {
    ExitCode.DONE: "success",
    ExitCode.DIFFERS: "success",
    ExitCode.INTERRUPTED: "cancellation",
    ExitCode.TERMINATED: "cancellation",
    ExitCode.HUNG_UP: "cancellation",
    ExitCode.BUG: "error",
    None: "error",
}
_STACK_RESULTS: Mapping[str, str] = {
    Result.SUCCEEDED: "success",
    Result.INTERRUPTED: "cancellation",
    Result.NOT_RUN: "skip",
    "": "error",
}
_FAILURES = frozenset({"failure", "error"})


def _result(story: Story) -> str:
    return _RESULTS.get(story.summary.exit_code, "failure")


def _stack(story: Story, stack: StackStory, works: Sequence[Work]) -> TracedSpan:
    summary = stack.summary
    result = _STACK_RESULTS.get(summary.result, "failure")
    facts = {
        "cicd.pipeline.task.name": summary.stack,
        "cicd.pipeline.task.run.id": f"{story.summary.run}/{summary.stack}",
        "cicd.pipeline.task.type": "deploy",
        "cicd.pipeline.task.run.result": result,
        "cloud.provider": "aws",
        "cloud.account.id": summary.account,
        "aws.iam.role": stack.role,
        "deployment.environment.name": summary.stack,
        "service.version": summary.version,
    }
    mine = [work.span for work in works if work.stack == summary.stack]
    phases = tuple(_phase(segment, mine) for segment in stack.segments)
    failed = summary.cause or summary.reason if result in _FAILURES else ""
    return TracedSpan(summary.stack, stack.segments[0].began, stack.segments[-1].ended, _said(facts), failed, phases)


def _phase(segment: Segment, works: Sequence[TracedSpan] = ()) -> TracedSpan:
    """A phase, with the resources that were done while it went on."""
    inside = tuple(work for work in works if segment.began <= work.ended <= segment.ended)
    failed = f"{segment.word} did not end well" if segment.end is End.BADLY else ""
    return TracedSpan(segment.word, segment.began, segment.ended, {}, failed, inside)


def _works(record: Sequence[Line]) -> Iterator[Work]:
    for line in record:
        if isinstance(line, Envelope) and isinstance(line.event, ResourceDone):
            change, seconds = line.event.change, line.event.seconds
            facts = {"pulumi.urn": change.urn, "pulumi.type": change.type, "pulumi.operation": change.op}
            name = f"{change.op} {change.type} {change.name}"
            failed = "it failed" if line.event.failed else ""
            yield Work(line.event.stack, TracedSpan(name, line.time - seconds, line.time, _said(facts), failed))


def _said(facts: Mapping[str, str]) -> Mapping[str, str]:
    """The facts that are known."""
    return {name: value for name, value in facts.items() if value}
