"""What a run says of itself in its own record, as far as the trails must agree with it."""

from __future__ import annotations

from dataclasses import dataclass

from deploy_driver.record.story import Story


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


def record_of(run: str, story: Story) -> RunRecord:
    """What the story of a run has that the trails can be held against."""
    summary = story.summary
    return RunRecord(
        run,
        started=story.began,
        ended=story.ended,
        kept=True,
        operation=summary.operation,
        cloud=summary.cloud,
        stacks=tuple(stack.stack for stack in summary.stacks),
        identity=summary.identity,
        steps=tuple(Worked(stack.summary.stack, *entered) for stack in story.stacks for entered in stack.entered),
    )
