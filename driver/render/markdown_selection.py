"""What a change concerns beside what was previewed: a reviewer must not take silence for "nothing changes there"."""

from __future__ import annotations

from driver.plan.affected import Selection
from driver.render.markdown_room import Room
from driver.render.markdown_text import literal
from driver.values import Layer

_REASON = 300
"""Characters of a reason that are shown."""


def not_previewed(selection: Selection | None, room: Room) -> list[str]:
    """The affected stacks of the other layer, each with its reasons while there is room; nothing when there are none."""
    left_out = selection.left_out if selection else ()
    if not left_out:
        return []
    count = f"{len(left_out)} {left_out[0].stack.layer} {'stack' if len(left_out) == 1 else 'stacks'}"
    said = f"> ⚠️ This change also concerns {count}, not previewed here."
    if left_out[0].stack.layer is Layer.ACCESS:
        said += " They decide **who may enter**; an administrator sees what would change with `--access`."
    shown = left_out[: room.rows] if room.cause else ()
    rows = [f"- {literal(one.stack.name, 60)}: {literal('; '.join(one.reasons), _REASON)}" for one in shown]
    return [said, *(["\n".join(rows)] if rows else [])]
