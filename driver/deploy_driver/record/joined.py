"""A run over several agents: the runs that are its parts, each with a record of its own, told as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from deploy_driver.errors import ExitCode
from deploy_driver.record.catalogue import Result
from deploy_driver.record.story import RunPart, RunSummary, StackSummary, Story

_WORST_FIRST = (
    ExitCode.BUG,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.HUNG_UP,
    ExitCode.FAILED,
    ExitCode.NOT_READY,
    ExitCode.REFUSED,
    ExitCode.USAGE,
    ExitCode.DIFFERS,
    ExitCode.DONE,
)


def joined_summary(whole: str, parts: Sequence[RunSummary]) -> RunSummary:
    """What became of the run of that id: the stacks of all parts, from the first one's beginning to the last one's end."""
    began = [datetime.fromisoformat(part.began).timestamp() for part in parts]
    ended = [start + part.seconds for start, part in zip(began, parts, strict=True)]
    stopped = [part for part in parts if part.cause]
    return RunSummary(
        whole,
        min(part.began for part in parts),
        _said(part.operation for part in parts),
        parts[0].cloud,
        tuple(_explained(part, stack) for part in parts for stack in part.stacks),
        by=_said(part.by for part in parts),
        approved_by=_said(part.approved_by for part in parts),
        reason=_said(part.reason for part in parts),
        commit=_said(part.commit for part in parts),
        build=_said(part.build for part in parts),
        config=tuple(dict.fromkeys(key for part in parts for key in part.config)),
        back_to=_said(part.back_to for part in parts),
        identity=_said(part.identity for part in parts),
        exit_code=_worst([part.exit_code for part in parts]),
        seconds=max(ended) - min(began),
        cause="; ".join(f"{_names(part)}: {part.cause}" for part in stopped),
        remedy="; ".join(f"{_names(part)}: {part.remedy}" for part in stopped if part.remedy),
        overridden=tuple(gate for part in parts for gate in part.overridden),
        here=all(part.here for part in parts),
        kept=None if any(part.kept is None for part in parts) else all(part.kept for part in parts),
        project=_said(part.project for part in parts),
        parts=tuple(RunPart(part.run, tuple(one.stack for one in part.stacks), part.exit_code) for part in parts),
    )


def joined_story(whole: str, parts: Sequence[Story]) -> Story:
    """The story of the run of that id; the parts are in the order in which they began."""
    ended = [part.ended for part in parts if part.ended is not None]
    return Story(
        joined_summary(whole, [part.summary for part in parts]),
        min(part.began for part in parts),
        max(ended) if len(ended) == len(parts) else None,
        max(part.last for part in parts),
        parts[0].checking,
        tuple(check for part in parts for check in part.checks),
        tuple(
            replace(stack, summary=_explained(part.summary, stack.summary)) for part in parts for stack in part.stacks
        ),
        tuple(dict.fromkeys(one for part in parts for one in part.approved)),
        tuple(parts),
    )


def _explained(part: RunSummary, stack: StackSummary) -> StackSummary:
    """A stack that was not run was kept from it in its own part, and by nothing in another."""
    not_run = stack.result == Result.NOT_RUN and not stack.cause
    return replace(stack, cause=part.why_not_run) if not_run else stack


def _names(part: RunSummary) -> str:
    return ", ".join(stack.stack for stack in part.stacks)


def _said(facts: Iterable[str]) -> str:
    """What the parts say, each once."""
    return ", ".join(dict.fromkeys(fact for fact in facts if fact))


def _worst(codes: Sequence[int | None]) -> int | None:
    """None where one has no end; a code that nobody knows is worse than any."""
    known = {int(code): place for place, code in enumerate(_WORST_FIRST)}
    ended = [code for code in codes if code is not None]
    return min(ended, key=lambda code: known.get(code, -1)) if len(ended) == len(codes) else None
