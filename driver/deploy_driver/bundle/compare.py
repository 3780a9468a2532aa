"""What differs between a reviewed plan and the world, each by name, with both sides and the way out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from deploy_driver import remedies
from deploy_driver.bundle.model import Binding, BoundStack, Bundle, ReviewedStep
from deploy_driver.digest import SHOWN, digest
from deploy_driver.record.catalogue import RunDependsOn
from deploy_driver.record.redaction import redact
from deploy_driver.values import PropertyDiff, ResourceChange
from deploy_project.remedy import Remedy

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Mismatch:
    """One fact: what was reviewed, what is now, what to do. `stack` is empty for what concerns them all."""

    name: str
    reviewed: str
    now: str
    remedy: Remedy
    stack: str = ""

    @property
    def fact(self) -> str:
        """Both sides, digests shortened."""
        return f"{self.name}: reviewed {_shortened(self.reviewed)}, now {_shortened(self.now)}"

    def __str__(self) -> str:
        place = f"{self.stack}: " if self.stack else ""
        return f"{place}{self.fact}; {self.remedy}"


@dataclass(frozen=True)
class _Said:
    """How a field is called, and what a person can do."""

    name: str
    remedy: Remedy


_EVERYWHERE: Mapping[str, _Said] = {
    "deploy": _Said("deploy version", remedies.REVIEWED_VERSION),
    "project": _Said("project", remedies.REVIEWED_PROJECT),
    "cloud": _Said("cloud", remedies.REVIEWED_CLOUD),
    "commit": _Said("commit", remedies.REVIEWED_COMMIT),
    "changes": _Said("work tree", remedies.REVIEWED_FILES),
    "program": _Said("program", remedies.UNDO_OR_REVIEW),
    "lock": _Said("lock file", remedies.UNDO_OR_REVIEW),
    "deploy_toml": _Said("deploy.toml", remedies.UNDO_OR_REVIEW),
    "project_file": _Said("Pulumi.yaml", remedies.UNDO_OR_REVIEW),
    "tools_settings": _Said("settings of tools", remedies.UNDO_OR_REVIEW),
    "engine": _Said("engine version", remedies.REVIEWED_ENGINE),
    "plugin": _Said("plugin version", remedies.REVIEWED_PLUGIN),
}
_PER_STACK: Mapping[str, _Said] = {
    "account": _Said("account", remedies.UNDO_OR_REVIEW),
    "role": _Said("role", remedies.UNDO_OR_REVIEW),
    "settings": _Said("settings", remedies.UNDO_OR_REVIEW),
    "state": _Said("state moved", remedies.DEPLOYED_SINCE),
}


def mismatches(reviewed: Binding, now: Binding) -> Iterator[Mismatch]:
    """Every bound fact that differs, the steps left out: those are compared once all of these are equal."""
    yield from _differing(reviewed, now, _EVERYWHERE)
    before, after = ([stack.stack for stack in binding.stacks] for binding in (reviewed, now))
    if before != after:
        yield Mismatch("stacks", _listed(before), _listed(after), remedies.REVIEWED_STACKS)
    there = {stack.stack: stack for stack in now.stacks}
    for stack in reviewed.stacks:
        if stack.stack in there:
            yield from _differing(stack, there[stack.stack], _PER_STACK, stack.stack)


def depends_on(binding: Binding) -> Iterator[RunDependsOn]:
    """Every bound fact but the states and the steps, for the record of a run."""
    for field, words in _EVERYWHERE.items():
        yield RunDependsOn(words.name, _as_text(getattr(binding, field)))
    for stack in binding.stacks:
        for field, words in _PER_STACK.items():
            if field != "state":
                yield RunDependsOn(words.name, _as_text(getattr(stack, field)), stack.stack)


def _as_text(value: str | Mapping[str, str]) -> str:
    return value if isinstance(value, str) else "; ".join(f"{name} {how}" for name, how in sorted(value.items()))


def expired(bundle: Bundle, now: float) -> Iterator[Mismatch]:
    """The plan's time is over."""
    if now >= bundle.expires:
        yield Mismatch("expiry", f"until {moment(bundle.expires)}", moment(now), remedies.REVIEW_AGAIN)


def rewritten(bundle: Bundle, document: bytes) -> Iterator[Mismatch]:
    """The page that people read is not the one that was saved."""
    if digest(document) != bundle.document:
        yield Mismatch("plan.md", bundle.document, digest(document), remedies.OTHER_DOCUMENT)


def moment(seconds: float) -> str:
    """A moment as people read it, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _differing(
    reviewed: Binding | BoundStack, now: Binding | BoundStack, said: Mapping[str, _Said], stack: str = ""
) -> Iterator[Mismatch]:
    for field in fields(reviewed):
        before, after = getattr(reviewed, field.name), getattr(now, field.name)
        if field.name in said and before != after:
            words = said[field.name]
            yield Mismatch(words.name, _shown(before, after), _shown(after, before), words.remedy, stack)


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _shortened(text: str) -> str:
    return _DIGEST.sub(lambda found: f"{found[0][:SHOWN]}…", text)


def _shown(value: str | Mapping[str, str], other: str | Mapping[str, str]) -> str:
    """A text as it is; of changed files those that are not changed in the same way on the other side."""
    if isinstance(value, str) or isinstance(other, str):
        return str(value)
    own = [f"{name} ({how})" for name, how in value.items() if other.get(name) != how]
    return ", ".join(own) or ("nothing else" if value else "clean")


NOTHING = "nothing"
_SHORT = 60


def steps_of(resources: Iterable[ResourceChange]) -> tuple[ReviewedStep, ...]:
    """The steps, sorted: the engine works on several resources at once and reports them as they come. Nothing secret is in them."""
    steps = (_step(change) for change in resources)
    return tuple(sorted(steps, key=lambda step: (step.urn, step.op)))


def differences(
    stack: str, reviewed: Sequence[ReviewedStep], now: Sequence[ReviewedStep], remedy: Remedy = remedies.REVIEW_AGAIN
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
    whole = json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = _shortened(whole)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}… ({digest(whole.encode())[:SHOWN]})"


def _resource(urn: str) -> str:
    change = ResourceChange(urn, "")
    return f"{change.name} ({change.type})"
