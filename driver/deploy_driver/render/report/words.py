"""The words of a run's report that its text, its page and its JSON share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum

from deploy_driver.digest import SHOWN
from deploy_driver.errors import ExitCode
from deploy_driver.plan.loss import goes, lost
from deploy_driver.record.catalogue import Drifted, Moved, Result, Verb
from deploy_driver.record.story import ChangedResource, End, GateAnswer, StackStory, StackSummary, Story
from deploy_driver.render.diff import decides_access, is_placeholder
from deploy_driver.render.text import changed, counted, did, doing, duration
from deploy_driver.values import Changes, Cloud, PropertyDiff, ResourceChange, Urn

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
class Headline:
    """How the run ended, in one sentence."""

    tone: Tone
    text: str


def headline(story: Story) -> Headline:
    """The first thing to know."""
    code = story.summary.exit_code
    if story.parts:
        return _of_parts(story)
    if code is None:
        return Headline(Tone.ATTENTION, "The record has no end: the run still goes on, or it was killed.")
    if code in _CODES:
        tone, text = _CODES[ExitCode(code)]
        untouched = code == ExitCode.REFUSED and not any(stack.segments for stack in story.stacks)
        return Headline(tone, _stopped(story) or ("Refused: nothing was touched." if untouched else text))
    if code not in {ExitCode.DONE, ExitCode.DIFFERS}:
        return Headline(Tone.BAD, _failed(story))
    drifted = sum(stack.drifted for stack in story.summary.stacks)
    if drifted and story.summary.operation != Verb.DRIFT_FIX:
        what = "difference was found that nobody" if drifted == 1 else "differences were found that nobody"
        return Headline(Tone.ATTENTION, f"{drifted} {what} answers for.")
    return Headline(Tone.GOOD, _done(story, drifted))


def _of_parts(story: Story) -> Headline:
    """How the parts ended that did not end well, each under its own name."""
    told = [(part.summary, headline(part)) for part in story.parts]
    wrong = [(part, said) for part, said in told if said.tone is not Tone.GOOD]
    if not wrong:
        return Headline(Tone.GOOD, _done(story, 0))
    tone = Tone.BAD if any(said.tone is Tone.BAD for _, said in wrong) else Tone.ATTENTION
    names = [stack_names([one.stack for one in part.stacks]) for part, _ in wrong]
    return Headline(
        tone, " ".join(f"{name} (run {part.run}): {said.text}" for name, (part, said) in zip(names, wrong, strict=True))
    )


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
    stopped = [stack for stack in story.summary.stacks if stack.result in {Result.REFUSED, Result.INTERRUPTED}]
    return "; ".join(f"{stack.stack} was {stack.result}: {stack.reason}" for stack in stopped) + "." if stopped else ""


def _failed(story: Story) -> str:
    failed = [stack.stack for stack in story.summary.stacks if stack.result == Result.FAILED]
    rest = [stack.stack for stack in story.summary.stacks if stack.result == Result.NOT_RUN]
    if not failed:
        return f"It ended with exit code {story.summary.exit_code}."
    left = f"; {stack_names(rest)} {'was' if len(rest) == 1 else 'were'} not run" if rest else ""
    return f"{stack_names(failed)} failed{left}."


def _done(story: Story, drifted: int) -> str:
    total = summed([stack.changes for stack in story.summary.stacks if stack.changes])
    if story.summary.operation == Verb.DRIFT:
        return "Everything is as it was deployed."
    if story.summary.operation == Verb.PROVE:
        return f"All {sum(stack.cases for stack in story.summary.stacks)} cases went as they should."
    if drifted:
        return f"{counted(drifted, 'difference')} found; put back: {total.done()}."
    if story.summary.operation == Verb.PREVIEW:
        return f"Previewed: {total.planned()}."
    return f"All went well: {total.done() if total.total else 'nothing had to change'}."


def summed(several: Sequence[Changes]) -> Changes:
    """Several stacks' changes together."""
    return Changes(**{field.name: sum(getattr(one, field.name) for one in several) for field in fields(Changes)})


def listed(names: Sequence[str]) -> str:
    """`dev`, `dev and prod`, `dev, staging and prod`."""
    *some, last = names or ("nothing",)
    return f"{', '.join(some)} and {last}" if some else last


def stack_names(names: Sequence[str]) -> str:
    """The stacks by name, as long as those are few and short; one always."""
    all_of_them = listed(names)
    return all_of_them if len(all_of_them) <= MOST or len(names) == 1 else f"{len(names)} stacks"


