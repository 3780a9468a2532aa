"""The story of a run, made from its events in one place: for the report, the history, JUnit, the audit, and while it goes on.

    events → RunFold, which has a StackFold for each stack → Story

A stack's time in a run is a row of segments: preview, waiting at its gates, the operation itself, its smoke test, its soak.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import singledispatchmethod

from deploy_driver.record import catalogue
from deploy_driver.record.catalogue import PASSED, GateName, Reason, Result, Verb
from deploy_driver.record.reading import Line
from deploy_driver.record.stream import Envelope, moment
from deploy_driver.values import Changes, Operation, ResourceChange, SmokeKind

_NO_CHANGE = {"", "same", "refresh", "read", "read-replacement", "read-discard"}
_REPLACES = {"replace", "create-replacement", "delete-replaced"}
_COUNTS = {"create", "update", "delete", "import", "create-replacement", "import-replacement"}
"""What is one change of a plan: a replacement counts when the new one stands, not again when the old one goes."""


class Phase(StrEnum):
    """What a segment is about."""

    CHECKS = "checks"
    LOOK = "look"
    PREVIEW = "preview"
    GATE = "wait"
    OPERATION = "operation"
    SMOKE_TEST = "smoke test"
    SOAK = "soak"


class End(StrEnum):
    """How something ended."""

    WELL = "well"
    BADLY = "badly"
    NOT = "not on record"


@dataclass(frozen=True)
class Segment:
    """One phase of one stack. Moments are in seconds since the epoch; `operation` is that of its step."""

    phase: Phase
    operation: str
    began: float
    ended: float
    end: End = End.NOT

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(self.ended - self.began, 0.0)

    @property
    def word(self) -> str:
        """What to call it: an operation by its own name."""
        return self.operation if self.phase is Phase.OPERATION else self.phase.value


@dataclass(frozen=True)
class CheckStory:
    """One check, of the whole run where `stack` is empty. `fact` is what was found, or what is wrong."""

    check: str
    stack: str
    seconds: float
    passed: bool
    fact: str
    remedy: str = ""


@dataclass(frozen=True)
class ChangedResource:
    """One resource and what became of it: done, failed, or not on record. `planned` is what only a preview said."""

    change: ResourceChange
    end: End
    planned: bool = False


@dataclass(frozen=True)
class GateAnswer:
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
class SmokeTest:
    """How a stack was tested and what was seen: what was asked, and what it `says`, which is empty where nothing right was seen.

    `version` and `account` are what the service answered where that was expected. Of `none`, `says` is why there is none.
    """

    url: str
    check: str
    asks: str = ""
    says: str = ""
    version: str = ""
    account: str = ""

    @property
    def made(self) -> bool:
        """Whether there was anything to ask, or to run."""
        return self.check != SmokeKind.NONE

    @property
    def passed(self) -> bool:
        """Whether the service has shown that it works."""
        return self.made and bool(self.says)


@dataclass(frozen=True)
class StackSummary:
    """What became of one stack. `version` is what its smoke test saw; `result` is empty where the record ends before the step does.

    `drifted` counts what a look found that nobody answers for, `cases` what a proof tried, and `wrong` what of that went wrong.
    """

    stack: str
    account: str = ""
    result: str = ""
    reason: str = ""
    cause: str = ""
    remedy: str = ""
    changes: Changes | None = None
    version: str = ""
    drifted: int = 0
    cases: int = 0
    wrong: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class RunPart:
    """One run of a run over several agents; `exit_code` is None where its record has no end."""

    run: str
    stacks: tuple[str, ...]
    exit_code: int | None


@dataclass(frozen=True)
class RunSummary:
    """What became of a run. `began` is ISO 8601 in UTC; `exit_code` is None where the record has no end.

    `cause` and `remedy` are those of the error that ended the whole run, `overridden` gates that would have refused a stack, as
    `STACK GATE`. `here` and `kept`: its record is in this folder,
    in the state bucket; `kept` is None where nobody could ask. `parts` are those of a run over several agents, `part_of` is the
    run that it is itself a part of. `project` is empty where the record does not say it, as that of a run that only looks.
    """

    run: str
    began: str
    operation: str
    cloud: str
    stacks: tuple[StackSummary, ...]
    by: str = ""
    approved_by: str = ""
    reason: str = ""
    commit: str = ""
    build: str = ""
    config: tuple[str, ...] = ()
    back_to: str = ""
    identity: str = ""
    exit_code: int | None = None
    seconds: float = 0.0
    cause: str = ""
    remedy: str = ""
    overridden: tuple[str, ...] = ()
    here: bool = True
    kept: bool | None = None
    part_of: str = ""
    parts: tuple[RunPart, ...] = ()
    project: str = ""

    @property
    def stopped_by(self) -> StackSummary | None:
        """The stack that kept those which were not run from running; None where none did."""
        stopped = [one for one in self.stacks if one.result not in {Result.SUCCEEDED, Result.NOT_RUN, ""}]
        return stopped[-1] if stopped and not self.parts else None

    @property
    def why_not_run(self) -> str:
        """Why the others were not run; empty where no stack kept them from running."""
        found = self.stopped_by
        return f"{found.stack} {found.result}: {found.reason}" if found else ""


@dataclass(frozen=True)
class StackStory:
    """One stack of the run. `began` is when it was first spoken of, `entered` each account and role that a step worked in.

    `planned` is what its last preview counted; None without one.
    `packages` is which code it got, as `NAME sha256:…`. `errors` are what the engine said, in full.
    """

    summary: StackSummary
    began: float
    operation: str
    entered: tuple[tuple[str, str], ...]
    checks: tuple[CheckStory, ...]
    segments: tuple[Segment, ...]
    planned: Changes | None
    changed: tuple[ChangedResource, ...]
    gates: tuple[GateAnswer, ...]
    overridden: tuple[catalogue.GateOverridden, ...]
    packages: tuple[str, ...]
    smoke_test: SmokeTest | None
    drift: tuple[catalogue.Drifted, ...]
    errors: tuple[str, ...]

    @property
    def role(self) -> str:
        """The role that its last step took; empty where it took none."""
        return self.entered[-1][1] if self.entered else ""


@dataclass(frozen=True)
class Story:
    """The run. `checking` is the time before its first step, `checks` every check in their order.

    `approved` is who has approved its reviewed plan, as AWS tells it.

    `last` is the record's last moment, `ended` that of the run's end; None where the record has none. `parts` are those of a run
    over several agents.
    """

    summary: RunSummary
    began: float
    ended: float | None
    last: float
    checking: Segment
    checks: tuple[CheckStory, ...]
    stacks: tuple[StackStory, ...]
    approved: tuple[catalogue.PlanApproved, ...] = ()
    parts: tuple[Story, ...] = ()

    @property
    def all_checking(self) -> tuple[Segment, ...]:
        """The time before its first step, of each part of a run over several agents."""
        return tuple(part.checking for part in self.parts or (self,))

    @property
    def cause(self) -> str:
        """The error that ended the whole run; empty where a failed check says it."""
        if self.parts:
            return "; ".join(f"{part.summary.run}: {part.cause}" for part in self.parts if part.cause)
        return "" if self.failed_checks else self.summary.cause

    @property
    def failed_checks(self) -> tuple[CheckStory, ...]:
        """The checks that kept the run from beginning."""
        return tuple(check for check in self.checks if not check.passed)


def story_of(record: Iterable[Line], *, here: bool = True, kept: bool | None = None) -> Story:
    """The story that a record tells. Raises ValueError when it is no record of a run."""
    fold = RunFold()
    for line in record:
        if isinstance(line, Envelope) and (fold.started or isinstance(line.event, catalogue.RunStarted)):
            fold.take(line)
    if not fold.started or not fold.started.run:
        raise ValueError("not a record of a run: it does not say when the run began, or which run that is")
    return fold.story(fold.started, here=here, kept=kept)


@dataclass
class Going:
    """Something that the engine has begun to do to a resource, and when."""

    since: float
    change: ResourceChange
    preview: bool


def _asked(event: catalogue.SmokeTestStarted | catalogue.SmokeTested) -> tuple[str, str]:
    """By which check, and what was asked: before a smoke test said it, it was always the same."""
    return event.check or SmokeKind.HEALTH, event.asks or f"{event.url}/health"


@dataclass
class StackFold:
    """Takes one stack's events in their order. `looking`: the run only looks for drift, and previews to see it.

    `step_began` and `step_ended` are of the step that is or was last under way; None before, and while it goes on.
    `begun` and `done` count changes that were carried out.
    """

    stack: str
    looking: bool = False
    summary: StackSummary = field(init=False)
    arn: str = ""
    operation: str = ""
    began: float = 0.0
    step_began: float | None = None
    step_ended: float | None = None
    planned: Changes | None = None
    begun: int = 0
    done: int = 0
    going: dict[tuple[str, str], Going] = field(default_factory=dict)
    checks: list[CheckStory] = field(default_factory=list)
    _last: float = 0.0
    _checking: dict[str, float] = field(default_factory=dict)
    _entered: dict[tuple[str, str], None] = field(default_factory=dict)
    _segments: list[Segment] = field(default_factory=list)
    _open: Segment | None = None
    _previewed: tuple[ResourceChange, ...] = ()
    _only_looked: bool = True
    _carried_out: dict[str, ChangedResource] | None = None
    _gates: list[GateAnswer] = field(default_factory=list)
    _overridden: list[catalogue.GateOverridden] = field(default_factory=list)
    _packages: tuple[str, ...] = ()
    _smoke_test: SmokeTest | None = None
    _drift: list[catalogue.Drifted] = field(default_factory=list)
    _errors: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.summary = StackSummary(self.stack)

    @property
    def running(self) -> bool:
        """Whether a step is under way."""
        return self.step_began is not None and self.step_ended is None

    @property
    def under_way(self) -> tuple[str, float]:
        """What goes on, and since when: the operation, or what follows it."""
        if self._open and self._open.phase in {Phase.SMOKE_TEST, Phase.SOAK}:
            return self._open.phase, self._open.began
        return self.operation, self.step_began or self.began

    @property
    def carrying_out(self) -> list[Going]:
        """What is being done to resources, and not only looked at."""
        return [one for one in self.going.values() if not one.preview]

    def take(self, event: catalogue.Event, time: float) -> None:
        """One more event of this stack."""
        self._take(event, time)
        self.began = self.began or time
        self._last = time

    def story(self, last: float, *, ended: bool) -> StackStory:
        """The stack's story. What has not ended goes on until the record's last moment, and says so."""
        summary = self.summary
        if ended and not summary.result:
            summary = replace(summary, result=Result.NOT_RUN.value)
        still = [replace(self._open, ended=max(last, self._open.began))] if self._open else []
        return StackStory(
            summary,
            self.began,
            self.operation,
            tuple(self._entered),
            tuple(self.checks),
            (*self._segments, *still),
            self.planned,
            tuple(self._changed()),
            tuple(self._gates),
            tuple(self._overridden),
            self._packages,
            self._smoke_test,
            tuple(self._drift),
            tuple(self._errors),
        )

    def _changed(self) -> Iterator[ChangedResource]:
        """Each resource once: what was done to it where anything was, what was planned for it where only that is known."""
        if self.planned is not None and (self._only_looked or self._carried_out is None):
            for change in self._previewed:
                if change.op not in _NO_CHANGE:
                    yield ChangedResource(change, End.WELL, planned=True)
        else:
            yield from (self._carried_out or {}).values()

    @singledispatchmethod
    def _take(self, event: catalogue.Event, time: float) -> None:
        """Others change nothing in the story."""

    @_take.register
    def _(self, event: catalogue.CheckStarted, time: float) -> None:
        self._checking[event.check] = time

    @_take.register
    def _(self, event: catalogue.CheckPassed, time: float) -> None:
        seconds = self._checked_for(event.check, time)
        self.checks.append(CheckStory(event.check, self.stack, seconds, passed=True, fact=event.fact))
        self.arn = event.arn or self.arn
        self.summary = replace(self.summary, account=self.summary.account or event.account)

    @_take.register
    def _(self, event: catalogue.CheckFailed, time: float) -> None:
        seconds = self._checked_for(event.check, time)
        self.checks.append(CheckStory(event.check, self.stack, seconds, False, event.what, event.remedy))

    @_take.register
    def _(self, event: catalogue.StepStarted, time: float) -> None:
        self._close(time, End.NOT)
        self.summary = replace(
            self.summary, account=event.account, result="", reason="", cause="", remedy="", changes=None
        )
        self.operation, self.step_began, self.step_ended = event.operation, time, None
        self._entered[event.account, event.role] = None
        self._only_looked = self._only_looked and event.operation == Operation.PREVIEW
        looks = Phase.LOOK if self.looking else Phase.PREVIEW
        self._begin(looks if event.operation == Operation.PREVIEW else Phase.OPERATION, time)

    @_take.register
    def _(self, event: catalogue.ResourceStarted, time: float) -> None:
        self._at_work(preview=event.preview)
        if event.change.op != "same":
            self.going[event.change.urn, event.change.op] = Going(time, event.change, event.preview)
        if not event.preview:
            self.begun += event.change.op in _COUNTS
            self._carry_out(event.change, End.NOT)

    @_take.register
    def _(self, event: catalogue.ResourceDone, time: float) -> None:
        del time
        self._at_work(preview=event.preview)
        self.going.pop((event.change.urn, event.change.op), None)
        if not event.preview:
            self.done += event.change.op in _COUNTS and not event.failed
            self._carry_out(event.change, End.BADLY if event.failed else End.WELL)

    @_take.register
    def _(self, event: catalogue.Diagnostic, time: float) -> None:
        del time
        if event.severity == catalogue.ERROR:
            self._errors[event.message.strip()] = None

    @_take.register
    def _(self, event: catalogue.Previewed, time: float) -> None:
        self.planned, self._previewed = event.changes, event.resources
        if self._open and self._open.phase in {Phase.OPERATION, Phase.PREVIEW}:
            self._open = replace(self._open, phase=Phase.PREVIEW)
            if self.operation != Operation.PREVIEW:
                self._then(Phase.GATE, time)

    @_take.register
    def _(self, event: catalogue.Packaged, time: float) -> None:
        del time
        self._packages = event.packages

    @_take.register
    def _(self, event: catalogue.Gated, time: float) -> None:
        planned = self.planned or Changes()
        self._gates.append(GateAnswer(event.asked, event.answer, time, event.seconds, planned))
        if event.answer == PASSED:
            self._then(Phase.OPERATION, time)
        else:
            self._close(time, End.BADLY)

    @_take.register
    def _(self, event: catalogue.GateOverridden, time: float) -> None:
        del time
        self._overridden.append(event)

    @_take.register
    def _(self, event: catalogue.SmokeTestStarted, time: float) -> None:
        self._smoke_test = SmokeTest(event.url, *_asked(event))
        self._pass_gates()
        self._then(Phase.SMOKE_TEST, time)

    @_take.register
    def _(self, event: catalogue.SmokeTested, time: float) -> None:
        self._begin_smoke_test()
        self._close(time, End.WELL)
        says = event.says or f"answers: account {event.account}, version {event.version}"
        self._smoke_test = SmokeTest(event.url, *_asked(event), says, event.version, event.account)
        self.summary = replace(self.summary, version=event.version)

    @_take.register
    def _(self, event: catalogue.NotSmokeTested, time: float) -> None:
        del time
        self._smoke_test = SmokeTest("", SmokeKind.NONE, says=event.why)

    @_take.register
    def _(self, event: catalogue.SoakStarted, time: float) -> None:
        del event
        self._pass_gates()
        self._close(time, End.WELL)
        self._begin(Phase.SOAK, time)

    @_take.register
    def _(self, event: catalogue.Drifted, time: float) -> None:
        del time
        self._drift.append(event)
        self.summary = replace(self.summary, drifted=self.summary.drifted + (not event.ignored))

    @_take.register
    def _(self, event: catalogue.Proved, time: float) -> None:
        del time
        self.summary = replace(self.summary, cases=event.cases, wrong=event.wrong)

    @_take.register
    def _(self, event: catalogue.StepFinished, time: float) -> None:
        self.step_ended, self.going = time, {}
        self.summary = replace(
            self.summary,
            result=event.result,
            reason=event.reason,
            cause=event.cause,
            remedy=event.remedy,
            changes=event.changes,
            seconds=self.summary.seconds + event.seconds,
        )
        if event.result == Result.SUCCEEDED:
            self._pass_gates()
        elif event.reason == Reason.SMOKE_TEST_FAILED:
            self._begin_smoke_test()
        self._close(time, End.WELL if event.result == Result.SUCCEEDED else End.BADLY)

    def _checked_for(self, check: str, time: float) -> float:
        return max(time - self._checking.get(check, time), 0.0)

    def _at_work(self, *, preview: bool) -> None:
        """What is done to a resource says whether the engine only looks yet."""
        if not preview:
            self._pass_gates()
        elif self._open and self._open.phase is Phase.OPERATION:
            self._open = replace(self._open, phase=Phase.PREVIEW)

    def _pass_gates(self) -> None:
        """Before gates said what they answered, what went on after its preview had not waited for them."""
        if self._open and self._open.phase is Phase.GATE:
            self._then(Phase.OPERATION, self._open.began)

    def _begin_smoke_test(self) -> None:
        """Before a smoke test said when it began, it did when the last was heard of the operation."""
        self._pass_gates()
        if self._open and self._open.phase is Phase.OPERATION:
            self._then(Phase.SMOKE_TEST, self._last)

    def _begin(self, phase: Phase, time: float) -> None:
        self._open = Segment(phase, self.operation, time, time)

    def _then(self, phase: Phase, time: float) -> None:
        if self._open:
            self._close(time, End.WELL)
            self._begin(phase, time)

    def _close(self, time: float, end: End) -> None:
        if self._open:
            self._segments.append(replace(self._open, ended=max(time, self._open.began), end=end))
        self._open = None

    def _carry_out(self, change: ResourceChange, end: End) -> None:
        """Something was done to the resource: together with what is known of it already."""
        found = self._carried_out = self._carried_out or {}
        if change.op in _NO_CHANGE:
            return
        if change.op in _REPLACES:
            change = replace(change, op="replace")
        if known := found.get(change.urn):
            diffs, keys = change.diffs or known.change.diffs, change.keys or known.change.keys
            change = replace(change, diffs=diffs, keys=keys)
            end = End.BADLY if End.BADLY in {known.end, end} else end
        found[change.urn] = ChangedResource(change, end)


@dataclass
class RunFold:
    """Takes a run's events in their order. `whole` is what is said of no stack; `stacks` are in the run's order.

    `latest_step` is the stack whose step began last.
    """

    started: catalogue.RunStarted | None = None
    began: float = 0.0
    whole: StackFold = field(default_factory=lambda: StackFold(""))
    stacks: dict[str, StackFold] = field(default_factory=dict)
    latest_step: StackFold | None = None
    project: str = ""
    _checks: list[CheckStory] = field(default_factory=list)
    _approved: list[catalogue.PlanApproved] = field(default_factory=list)
    _checked: float | None = None
    _end: catalogue.RunFinished | None = None
    _ended: float | None = None
    _last: float = 0.0

    def take(self, envelope: Envelope) -> None:
        """One more event."""
        event, time = envelope.event, envelope.time
        self._last = max(self._last, time)
        if isinstance(event, catalogue.RunStarted) and not self.started:
            looking = event.operation in {Verb.DRIFT, Verb.DRIFT_FIX, Verb.REPAIR}
            self.started, self.began = event, time
            self.stacks = {name: StackFold(name, looking) for name in event.stacks if name}
        elif isinstance(event, catalogue.RunDependsOn) and (event.stack, event.name) == ("", "project"):
            self.project = event.value
        elif isinstance(event, catalogue.PlanApproved):
            self._approved.append(event)
        elif isinstance(event, catalogue.RunFinished):
            self._end, self._ended = event, time
        if isinstance(event, catalogue.StepStarted | catalogue.RunFinished) and self._checked is None:
            self._checked = time
        fold = self.of(getattr(event, "stack", ""))
        fold.take(event, time)
        if isinstance(event, catalogue.StepStarted):
            self.latest_step = fold
        if isinstance(event, catalogue.CheckPassed | catalogue.CheckFailed):
            self._checks.append(fold.checks[-1])

    @property
    def going_on(self) -> bool:
        """Whether it has begun and not ended."""
        return self.started is not None and self._end is None

    @property
    def checks_passed(self) -> int:
        """How many checks have passed so far."""
        return sum(check.passed for check in self._checks)

    def of(self, stack: str) -> StackFold:
        """The fold of a stack."""
        return self.stacks.setdefault(stack, StackFold(stack)) if stack else self.whole

    def story(self, started: catalogue.RunStarted, *, here: bool = True, kept: bool | None = None) -> Story:
        """The story as far as it has been heard."""
        stacks = tuple(
            self.stacks[name].story(self._last, ended=self._end is not None)
            for name in dict.fromkeys(started.stacks)
            if name
        )
        wrong = any(not check.passed for check in self._checks)
        end = End.BADLY if wrong else End.NOT if self._checked is None else End.WELL
        checked = self._last if self._checked is None else self._checked
        checking = Segment(Phase.CHECKS, "", self.began, max(checked, self.began), end)
        summary = replace(self._summary(started, stacks), here=here, kept=kept)
        approved = tuple(self._approved)
        return Story(summary, self.began, self._ended, self._last, checking, tuple(self._checks), stacks, approved)

    def _summary(self, started: catalogue.RunStarted, stacks: tuple[StackStory, ...]) -> RunSummary:
        end = self._end
        return RunSummary(
            started.run,
            moment(self.began),
            started.operation,
            started.cloud,
            tuple(stack.summary for stack in stacks),
            by=started.by,
            approved_by=", ".join(one.by for one in self._approved) or started.approved_by,
            reason=started.reason,
            commit=started.commit,
            build=started.build,
            config=started.config,
            back_to=started.back_to,
            identity=self.whole.arn,
            exit_code=end.exit_code if end else None,
            seconds=end.seconds if end else 0.0,
            cause=end.cause if end else "",
            remedy=end.remedy if end else "",
            overridden=tuple(f"{stack.summary.stack} {one.gate}" for stack in stacks for one in stack.overridden),
            part_of=started.part_of,
            project=self.project,
        )
