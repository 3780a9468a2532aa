"""A run as a message for where a team reads: what is worth one, and its words, which are those of the run's report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from deploy_driver.drift.ledger import EntryStatus
from deploy_driver.errors import ExitCode
from deploy_driver.record.catalogue import Reason, Result, Verb
from deploy_driver.record.redaction import one_line
from deploy_driver.record.story import StackStory, Story
from deploy_driver.render.markdown import cut, visible
from deploy_driver.render.report import words
from deploy_driver.render.report.text import facts, following

LISTED = 10
"""Resources that drifted in a stack, of which the message says what is the matter."""

_ROOM = 2000
"""Characters of a line."""

_FACTS = ("asked by", "reason", "back to", "commit", "build")
_MEANS = re.compile(r"[<@#~](?=\S)|\](?=[(\[:])")
"""What begins a tag, a mention, a channel or a link where a team reads, in HTML, Markdown or a service's own."""

_BREAK = "\N{ZERO WIDTH SPACE}"


class Occasion(StrEnum):
    """Why a team is told of a run."""

    FAILED = "failed"
    APPROVAL = "waits for approval"
    DRIFT = "drift"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True)
class Message:
    """What is said to a team. Whatever anybody has written in it is text to every service, and no markup."""

    occasion: Occasion
    title: str
    text: str


def message_of(story: Story, project: str, waits: str = "") -> Message | None:
    """What a run is told as; None where nothing was changed, found or asked for. `waits` is who has to do what before it goes on."""
    occasion = _occasion(story, waits)
    if not occasion:
        return None
    run = story.summary
    stacks = words.stack_names([stack.stack for stack in run.stacks])
    title = f"{project}: {run.operation} of {stacks} on {words.cloud(run.cloud)}: {occasion}"
    return Message(occasion, _plain(title), "\n".join(_plain(line) for line in _lines(story, waits)))


def _occasion(story: Story, waits: str) -> Occasion | None:
    run = story.summary
    if waits or any(one.check == "approvals" for one in story.failed_checks):
        return Occasion.APPROVAL
    if any(stack.reason == Reason.NEEDS_APPROVAL for stack in run.stacks):
        return Occasion.APPROVAL
    if run.exit_code not in {ExitCode.DONE, ExitCode.DIFFERS}:
        return Occasion.FAILED
    if any(
        drift.standing != EntryStatus.UNCHANGED and not drift.ignored for one in story.stacks for drift in one.drift
    ):
        return Occasion.DRIFT
    return None if run.operation in {Verb.DRIFT, Verb.PREVIEW} else Occasion.SUCCEEDED


def _lines(story: Story, waits: str) -> Iterator[str]:
    """How it ended, each stack, why, who and what of, and how to go on."""
    run = story.summary
    yield words.headline(story).text
    yield from [waits] if waits else []
    for stack in story.stacks:
        yield from _stack(story, stack)
    for check in story.failed_checks:
        yield f"{check.stack}: {check.check}: {check.fact}" if check.stack else f"{check.check}: {check.fact}"
        yield from _way(check.remedy)
    if run.cause and not story.failed_checks:
        yield f"it ended because {run.cause}"
        yield from _way(run.remedy)
    known = dict(facts(story))
    yield from (f"{name}: {known[name]}" for name in _FACTS if known[name])
    yield f"run {run.run}: `deploy report {run.run}`, `{following(story)}`"


def _stack(story: Story, stack: StackStory) -> Iterator[str]:
    summary = stack.summary
    account = f" ({summary.account})" if summary.account else ""
    something = summary.result == Result.SUCCEEDED or (summary.changes and summary.changes.total)
    done = words.drift_and_changes(summary) if something else ""
    yield f"{summary.stack}{account}: {words.result(stack)}" + (f": {done}" if done else "")
    found = [drift for drift in stack.drift if not drift.ignored]
    for drift in found[:LISTED]:
        by = f"; by {words.who(drift)}" if words.who(drift) else ""
        yield f"  {words.type_and_name(drift.change)} ({drift.moved}, {drift.standing}): {words.difference(drift)}{by}"
    if len(found) > LISTED:
        yield f"  and {len(found) - LISTED} more"
    if why := words.cause(story, summary):
        yield f"  {'not run, because' if summary.result == Result.NOT_RUN else 'because'} {why}"
    yield from _way(summary.remedy)


def _way(remedy: str) -> Iterator[str]:
    if remedy:
        yield f"  what to do: {remedy}"


def _plain(line: str) -> str:
    """The line, of which no service makes a tag, a link or a mention; it keeps its indent, and begins no block of Markdown's."""
    indent = line[: len(line) - len(line.lstrip(" "))]
    return indent + _MEANS.sub(lambda found: found[0] + _BREAK, visible(cut(one_line(line), _ROOM)))