def moment(time: float) -> str:
    """`2026-11-23 01:02:03 UTC`."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"


def clock(time: float) -> str:
    """`01:02:03`, UTC."""
    return f"{datetime.fromtimestamp(time, UTC):%H:%M:%S}"


def cloud(name: str) -> str:
    """Where it was."""
    return "AWS" if name == Cloud.AWS else name


def commit(full: str) -> str:
    """As much of a commit as a person compares, and whether something was not committed."""
    name, plus, more = full.partition("+")
    return f"{name[:SHORT]}{plus}{more}"


def where_kept(story: Story) -> str:
    """Where the record is kept."""
    if not story.summary.here:
        return "in the state bucket"
    if story.summary.kept is None:
        return "in this folder; the state bucket could not be asked"
    return "in this folder and in the state bucket" if story.summary.kept else "only in this folder"


def result(stack: StackStory) -> str:
    """What became of a stack."""
    return stack.summary.result or ("did not end" if stack.segments else "did not begin")


def drift_and_changes(stack: StackSummary) -> str:
    """How much drifted in a stack, and what was changed in it; empty where nothing says it."""
    drifted = f"{stack.drifted} drifted" if stack.drifted else ""
    return "; ".join(part for part in (drifted, changes(stack)) if part)


def changes(stack: StackSummary) -> str:
    """What was changed in a stack, or would be; empty where nothing says it."""
    return changed(stack.changes, stack.reason) if stack.changes and stack.result != Result.NOT_RUN else ""


def cause(story: Story, stack: StackSummary) -> str:
    """Why a stack did not succeed; empty where it did."""
    if stack.result in {Result.SUCCEEDED, ""}:
        return ""
    if stack.result != Result.NOT_RUN or stack.cause:
        return stack.cause or stack.reason
    return story.summary.why_not_run


def times(stack: StackStory) -> str:
    """`preview 2.1 s, wait 12 s, up 5.0 s, smoke test 0.3 s`."""
    return ", ".join(
        f"{one.word} {duration(one.seconds)}" + ("" if one.end is not End.NOT else " (no end on record)")
        for one in stack.segments
        if one.seconds >= 0.05 or one.end is not End.WELL  # noqa: PLR2004 -- what would be shown as 0.0 s says nothing
    )


@dataclass(frozen=True)
class PersonAnswer:
    """Who let it happen, what that was about, and when."""

    who: str
    what: str
    when: str


def approvals(story: Story) -> Iterator[PersonAnswer]:
    """Who said yes or no: before the run, and at its terminal."""
    run = story.summary
    for one in story.approved:
        yield PersonAnswer(one.by, f"approved the plan {one.plan[:SHOWN]} as {one.role}", one.at)
    if run.approved_by and not story.approved:
        yield PersonAnswer(run.approved_by, "approved the run", "before it began")
    for stack in story.stacks:
        for gate in stack.gates:
            if gate.by_a_person:
                person = run.by or "somebody at the terminal"
                answer = "confirmed" if gate.passed else "declined"
                when = f"{clock(gate.at)} UTC, asked for {duration(gate.seconds)}"
                yield PersonAnswer(person, f"{answer} {stack.summary.stack}: {gate.planned.planned()}", when)


def gate_and_answer(one: GateAnswer) -> str:
    """What asked for a preview, and the answer."""
    return f"{listed(one.asked)}: {one.answer}"


def type_and_name(change: ResourceChange) -> str:
    """The resource's type and name as a person says them: `s3/bucket items`."""
    return f"{kind(change)} {change.name}"


def kind(change: ResourceChange) -> str:
    """The resource's type, without what is the same in all of AWS's."""
    return Urn(change.urn).kind


def in_order(changed_resources: Sequence[ChangedResource]) -> list[ChangedResource]:
    """What failed first, then what is dangerous, then by operation."""
    return sorted(changed_resources, key=_rank)


def _rank(one: ChangedResource) -> tuple[bool, bool, bool, bool, int, str]:
    change = one.change
    order = _FIRST.index(change.op) if change.op in _FIRST else len(_FIRST)
    held = bool(lost(change))
    return one.end is End.WELL, not held, not goes(change), not _guarded(one), order, change.urn


def _guarded(one: ChangedResource) -> bool:
    """Whether what was there before now lets in somebody else. What is new with its stack is no change of access."""
    return one.change.op != "create" and decides_access(one.change)


def danger(one: ChangedResource) -> str:
    """Why it is dangerous, in a few words; empty when it is not."""
    would = "would lose" if one.planned else "may have lost" if one.end is not End.WELL else "lost"
    if goes(one.change):
        return f"{would} {lost(one.change) or 'what was there'}"
    return "decides who may do what" if _guarded(one) else ""


def verb(one: ChangedResource) -> str:
    """`updated`, `would create`, `failed updating`, `updating, no end on record`."""
    op = one.change.op
    if one.planned:
        return f"would {op}"
    return {End.WELL: did(op), End.BADLY: f"failed {doing(op)}", End.NOT: f"{doing(op)}, no end on record"}[one.end]


def properties(one: ChangedResource) -> list[str]:
    """The properties of the resource that change; with their values where those are short."""
    if one.change.op not in {"update", "replace"}:
        return [diff.path for diff in one.change.diffs] or list(one.change.keys)
    return [_property(diff) for diff in one.change.diffs] or list(one.change.keys)


def _property(diff: PropertyDiff) -> str:
    values = value(diff.old), value(diff.new)
    shown = all(len(one) <= VALUE and not is_placeholder(one) for one in values)
    return f"{diff.path} {' → '.join(values)}" if shown else diff.path


def value(found: object) -> str:
    """A value in one line."""
    if found is None:
        return "nothing"
    return found if isinstance(found, str) and found else json.dumps(found, ensure_ascii=False)


def difference(one: Drifted) -> str:
    """What is the matter, in one line."""
    for diff in one.change.diffs:
        return f"{diff.path}: expected {value(diff.old)}, found {value(diff.new)}"
    return one.fact


def who(one: Drifted) -> str:
    """Who did it; empty where only the code moved, `unknown` where the trail does not say."""
    if one.by:
        return f"{one.by} at {one.at}: {one.call}"
    return "" if one.moved == Moved.CODE else "unknown"
