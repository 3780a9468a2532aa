"""A run of the past in full, for a report: what each stack went through, what changed, who let it, what drifted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deploy_driver.record.catalogue import PASSED, GateName, Reason
from deploy_driver.record.past import PastRun, PastStep, events_told, past_run
from deploy_driver.record.reading import Recorded
from deploy_driver.record.segments import End, Phase, Segment, Segments
from deploy_driver.values import Changes, Operation, PropertyDiff, ResourceChange

_NO_CHANGE = {"", "same", "refresh", "read", "read-replacement", "read-discard"}
_REPLACES = {"replace", "create-replacement", "delete-replaced"}


@dataclass(frozen=True)
class Touched:
    """One resource and what became of it: done, failed, or not on record. `planned` is what only a preview said."""

    change: ResourceChange
    end: End
    planned: bool = False


@dataclass(frozen=True)
class Gate:
    """What a step was held to after its preview: what `asked` for it, the `answer`, at which moment, after how many seconds.

    `planned` is what the preview said; where that is nothing, nobody was asked.
    """

    asked: tuple[str, ...]
    answer: str
    at: float
    seconds: float
    planned: Changes

    @property
    def passed(self) -> bool:
        """Whether the step might go on."""
        return self.answer == PASSED

    @property
    def by_a_person(self) -> bool:
        """Whether somebody at the terminal gave the answer."""
        return GateName.PERSON in self.asked and bool(self.planned.total) and self.answer in {PASSED, Reason.DECLINED}


@dataclass(frozen=True)
class Smoke:
    """The smoke test: whom it asked, and what answered; `version` is empty where nothing did, or the wrong one."""

    url: str
    version: str = ""
    account: str = ""


@dataclass(frozen=True)
class Drift:
    """One thing that is no longer as it was deployed, in the words of the `drifted` event; `diff` is None for the whole of it."""

    change: ResourceChange
    diff: PropertyDiff | None
    moved: str
    fact: str
    standing: str
    by: str
    at: str
    call: str
    agent: str
    ignored: str


@dataclass(frozen=True)
class Failed:
    """A check that kept the run from beginning."""

    check: str
    stack: str
    what: str
    remedy: str


@dataclass(frozen=True)
class StackStory:
    """One stack of the run. `errors` are what the engine said, in full."""

    step: PastStep
    role: str
    segments: tuple[Segment, ...]
    touched: tuple[Touched, ...]
    gates: tuple[Gate, ...]
    smoke: Smoke | None
    drift: tuple[Drift, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Story:
    """The run. `checks` is the time before its first step; `last` the record's last moment, in seconds since the epoch."""

    run: PastRun
    began: float
    last: float
    checks: Segment
    failed: tuple[Failed, ...]
    stacks: tuple[StackStory, ...]


def story_of(events: Sequence[Any], **places: Any) -> Story:
    """The story that a record tells; `places` are what is known of the run from where its record is, as fields of PastRun.

    Raises ValueError when it is no record of a run.
    """
    told = [event for event in events_told(events) if event.time is not None]
    run = replace(past_run(events), **places)
    times = [event.time or 0.0 for event in told]
    began, last = times[0], max(times)
    return Story(run, began, last, _checks(told, began, last), tuple(_failed(told)), tuple(_stacks(run, told, last)))


def _checks(told: Sequence[Recorded], began: float, last: float) -> Segment:
    first = next((event for event in told if event.kind in {"step-started", "run-finished"}), None)
    ended = last if first is None else first.time or began
    wrong = any(event.kind == "check-failed" for event in told)
    end = End.BADLY if wrong else End.WELL if first else End.NOT
    return Segment(Phase.CHECKS, Phase.CHECKS.value, began, max(ended, began), end)


def _failed(told: Sequence[Recorded]) -> Iterator[Failed]:
    for event in told:
        if event.kind == "check-failed":
            yield Failed(*(event.text(name) for name in ("check", "stack", "what", "remedy")))


def _stacks(run: PastRun, told: Sequence[Recorded], last: float) -> Iterator[StackStory]:
    for step in run.steps:
        mine = [event for event in told if event.text("stack") == step.stack]
        segments = Segments(looking=run.operation.startswith("drift"))
        for event in mine:
            segments.take(event, event.time or 0.0)
        roles = [event.text("role") for event in mine if event.kind == "step-started"]
        yield StackStory(
            step,
            roles[-1] if roles else "",
            segments.until(last),
            _touched(mine),
            tuple(_gates(mine)),
            _smoke(mine),
            tuple(_drift(event) for event in mine if event.kind == "drifted"),
            tuple(dict.fromkeys(_error(event) for event in mine if _is_error(event))),
        )


def _is_error(event: Recorded) -> bool:
    return event.kind == "diagnostic" and event.text("severity") == "error"


def _error(event: Recorded) -> str:
    return event.text("message").strip()


def _gates(mine: Sequence[Recorded]) -> Iterator[Gate]:
    planned = Changes()
    for event in mine:
        if event.kind == "previewed":
            planned = event.changes
        elif event.kind == "gated":
            said = event.texts("asked"), event.text("answer"), event.time or 0.0, event.number("seconds")
            yield Gate(*said, planned)


def _smoke(mine: Sequence[Recorded]) -> Smoke | None:
    """The last one that was begun, and its answer if there was one."""
    found: Smoke | None = None
    for event in mine:
        if event.kind == "smoke-test-started":
            found = Smoke(event.text("url"))
        elif event.kind == "smoke-tested":
            found = Smoke(event.text("url"), event.text("version"), event.text("account"))
    return found


def _drift(event: Recorded) -> Drift:
    change = event.change
    said = (event.text(name) for name in ("moved", "fact", "standing", "by", "at", "call", "agent", "ignored"))
    return Drift(change, change.diffs[0] if change.diffs else None, *said)


def _touched(mine: Sequence[Recorded]) -> tuple[Touched, ...]:
    """Each resource once: what was done to it where anything was, what was planned for it where only that is known."""
    carried_out = [
        event for event in mine if event.kind in {"resource-started", "resource-done"} and not event.flag("preview")
    ]
    previews = [event for event in mine if event.kind == "previewed"]
    only_looked = all(event.text("operation") == Operation.PREVIEW for event in mine if event.kind == "step-started")
    if (only_looked or not carried_out) and previews:
        return tuple(
            Touched(change, End.WELL, planned=True) for change in previews[-1].resources if change.op not in _NO_CHANGE
        )
    found: dict[str, Touched] = {}
    for event in carried_out:
        if event.change.op not in _NO_CHANGE:
            found[event.change.urn] = _after(found.get(event.change.urn), event)
    return tuple(found.values())


def _after(known: Touched | None, event: Recorded) -> Touched:
    change, end = event.change, End.NOT
    if event.kind == "resource-done":
        end = End.BADLY if event.flag("failed") else End.WELL
    if change.op in _REPLACES:
        change = replace(change, op="replace")
    if known:
        diffs, keys = change.diffs or known.change.diffs, change.keys or known.change.keys
        change = replace(change, diffs=diffs, keys=keys)
        end = End.BADLY if End.BADLY in {known.end, end} else end
    return Touched(change, end)
