"""The runner: lets every step of a plan be done, in the plan's order and after what it needs, and says what became of each.

What is done with a step is not the runner's: an up, a preview, a destroy and a look for drift are four functions (`do`).
A step is not run when a step that it needs did not succeed, when the policy stops at a failure of any other, or when
somebody has asked to stop; it is then reported as not run, because of which one.

One step at a time asks a person as it goes. Of several at the same time, whoever asks waits for the others: once all that could
begin have come to an end or to a question, one question is asked for all of them, in the thread of the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from threading import Thread, current_thread

from deploy_driver.choices import OnFailure
from deploy_driver.errors import BusyError, NotReadyError, UsageError
from deploy_driver.plan.plan import Step
from deploy_driver.ports import Clock, Emit, Prompt
from deploy_driver.record.catalogue import Progress, Reason, Result, StepFinished, StepStarted
from deploy_driver.run.outcome import StepOutcome, ended

PER_ACCOUNT = 3
"""Steps at the same time in one account: AWS counts the calls of all of them against one limit of an account and a region."""

Do = Callable[[Step], StepOutcome]
"""Does one step. What it raises as NotReadyError or UsageError is that step's end, anything else is the run's."""


@dataclass(frozen=True)
class StepPrompt:
    """The Prompt port for what a step asks: beside other steps it asks together with them."""

    prompt: Prompt

    @property
    def present(self) -> bool:
        """Whether somebody can be asked at all."""
        return self.prompt.present

    def confirm(self, question: str) -> bool:
        """Ask, at once or with the others; anything but yes is no."""
        thread = current_thread()
        return thread.ask(self.prompt, question) if isinstance(thread, _StepThread) else self.prompt.confirm(question)


@dataclass(frozen=True)
class _Question:
    """What a step asks. It waits for the answer, or for an error that keeps it from going on."""

    stack: str
    prompt: Prompt
    text: str
    answer: Future[bool] = field(default_factory=Future)


@dataclass(frozen=True)
class _Broken:
    """A step that could not be ended: neither can the run."""

    stack: str
    error: BaseException


class _NotRunError(Exception):
    """The step that has asked is not run after all."""

    def __init__(self, outcome: StepOutcome) -> None:
        super().__init__(outcome.cause)
        self.outcome = outcome


@dataclass
class _Course:
    """How far a run is. A step that neither is `running` nor has an outcome waits.

    It waits to begin; for the answer, where it has `asked`; for room, where the answer was yes (`agreed`).
    """

    steps: Sequence[Step]
    running: set[str] = field(default_factory=set)
    asked: dict[str, _Question] = field(default_factory=dict)
    agreed: dict[str, _Question] = field(default_factory=dict)
    outcomes: dict[str, StepOutcome] = field(default_factory=dict)
    broken: BaseException | None = None
    news: SimpleQueue[StepOutcome | _Question | _Broken] = field(default_factory=SimpleQueue)

    @property
    def waiting(self) -> list[Step]:
        """The steps that wait, in the order of the plan."""
        return [step for step in self.steps if step.stack.name not in self.running | self.outcomes.keys()]

    def take(self) -> None:
        """The next news of a step that is running."""
        new = self.news.get()
        self.running.remove(new.stack)
        if isinstance(new, _Question):
            self.asked[new.stack] = new
        elif isinstance(new, _Broken):
            self.broken = self.broken or new.error
            self.steps = [step for step in self.steps if step.stack.name != new.stack]
        else:
            self.outcomes[new.stack] = new

    def answer(self, *, yes: bool) -> None:
        """Answer all that have asked. After a yes they go on as there is room, after a no each of them ends."""
        if yes:
            self.agreed |= self.asked
        for name, question in () if yes else self.asked.items():
            self.running.add(name)
            question.answer.set_result(False)
        self.asked = {}


@dataclass(frozen=True)
class Runner:
    """Runs steps, `workers` at a time and PER_ACCOUNT in one account. Once `stopped` says so, no further step is begun."""

    do: Do
    on_failure: OnFailure
    clock: Clock
    emit: Emit
    stopped: Callable[[], bool]
    workers: int = 1

    def run(self, steps: Sequence[Step]) -> tuple[StepOutcome, ...]:
        """One outcome per step, in the order of `steps`, in which every step comes after those that it needs."""
        course = _Course(steps)
        while course.waiting or course.running:
            for step in course.waiting:
                self._let(step, course)
            if course.running:
                course.take()
            elif course.asked:
                course.answer(yes=self._agrees([course.asked[name] for name in _names(steps) if name in course.asked]))
        if course.broken:
            raise course.broken
        return tuple(course.outcomes[name] for name in _names(steps))

    def _let(self, step: Step, course: _Course) -> None:
        """Let a waiting step begin or go on, if it may, and end it where it must not be run."""
        name = step.stack.name
        if not_run := self._not_run(step, course):
            if question := course.asked.pop(name, None) or course.agreed.pop(name, None):
                course.running.add(name)
                question.answer.set_exception(_NotRunError(not_run))
            else:
                course.outcomes[name] = not_run
        elif name not in course.asked and self._may_begin(step, course):
            course.running.add(name)
            if question := course.agreed.pop(name, None):
                question.answer.set_result(True)
            elif self.workers == 1:  # in the thread of the caller, where it may ask by itself
                course.news.put(self._timed(step))
            else:
                _StepThread(step, self._timed, self.emit, course.news).start()

    def _may_begin(self, step: Step, course: _Course) -> bool:
        """Whether what it needs is done, and there is room for one more, on this machine and in its account."""
        if len(course.running) >= self.workers or not course.outcomes.keys() >= set(step.needs):
            return False
        accounts = [one.stack.account for one in course.steps if one.stack.name in course.running]
        return accounts.count(step.stack.account) < PER_ACCOUNT

    def _not_run(self, step: Step, course: _Course) -> StepOutcome | None:
        """The end of a step that must not be run; None when it may."""
        if course.broken:
            return ended(step, Result.NOT_RUN, Reason.EARLIER_STACK, cause=str(course.broken))
        over = [one for one in course.outcomes.values() if one.result not in {Result.SUCCEEDED, Result.NOT_RUN}]
        stops = self.on_failure is OnFailure.STOP
        needed = (one for one in over if one.stack in step.needs)
        halting = (one for one in over if stops or one.result is Result.INTERRUPTED)
        cause = next(needed, None) or next(halting, None)
        if cause is None:
            return None
        reason = Reason.EARLIER_STACK if stops or cause.stack not in step.needs else Reason.BLOCKED
        return ended(step, Result.NOT_RUN, reason, cause=f"{cause.stack} {cause.result}: {cause.reason}")

    def _agrees(self, asked: Sequence[_Question]) -> bool:
        """The answer to one question for all of them; whoever has asked to stop has said no."""
        first, *others = asked
        said = [one.text for one in asked]
        return not self.stopped() and first.prompt.confirm(
            "\n".join([*said, f"Yes to all {len(said)}?"]) if others else first.text
        )

    def _timed(self, step: Step) -> StepOutcome:
        started, stack = self.clock.now(), step.stack
        self.emit(StepStarted(stack.name, stack.account, step.operation, step.role_arn))
        try:
            outcome = ended(step, Result.INTERRUPTED, Reason.STOPPED) if self.stopped() else self.do(step)
        except (NotReadyError, UsageError) as error:  # the run has begun, so what a door refuses now is the step's end
            reason = Reason.BUSY if isinstance(error, BusyError) else Reason.ENGINE_FAILED
            outcome = ended(step, Result.FAILED, reason, cause=str(error), remedy=error.remedy)
        except _NotRunError as kept:
            outcome = kept.outcome
        outcome = replace(outcome, seconds=round(self.clock.now() - started, 3))
        said = outcome.result, outcome.reason, outcome.cause, outcome.changes, outcome.seconds, outcome.remedy
        self.emit(StepFinished(stack.name, *said))
        return outcome


def _names(steps: Sequence[Step]) -> list[str]:
    return [step.stack.name for step in steps]


class _StepThread(Thread):
    """Does a step beside others. Nobody has to wait for it: a process can be left while an engine goes on."""

    def __init__(self, step: Step, do: Do, emit: Emit, news: SimpleQueue[StepOutcome | _Question | _Broken]) -> None:
        super().__init__(name="step", daemon=True)
        self._step, self._do, self._emit, self._news = step, do, emit, news

    def run(self) -> None:
        """The step, to its end."""
        try:
            self._news.put(self._do(self._step))
        except BaseException as error:  # noqa: BLE001 -- it is raised where the news is read
            self._news.put(_Broken(self._step.stack.name, error))

    def ask(self, prompt: Prompt, text: str) -> bool:
        """The answer to a question, once there is one."""
        name = self._step.stack.name
        self._emit(Progress("waiting for the others: one question is asked about all of them", name))
        question = _Question(name, prompt, text)
        self._news.put(question)
        return question.answer.result()
