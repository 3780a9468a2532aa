"""The changes of a preview in Markdown: what would be lost, who could do what, and every property, folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from driver.plan.loss import goes, lost
from driver.render.dangerous import decides_access
from driver.render.markdown_policy import is_policy, policy_diff
from driver.render.markdown_room import Room
from driver.render.markdown_text import block, cut, folded, literal
from driver.render.markdown_values import one_value, property_lines
from driver.run.outcome import StepOutcome
from driver.values import PropertyDiff, ResourceChange

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
    said = [
        f"{literal(diff.path)} ({literal(one_value(diff.old), 80)} → {literal(one_value(diff.new), 80)})"
        for diff in forcing[:3]
        if room.value > _SHORT
    ]
    because = f", because of {', '.join(said)}" if said else ""
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
    found.sort(key=lambda pair: _rank(pair[1]))
    if not found or not room.dangerous:
        return []
    first, rest = _parts(found, room.dangerous)
    said = [
        "\n\n".join(
            [
                f"**{_word(change)}** in {literal(step.stack)}: {_named(change)}",
                *_shortened(_access_lines(change, room), room.policy),
            ]
        )
        for step, change in (*first, *rest)
    ]
    return ["### Who may do what", *_opening(said[:OPEN], said[OPEN:], len(rest)), *_left_out(found, room)]


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
    changes = sorted(step.resources, key=_rank)
    said = []
    for change in changes[: room.details]:
        said.append(f"**{_word(change)}** {_named(change)}")
        if decides_access(change):
            said[-1] += " (shown above)"
        elif room.made or change.op not in {"create", "delete"}:
            said += _shortened(property_lines(change.diffs, value=room.value, context=min(room.context, 3)), 100_000)
    said += _more(len(changes) - room.details)
    return folded(f"{literal(step.stack)}: {step.changes.planned()}", "\n\n".join(said))


def _shortened(lines: list[str], most: int) -> list[str]:
    if not lines or not most:
        return []
    left_out = len(lines) - most
    return [block("\n".join([*lines[:most], *([f"… {left_out:,} more lines"] if left_out > 0 else [])]), "diff")]


def _more(count: int) -> list[str]:
    return [f"… and {count} more."] if count > 0 else []


def _rank(change: ResourceChange) -> int:
    return _ORDER.index(change.op) if change.op in _ORDER else len(_ORDER)


def _word(change: ResourceChange) -> str:
    return change.op if change.op in _ORDER else literal(change.op, 30)


def _named(change: ResourceChange) -> str:
    return f"{literal(change.type)} {literal(change.name)}"
