"""The words of a run's report that its text, its page and its JSON share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum

from deploy_driver.errors import ExitCode
from deploy_driver.plan.loss import goes, lost
from deploy_driver.record.catalogue import Moved, Result
from deploy_driver.record.past import PastStep
from deploy_driver.record.segments import End
from deploy_driver.record.story import Drift, Gate, StackStory, Story, Touched
from deploy_driver.render.dangerous import decides_access
from deploy_driver.render.diff import is_placeholder
from deploy_driver.render.text import VERBS, changed, did, duration
from deploy_driver.values import Changes, PropertyDiff, ResourceChange

VALUE = 40
"""Characters of a value that is shown beside its property."""

SHORT = 12
"""Characters of a commit that a person compares."""

MOST = 60
"""Characters of a title that stacks' names may take."""

_FIRST = ("replace", "delete", "update", "create", "import")


class Tone(StrEnum):
    """How a run ended, as far as a colour can say it."""

    GOOD = "good"
    ATTENTION = "attention"
    BAD = "bad"


@dataclass(frozen=True)
class Verdict:
    """How the run ended, in one sentence."""

    tone: Tone
    said: str


def verdict(story: Story) -> Verdict:
    """The first thing to know."""
    code = story.run.exit_code
    if code is None:
        return Verdict(Tone.ATTENTION, "The record has no end: the run still goes on, or it was killed.")
    if code in _CODES:
        tone, said = _CODES[ExitCode(code)]
        untouched = code == ExitCode.REFUSED and not any(stack.segments for stack in story.stacks)
        return Verdict(tone, _stopped(story) or ("Refused: nothing was touched." if untouched else said))
    if code not in {ExitCode.DONE, ExitCode.DIFFERS}:
        return Verdict(Tone.BAD, _failed(story))
    drifted = sum(step.drifted for step in story.run.steps)
    if drifted and not story.run.operation.endswith("--fix"):
        what = "difference was found that nobody" if drifted == 1 else "differences were found that nobody"
        return Verdict(Tone.ATTENTION, f"{drifted} {what} answers for.")
    return Verdict(Tone.GOOD, _done(story, drifted))


_CODES = {
    ExitCode.USAGE: (Tone.BAD, "The settings were not valid: nothing was touched."),
    ExitCode.NOT_READY: (Tone.BAD, "It was not ready to begin: nothing was touched."),
    ExitCode.REFUSED: (Tone.ATTENTION, "Refused."),
    ExitCode.BUG: (Tone.BAD, "It ended with a bug in deploy."),
    ExitCode.INTERRUPTED: (Tone.ATTENTION, "It was interrupted."),
    ExitCode.HUNG_UP: (Tone.ATTENTION, "Its terminal was closed, and it stopped."),
    ExitCode.TERMINATED: (Tone.ATTENTION, "It was asked to stop, and did."),
}


def _stopped(story: Story) -> str:
    """Which stacks were refused, or interrupted, and why; empty where none was."""
    stopped = [step for step in story.run.steps if step.result in {Result.REFUSED, Result.INTERRUPTED}]
    return "; ".join(f"{step.stack} was {step.result}: {step.reason}" for step in stopped) + "." if stopped else ""


def _failed(story: Story) -> str:
    failed = [step.stack for step in story.run.steps if step.result == Result.FAILED]
    rest = [step.stack for step in story.run.steps if step.result == Result.NOT_RUN]
    if not failed:
        return f"It ended with exit code {story.run.exit_code}."
    left = f"; {listed(rest)} {'was' if len(rest) == 1 else 'were'} not run" if rest else ""
    return f"{listed(failed)} failed{left}."


def _done(story: Story, drifted: int) -> str:
    steps = story.run.steps
    total = summed([step.changes for step in steps if step.changes])
    if story.run.operation == "drift":
        return "Everything is as it was deployed."
    if drifted:
        return f"{drifted} {'difference' if drifted == 1 else 'differences'} found; put back: {total.done()}."
    if story.run.operation == "preview":
        return f"Previewed: {total.planned()}."
    return f"All went well: {total.done() if total.total else 'nothing had to change'}."


def summed(several: Sequence[Changes]) -> Changes:
    """Several stacks' changes together."""
    return Changes(**{field.name: sum(getattr(one, field.name) for one in several) for field in fields(Changes)})


def listed(names: Sequence[str]) -> str:
    """`dev`, `dev and prod`, `dev, staging and prod`."""
    *some, last = names or ("nothing",)
    return f"{', '.join(some)} and {last}" if some else last


def stacks(names: Sequence[str]) -> str:
    """The stacks by name, as long as those are few and short."""
    said = listed(names)
    return said if len(said) <= MOST else f"{len(names)} stacks"


