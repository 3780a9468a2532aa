"""What a run says of itself in its own record, as far as the trails must agree with it."""

from __future__ import annotations

from dataclasses import dataclass

from deploy_driver.record.story import RunPart, Story


@dataclass(frozen=True)
class Worked:
    """One step that began: the role it took; empty where the caller was already in the account."""

    stack: str
    account: str
    role_arn: str


@dataclass(frozen=True)
class RunRecord:
    """One run. Times are in seconds since the epoch; `ended` is None while it goes on, or when nothing says when it ended.

    `kept` is False when no record of it is here and its id is all that is known; the trails are all there is then. `identities` are
    who ran it, `parts` the runs of a run over several agents.
    """

    run: str
    started: float
    ended: float | None = None
    kept: bool = False
    operation: str = ""
    cloud: str = ""
    stacks: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    steps: tuple[Worked, ...] = ()
    parts: tuple[RunPart, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that its sessions and its calls bear."""
        return tuple(part.run for part in self.parts) or (self.run,)

    def has(self, session: str) -> bool:
        """Whether a session of that name is the run's."""
        return session.endswith(tuple(f"-{one}" for one in self.ids))


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
        identities=tuple(one.summary.identity for one in story.parts or (story,)),
        steps=tuple(Worked(stack.summary.stack, *entered) for stack in story.stacks for entered in stack.entered),
        parts=summary.parts,
    )
