"""A preview as one Markdown document for a pull request: the table, what is dangerous, then everything else, folded."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from driver.plan.affected import Selection
from driver.plan.loss import lost
from driver.render.dangerous import decides_access
from driver.render.markdown_changes import access, details, losses
from driver.render.markdown_room import Room, rooms
from driver.render.markdown_selection import not_previewed
from driver.render.markdown_text import block, cut, literal, without_secrets
from driver.run.outcome import Result, RunOutcome, StepOutcome
from driver.values import Changes, PropertyDiff

LIMIT = 60_000
"""Characters that fit into a comment on the common hosts: GitHub takes 65,536, GitLab 1,000,000."""

MARKER = "<!-- deploy:preview"
"""How every document begins. Whoever finds a comment that begins so edits it instead of adding another."""


def marker(project: str) -> str:
    """The first line of a project's document; invisible, and the same for every preview of that project."""
    name = re.sub(r"[^A-Za-z0-9._]+", "-", project).strip("-")
    return f"{MARKER} {name} -->"


def as_markdown(outcome: RunOutcome, *, project: str, limit: int = LIMIT, selection: Selection | None = None) -> str:
    """The document, at most `limit` characters long (no less than 1,000 are needed for what must be said).

    `selection` says what a change concerns, also where nothing was previewed, when that chose the stacks.
    """
    shown = _redacted(outcome)
    sizes = tuple(rooms())
    largest = bisect_left(sizes, True, key=lambda room: len(_document(shown, project, room, limit, selection)) <= limit)
    return _document(shown, project, sizes[min(largest, len(sizes) - 1)], limit, selection)[:limit]


def _document(outcome: RunOutcome, project: str, room: Room, limit: int, selection: Selection | None) -> str:
    parts = [marker(project), _title(outcome, selection), *_table(outcome.steps, room), *not_previewed(selection, room)]
    parts += _failures(outcome.steps, room)
    parts += losses(outcome.steps, room)
    parts += access(outcome.steps, room)
    parts += details(outcome.steps, room)
    parts.append(_end(outcome, room, limit))
    return "\n\n".join(parts) + "\n"


def _title(outcome: RunOutcome, selection: Selection | None) -> str:
    if not outcome.steps:
        if selection and selection.left_out:
            return "## Preview: nothing was previewed"
        return "## Preview: no stack is affected\n\nNothing was previewed, because this change touches no stack."
    total = Changes(*(sum(getattr(step.changes, name) for step in outcome.steps) for name in _COUNTS))
    changed = sum(1 for step in outcome.steps if step.changes.total)
    failed = sum(1 for step in outcome.steps if step.result is not Result.SUCCEEDED)
    where = f" in {changed} of {_stacks(len(outcome.steps))}" if changed else ""
    said = [f"## Preview: {total.planned()}{where}{f', {failed} failed' if failed else ''}"]
    said += _warnings(outcome)
    return "\n\n".join(said)


def _warnings(outcome: RunOutcome) -> list[str]:
    changes = [change for step in outcome.steps for change in step.resources]
    gone = sum(1 for change in changes if lost(change))
    entry = sum(1 for change in changes if decides_access(change))
    said = [f"{_things(gone)} **data** would be deleted or replaced"] if gone else []
    said += [f"{entry} {'change' if entry == 1 else 'changes'} to **who may do what**"] if entry else []
    return [f"> ⚠️ {'; '.join(said)}. Look at these first."] if said else []


_COUNTS = ("create", "update", "replace", "delete", "same")


def _things(count: int) -> str:
    return f"{count} {'thing that holds' if count == 1 else 'things that hold'}"


def _stacks(count: int) -> str:
    return f"{count} {'stack' if count == 1 else 'stacks'}"


def _table(steps: Sequence[StepOutcome], room: Room) -> list[str]:
    if not steps:
        return []
    telling = sorted(range(len(steps)), key=lambda index: _is_dull(steps[index]))[: room.rows]
    rows = [_row(steps[index]) for index in sorted(telling)]
    head = [
        "| stack | account | create | update | replace | delete | result |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    left_out = len(steps) - len(rows)
    more = [f"… and {_stacks(left_out)} more, which did not fit into this table."] if left_out else []
    return ["\n".join([*head, *rows]), *more]


def _is_dull(step: StepOutcome) -> bool:
    return step.result is Result.SUCCEEDED and not step.changes.total


def _row(step: StepOutcome) -> str:
    changes, gone = step.changes, {change.op for change in step.resources if lost(change)}
    cells = [
        literal(step.stack, 60),
        literal(step.account, 30),
        _count(changes.create),
        _count(changes.update),
        _count(changes.replace, danger="replace" in gone),
        _count(changes.delete, danger="delete" in gone),
        _result(step),
    ]
    return f"| {' | '.join(cells)} |"


def _count(count: int, *, danger: bool = False) -> str:
    return f"⚠️ {count}" if danger else str(count or "")


def _result(step: StepOutcome) -> str:
    if step.result is Result.SUCCEEDED:
        return "✅ would change" if step.changes.total else "✅ no changes"
    return f"{'⏹️' if step.result is Result.INTERRUPTED else '❌'} **{step.result.value}**"


def _failures(steps: Sequence[StepOutcome], room: Room) -> list[str]:
    failed = [step for step in steps if step.result is not Result.SUCCEEDED]
    if not failed or not room.cause:
        return []
    said = ["### Failed"]
    for step in failed[: room.dangerous]:
        what = f"What to do: {step.remedy}" if step.remedy else ""
        why = "\n\n".join(cut(text, room.cause) for text in (step.cause, what) if text)
        said.append(f"{literal(step.stack)}: {step.reason.value}" + (f"\n\n{block(why, 'text')}" if why else ""))
    if len(failed) > room.dangerous:
        said.append(f"… and {_stacks(len(failed) - room.dangerous)} more.")
    return said


def _end(outcome: RunOutcome, room: Room, limit: int) -> str:
    folded = room != Room()
    run = f"run {literal(outcome.run)}, " if outcome.run else ""
    short = f" Shortened to {limit:,} characters; `--output json` has everything." if folded else ""
    return f"<sub>{run}under roles that can only read; nothing was changed.{short}</sub>"


def _redacted(outcome: RunOutcome) -> RunOutcome:
    """Without secrets before anything is cut: half a key is not known as a key."""
    return replace(outcome, steps=tuple(_step(step) for step in outcome.steps))


def _step(step: StepOutcome) -> StepOutcome:
    resources = tuple(
        replace(change, diffs=tuple(_difference(diff) for diff in change.diffs)) for change in step.resources
    )
    return replace(step, cause=without_secrets(step.cause), remedy=without_secrets(step.remedy), resources=resources)


def _difference(diff: PropertyDiff) -> PropertyDiff:
    return PropertyDiff(**without_secrets({"path": diff.path, "kind": diff.kind, "old": diff.old, "new": diff.new}))