def moment(time: float) -> str:
    """`2026-11-23 01:02:03 UTC`."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"


def clock(time: float) -> str:
    """`01:02:03`, UTC."""
    return f"{datetime.fromtimestamp(time, UTC):%H:%M:%S}"


def cloud(story: Story) -> str:
    """Where it was."""
    return "AWS" if story.run.cloud == "aws" else story.run.cloud


def commit(full: str) -> str:
    """As much of a commit as a person compares, and whether something was not committed."""
    name, plus, more = full.partition("+")
    return f"{name[:SHORT]}{plus}{more}"


def record(story: Story) -> str:
    """Where the record is kept."""
    if not story.run.here:
        return "in the state bucket"
    if story.run.kept is None:
        return "in this folder; the state bucket could not be asked"
    return "in this folder and in the state bucket" if story.run.kept else "only in this folder"


def result(stack: StackStory) -> str:
    """What became of a stack."""
    return stack.step.result or ("did not end" if stack.segments else "did not begin")


def done(step: PastStep) -> str:
    """What was done to a stack in a few words; empty where nothing says it."""
    said = what(step)
    return "; ".join(part for part in (f"{step.drifted} drifted" if step.drifted else "", said) if part)


def what(step: PastStep) -> str:
    """What was changed in a stack, or would be; empty where nothing says it."""
    return changed(step.changes, step.reason) if step.changes and step.result != Result.NOT_RUN else ""


def because(story: Story, step: PastStep) -> str:
    """Why a stack did not succeed; empty where it did."""
    if step.result in {Result.SUCCEEDED, ""}:
        return ""
    if step.result != Result.NOT_RUN or step.cause:
        return step.cause or step.reason
    before = [one for one in story.run.steps if one.result not in {Result.SUCCEEDED, Result.NOT_RUN}]
    return f"{before[-1].stack} {before[-1].result}: {before[-1].reason}" if before else ""


def times(stack: StackStory) -> str:
    """`preview 2.1 s, wait 12 s, up 5.0 s, smoke test 0.3 s`."""
    return ", ".join(
        f"{one.word} {duration(one.seconds)}" + ("" if one.end is not End.NOT else " (no end on record)")
        for one in stack.segments
        if one.seconds >= 0.05 or one.end is not End.WELL  # noqa: PLR2004 -- what would be shown as 0.0 s says nothing
    )


@dataclass(frozen=True)
class Approval:
    """Who let it happen, what that was about, and when."""

    who: str
    what: str
    when: str


def approvals(story: Story) -> Iterator[Approval]:
    """Who said yes or no: before the run, and at its terminal."""
    run = story.run
    if run.approved_by:
        yield Approval(run.approved_by, "approved the run", "before it began")
    for stack in story.stacks:
        for gate in stack.gates:
            if gate.by_a_person:
                who = run.by or "somebody at the terminal"
                said = "confirmed" if gate.passed else "declined"
                when = f"{clock(gate.at)} UTC, asked for {duration(gate.seconds)}"
                yield Approval(who, f"{said} {stack.step.stack}: {gate.planned.planned()}", when)


def gate(one: Gate) -> str:
    """What asked for a preview, and the answer."""
    return f"{listed(one.asked)}: {one.answer}"


def named(change: ResourceChange) -> str:
    """The resource's type and name as a person says them: `s3/bucket items`."""
    return f"{kind(change)} {change.name}"


def kind(change: ResourceChange) -> str:
    """The resource's type, without what is the same in all of AWS's."""
    type_ = change.type
    return type_.removeprefix("aws:").rpartition(":")[0] if type_.startswith("aws:") else type_


def in_order(touched: Sequence[Touched]) -> list[Touched]:
    """What failed first, then what is dangerous, then by operation."""
    return sorted(touched, key=_rank)


def _rank(one: Touched) -> tuple[bool, bool, bool, bool, int, str]:
    change = one.change
    order = _FIRST.index(change.op) if change.op in _FIRST else len(_FIRST)
    held = bool(lost(change))
    return one.end is End.WELL, not held, not goes(change), not _guarded(one), order, change.urn


def _guarded(one: Touched) -> bool:
    """Whether what was there before now lets in somebody else. What is new with its stack is no change of access."""
    return one.change.op != "create" and decides_access(one.change)


def danger(one: Touched) -> str:
    """Why it is dangerous, in a few words; empty when it is not."""
    would = "would lose" if one.planned else "may have lost" if one.end is not End.WELL else "lost"
    if goes(one.change):
        return f"{would} {lost(one.change) or 'what was there'}"
    return "decides who may do what" if _guarded(one) else ""


def deed(one: Touched) -> str:
    """`updated`, `would create`, `failed updating`, `updating, no end on record`."""
    op = one.change.op
    if one.planned:
        return f"would {op}"
    doing = VERBS.get(op, (op, op))[0]
    return {End.WELL: did(op), End.BADLY: f"failed {doing}", End.NOT: f"{doing}, no end on record"}[one.end]


def properties(one: Touched) -> list[str]:
    """The properties of the resource that change; with their values where those are short."""
    if one.change.op not in {"update", "replace"}:
        return [diff.path for diff in one.change.diffs] or list(one.change.keys)
    return [_property(diff) for diff in one.change.diffs] or list(one.change.keys)


def _property(diff: PropertyDiff) -> str:
    values = value(diff.old), value(diff.new)
    said = all(len(one) <= VALUE and not is_placeholder(one) for one in values)
    return f"{diff.path} {' → '.join(values)}" if said else diff.path


def value(found: object) -> str:
    """A value in one line."""
    if found is None:
        return "nothing"
    return found if isinstance(found, str) and found else json.dumps(found, ensure_ascii=False)


def difference(one: Drift) -> str:
    """What is the matter, in one line."""
    if one.diff is None:
        return one.fact
    return f"{one.diff.path}: expected {value(one.diff.old)}, found {value(one.diff.new)}"


def doer(one: Drift) -> str:
    """Who did it; empty where only the code moved, `unknown` where the trail does not say."""
    if one.by:
        return f"{one.by} at {one.at}: {one.call}"
    return "" if one.moved == Moved.CODE else "unknown"
