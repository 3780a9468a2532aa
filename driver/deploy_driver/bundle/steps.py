"""A preview's steps in a form that can be compared: what differs for reasons of its own is taken out, nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from deploy_driver.bundle.mismatch import AGAIN, Mismatch
from deploy_driver.bundle.model import ReviewedStep
from deploy_driver.digest import SHOWN, digest
from deploy_driver.record.redaction import redact
from deploy_driver.values import PropertyDiff, ResourceChange

NOTHING = "nothing"
_SHORT = 60


def steps_of(resources: Iterable[ResourceChange]) -> tuple[ReviewedStep, ...]:
    """The steps, sorted: the engine works on several resources at once and reports them as they come. Nothing secret is in them."""
    steps = (_step(change) for change in resources)
    return tuple(sorted(steps, key=lambda step: (step.urn, step.op)))


def differences(
    stack: str, reviewed: Sequence[ReviewedStep], now: Sequence[ReviewedStep], remedy: str = AGAIN
) -> Iterator[Mismatch]:
    """Every resource to which something else would be done than was reviewed."""
    before, after = ({step.urn: step for step in steps} for steps in (reviewed, now))
    for urn in sorted({*before, *after}):
        was, will = before.get(urn), after.get(urn)
        if _form(was) != _form(will):
            sides = _sides(was, will)
            yield Mismatch(f"steps: {_resource(urn)}", *sides, remedy, stack)


def _step(change: ResourceChange) -> ReviewedStep:
    diffs = (_json_only(diff) for diff in change.diffs)
    ordered = tuple(sorted(diffs, key=lambda diff: (diff.path, diff.kind)))
    return ReviewedStep(change.urn, change.op, tuple(sorted(change.keys)), ordered)


def _json_only(diff: PropertyDiff) -> PropertyDiff:
    """Exactly what reading the saved plan gives back: lists for tuples, text for keys."""
    return replace(diff, old=_plain(diff.old), new=_plain(diff.new))


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(redact(value), sort_keys=True))


def _sides(was: ReviewedStep | None, will: ReviewedStep | None) -> tuple[str, str]:
    """Both sides in words: the operation, and only those properties that are not the same on both."""
    if was is None or will is None or was.op != will.op:
        return was.op if was else NOTHING, will.op if will else NOTHING
    return _only(was, will), _only(will, was)


def _only(step: ReviewedStep, other: ReviewedStep) -> str:
    there = {_form(diff) for diff in other.diffs}
    own = [_said(diff) for diff in step.diffs if _form(diff) not in there]
    own = own or sorted(set(step.keys) - set(other.keys))
    return f"{step.op} {'; '.join(own)}" if own else f"{step.op} without it"


def _form(part: ReviewedStep | PropertyDiff | None) -> str:
    """As it is signed: in Python `1`, `1.0` and `True` are equal."""
    return json.dumps(asdict(part) if part else None, sort_keys=True)


def _said(diff: PropertyDiff) -> str:
    return f"{diff.path} ({diff.kind}): {_value(diff.old)} → {_value(diff.new)}"


def _value(value: Any) -> str:
    """The value, or of a long one its beginning and enough of its digest to tell it from another with the same beginning."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}… ({digest(text.encode())[:SHOWN]})"


def _resource(urn: str) -> str:
    change = ResourceChange(urn, "")
    return f"{change.name} ({change.type})"
