"""A preview as one Markdown document for a pull request, or for who reviews a plan: what is dangerous first, the rest folded."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

from deploy_driver.bundle.compare import moment
from deploy_driver.bundle.model import Bundle
from deploy_driver.plan.affected import Selection
from deploy_driver.plan.loss import goes, lost
from deploy_driver.record.catalogue import Result
from deploy_driver.render.diff import decides_access, is_policy, one_value, policy_diff, property_lines
from deploy_driver.render.markdown import block, cut, folded, literal, prose, without_secrets
from deploy_driver.render.text import counted
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import Changes, Layer, PropertyDiff, ResourceChange


@dataclass(frozen=True)
class Room:
    """What is shown at most. All counts are upper limits.

    `value` is characters of one value, `context` unchanged lines round a changed one, `made` whether what is made or
    deleted is shown property by property, `details` resources in a stack's fold, `policy` lines of one dangerous change,
    `dangerous` dangerous changes, `cause` characters of a failure's cause, `rows` stacks in the table.
    """

    value: int = 20_000
    context: int = 10_000
    made: bool = True
    details: int = 100_000
    policy: int = 100_000
    dangerous: int = 100_000
    cause: int = 20_000
    rows: int = 100_000


def rooms() -> Iterator[Room]:
    """Every size, largest first."""
    room = Room()
    yield room
    for value in (2_000, 400, 120):
        room = replace(room, value=value, cause=max(value, 1_000))
        yield room
    room = replace(room, context=2)
    yield room
    room = replace(room, made=False)
    yield room
    for details in (200, 100, 50, 20, 10, 5, 2, 0):
        room = replace(room, details=details)
        yield room
    for policy, dangerous in ((200, 200), (80, 100), (30, 50), (12, 20), (6, 10), (0, 10), (0, 3)):
        room = replace(room, policy=policy, dangerous=dangerous, value=min(room.value, 80))
        yield room
    for cause in (300, 100, 0):
        room = replace(room, cause=cause)
        yield room
    room = replace(room, dangerous=0)
    yield room
    for rows in (400, 200, 100, 50, 20, 10, 5, 2, 1, 0):
        room = replace(room, rows=rows)
        yield room


_REASON = 300
"""Characters of a reason that are shown."""


def not_previewed(selection: Selection | None, room: Room) -> list[str]:
    """The affected stacks of the other layer, each with its reasons while there is room; nothing when there are none."""
    left_out = selection.left_out if selection else ()
    if not left_out:
        return []
    count = counted(len(left_out), f"{left_out[0].stack.layer} stack")
    warning = f"> ⚠️ This change also concerns {count}, not previewed here."
    if left_out[0].stack.layer is Layer.ACCESS:
        warning += " They decide **who may enter**; an administrator sees what would change with `--access`."
    shown = left_out[: room.rows] if room.cause else ()
    rows = [f"- {literal(one.stack.name, 60)}: {literal('; '.join(one.reasons), _REASON)}" for one in shown]
    return [warning, *(["\n".join(rows)] if rows else [])]


_ORDER = ("replace", "delete", "update", "create", "import")

OPEN = 12
"""How many dangerous changes of a sort stand open; more of them would hide the next sort."""

Dangerous = tuple[StepOutcome, ResourceChange]
"""A change that is looked at first, and the stack it is in."""


def losses(steps: Sequence[StepOutcome], room: Room) -> list[str]:
    """What would be deleted or replaced: what holds data first, with what would be lost and what forces it."""
    gone = [(step, change) for step in steps for change in step.resources if goes(change)]
    gone.sort(key=lambda pair: not lost(pair[1]))
    if not gone or not room.dangerous:
        return []
    first, rest = _parts(gone, room.dangerous)
    lists = ["\n".join(f"- {_loss(step, change, room)}" for step, change in part) for part in (first, rest)]
    return ["### Would be deleted or replaced", *_opening(lists[:1], lists[1:], len(rest)), *_left_out(gone, room)]


def _loss(step: StepOutcome, change: ResourceChange, room: Room) -> str:
    loses = f" — ⚠️ **{lost(change)} would be lost**" if lost(change) else ""
    forcing = [diff for diff in change.diffs if diff.kind.endswith("-replace")] if change.op == "replace" else []
    lines = [
        f"{literal(diff.path)} ({literal(one_value(diff.old), 80)} → {literal(one_value(diff.new), 80)})"
        for diff in forcing[:3]
        if room.value > _SHORT
    ]
    because = f", because of {', '.join(lines)}" if lines else ""
    return f"**{_word(change)}** in {literal(step.stack)}: {_named(change)}{loses}{because}"


_SHORT = 80
"""Room for values below which none is shown beside what is lost."""


def _parts(found: Sequence[Dangerous], most: int) -> tuple[list[Dangerous], list[Dangerous]]:
    """The first few, and the others up to `most`: as many of one stack as of another, so that none hides behind a longer one."""
    seen: Counter[str] = Counter()
    turns = []
    for index, (step, _) in enumerate(found):
        turns.append((seen[step.stack], index))
        seen[step.stack] += 1
    order = [index for _, index in sorted(turns)][:most]
    first, rest = sorted(order[:OPEN]), sorted(order[OPEN:])
    return [found[index] for index in first], [found[index] for index in rest]


def access(steps: Sequence[StepOutcome], room: Room) -> list[str]:
    """Changes to roles, trust and policies, before and after; what is new last."""
    found = [(step, change) for step in steps for change in step.resources if decides_access(change)]
    found.sort(key=lambda pair: rank(pair[1]))
    if not found or not room.dangerous:
        return []
    first, rest = _parts(found, room.dangerous)
    lines = [
        "\n\n".join(
            [
                f"**{_word(change)}** in {literal(step.stack)}: {_named(change)}",
                *_shortened(_access_lines(change, room), room.policy),
            ]
        )
        for step, change in (*first, *rest)
    ]
    return ["### Who may do what", *_opening(lines[:OPEN], lines[OPEN:], len(rest)), *_left_out(found, room)]


def _opening(first: list[str], rest: list[str], count: int) -> list[str]:
    """The first few for everybody to see, the rest behind a line that opens them."""
    return [*first, folded(f"and {count} more", "\n\n".join(rest))] if count else first


def _left_out(found: Sequence[Dangerous], room: Room) -> list[str]:
    return _more(len(found) - room.dangerous)


def _access_lines(change: ResourceChange, room: Room) -> list[str]:
    documents = [diff for diff in change.diffs if _readable_as_policy(diff)]
    others = [diff for diff in change.diffs if diff not in documents]
    lines = property_lines(others, value=min(room.value, 2_000), context=room.context)
    for diff in documents:
        changed = policy_diff(diff.old, diff.new, context=room.context)
        lines += [f"  {diff.path}:", *changed] if changed else [f"  {diff.path}: another text, the same meaning"]
    return [cut(line, room.value) for line in lines]


def _readable_as_policy(diff: PropertyDiff) -> bool:
    """A policy on both sides, or on the only side there is. One that becomes unknown has no after to show."""
    sides = [side for side in (diff.old, diff.new) if side is not None]
    return bool(sides) and all(is_policy(side) for side in sides)


def details(steps: Sequence[StepOutcome], room: Room) -> list[str]:
    """Every change, a fold for each stack; their number where there is no room for them."""
    changed = [step for step in steps if step.resources]
    if not changed:
        return []
    if not room.details:
        count = sum(len(step.resources) for step in changed)
        return ["### Everything that would change", f"{count} changes, too many or too long to be shown here."]
    return ["### Everything that would change", *(_stack(step, room) for step in changed)]


def _stack(step: StepOutcome, room: Room) -> str:
    """Every change of a stack, property by property; what was shown above is only named."""
    changes = sorted(step.resources, key=rank)
    lines = []
    for change in changes[: room.details]:
        lines.append(f"**{_word(change)}** {_named(change)}")
        if decides_access(change):
            lines[-1] += " (shown above)"
        elif room.made or change.op not in {"create", "delete"}:
            lines += _shortened(property_lines(change.diffs, value=room.value, context=min(room.context, 3)), 100_000)
    lines += _more(len(changes) - room.details)
    return folded(f"{literal(step.stack)}: {step.changes.planned()}", "\n\n".join(lines))


def _shortened(lines: list[str], most: int) -> list[str]:
    if not lines or not most:
        return []
    left_out = len(lines) - most
    return [block("\n".join([*lines[:most], *([f"… {left_out:,} more lines"] if left_out > 0 else [])]), "diff")]


def _more(count: int) -> list[str]:
    return [f"… and {count} more."] if count > 0 else []


def rank(change: ResourceChange) -> int:
    """Where a change stands among others: what takes something away first."""
    return _ORDER.index(change.op) if change.op in _ORDER else len(_ORDER)


def _word(change: ResourceChange) -> str:
    return change.op if change.op in _ORDER else literal(change.op, 30)


def _named(change: ResourceChange) -> str:
    return f"{literal(change.type)} {literal(change.name)}"


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
    shown = redacted(outcome)
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
    where = f" in {changed} of {counted(len(outcome.steps), 'stack')}" if changed else ""
    lines = [f"## Preview: {total.planned()}{where}{f', {failed} failed' if failed else ''}"]
    lines += _warnings(outcome)
    return "\n\n".join(lines)


def _warnings(outcome: RunOutcome) -> list[str]:
    changes = [change for step in outcome.steps for change in step.resources]
    gone = sum(1 for change in changes if lost(change))
    entry = sum(1 for change in changes if decides_access(change))
    lines = [f"{_things(gone)} **data** would be deleted or replaced"] if gone else []
    lines += [f"{counted(entry, 'change')} to **who may do what**"] if entry else []
    return [f"> ⚠️ {'; '.join(lines)}. Look at these first."] if lines else []


_COUNTS = ("create", "update", "replace", "delete", "same")


def _things(count: int) -> str:
    return f"{count} {'thing that holds' if count == 1 else 'things that hold'}"


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
    more = [f"… and {counted(left_out, 'stack')} more, which did not fit into this table."] if left_out else []
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
    lines = ["### Failed"]
    for step in failed[: room.dangerous]:
        why = [block(cut(step.cause, room.cause), "text")] if step.cause else []
        what = [f"What to do: {prose(step.remedy, room.cause)}"] if step.remedy else []
        lines.append("\n\n".join([f"{literal(step.stack)}: {step.reason.value}", *why, *what]))
    if len(failed) > room.dangerous:
        lines.append(f"… and {counted(len(failed) - room.dangerous, 'stack')} more.")
    return lines


def _end(outcome: RunOutcome, room: Room, limit: int) -> str:
    folded = room != Room()
    run = f"run {literal(outcome.run)}, " if outcome.run else ""
    short = f" Shortened to {limit:,} characters; `--output json` has everything." if folded else ""
    return f"<sub>{run}under roles that can only read; nothing was changed.{short}</sub>"


def redacted(outcome: RunOutcome) -> RunOutcome:
    """Without secrets before anything is cut: half a key is not known as a key."""
    return replace(outcome, steps=tuple(_step(step) for step in outcome.steps))


def _step(step: StepOutcome) -> StepOutcome:
    resources = tuple(
        replace(change, diffs=tuple(_difference(diff) for diff in change.diffs)) for change in step.resources
    )
    return replace(step, cause=without_secrets(step.cause), remedy=without_secrets(step.remedy), resources=resources)


def _difference(diff: PropertyDiff) -> PropertyDiff:
    return PropertyDiff(**without_secrets({"path": diff.path, "kind": diff.kind, "old": diff.old, "new": diff.new}))


WHOLE = 10_000_000
"""Characters. Nothing that was reviewed may have been left out for want of room; a comment is `--output markdown`."""


def plan_as_markdown(bundle: Bundle, outcome: RunOutcome, reason: str = "") -> str:
    """The page of a saved plan: the whole preview, why it was saved where somebody said so, and what the plan depends on.

    The signed content holds its digest, so that nobody reads something else than what was saved.
    """
    named = [*([("reason", reason)] if reason else []), *_facts(bundle)]
    facts = [f"| {literal(name)} | {literal(value, WHOLE)} |" for name, value in named]
    head = [f"## Plan {bundle.id}", "", f"Holds until {moment(bundle.expires)}, and for exactly this:", ""]
    return "\n".join([as_markdown(outcome, project=bundle.binding.project, limit=WHOLE), *head, *_TABLE, *facts, ""])


_TABLE = ("| what | as reviewed |", "| --- | --- |")


def _facts(bundle: Bundle) -> Iterator[tuple[str, str]]:
    yield "saved by", bundle.saved_by
    yield "saved at", moment(bundle.created)
    for field in fields(bundle.binding):
        value = getattr(bundle.binding, field.name)
        if isinstance(value, str):
            yield field.name.replace("_", " "), value
    for file, how in bundle.binding.changes.items():
        yield f"not as committed: {file}", how
    for key, value in bundle.config.items():
        yield f"set for this plan only: {key}", value
    for urn in bundle.allow_delete:
        yield "allowed to be deleted or replaced", urn
    for stack in bundle.binding.stacks:
        for name in ("account", "role", "settings", "state"):
            yield f"{stack.stack}: {name}", getattr(stack, name)
