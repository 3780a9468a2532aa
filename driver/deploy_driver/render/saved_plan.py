"""The page of a saved plan that people read: the whole preview, and what the plan depends on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from deploy_driver.bundle.compare import moment
from deploy_driver.bundle.model import Bundle
from deploy_driver.render import preview as markdown
from deploy_driver.render.markdown import literal
from deploy_driver.run.outcome import RunOutcome

WHOLE = 10_000_000
"""Characters. Nothing that was reviewed may have been left out for want of room; a comment is `--output markdown`."""


def as_markdown(bundle: Bundle, outcome: RunOutcome) -> str:
    """The page. The signed content holds its digest, so that nobody reads something else than what was saved."""
    facts = [f"| {literal(name)} | {literal(value, WHOLE)} |" for name, value in _facts(bundle)]
    said = [f"## Plan {bundle.id}", "", f"Holds until {moment(bundle.expires)}, and for exactly this:", ""]
    return "\n".join(
        [markdown.as_markdown(outcome, project=bundle.binding.project, limit=WHOLE), *said, *_TABLE, *facts, ""]
    )


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
    for urn in bundle.allow_delete:
        yield "allowed to be deleted or replaced", urn
    for stack in bundle.binding.stacks:
        for name in ("account", "role", "settings", "state"):
            yield f"{stack.stack}: {name}", getattr(stack, name)
