"""The work of `deploy resume`: end what an earlier run has left, with the same plan, settings and gates.

what each stack was left as   from that run's record, here or in the state bucket
refused                       where the commit, the settings, the tools or a state are not what they were, each by name
put back                      a state that is damaged or gone: the very one that was left, or the newest good copy
a run of its own              of the stacks that are not done; those that an engine had begun are repaired first
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from deploy_driver import remedies
from deploy_driver.adapters.processes import lives
from deploy_driver.app import program
from deploy_driver.app.as_then import as_then, back_to
from deploy_driver.app.config import for_one_run
from deploy_driver.app.console import Console
from deploy_driver.app.deploy import Options, RunContext, RunResult, require_reason, running, start_run
from deploy_driver.app.history import Records, meant, minute, records
from deploy_driver.app.put_back import Damage, damaged, put_back
from deploy_driver.app.repair import Repairer
from deploy_driver.app.session import LocalProject
from deploy_driver.choices import OnFailure, Overridable
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import NotReadyError, RefusedError, UsageError
from deploy_driver.plan.plan import Step
from deploy_driver.record.catalogue import CheckFailed, CheckPassed, Progress, Verb
from deploy_driver.record.standing import BackTo, LeftRun, LeftStack, Standing, left_by
from deploy_driver.run.outcome import RunOutcome
from deploy_driver.run.requests import RunFacts
from deploy_driver.values import Cloud, Operation, Stack

CHECK = "resume"

_LOOKED_AT = 50
"""Records that are looked through for a run to go on with."""

_GO_ON = {Verb.UP.value: Operation.UP, Verb.DESTROY.value: Operation.DESTROY, Verb.ROLLBACK.value: Operation.UP}
_AGAIN = {
    Verb.BOOTSTRAP.value: remedies.BOOTSTRAP_GOES_ON,
    Verb.DRIFT_FIX.value: remedies.DRIFT_GOES_ON,
    Verb.REPAIR.value: remedies.REPAIR_GOES_ON,
}
"""What is made of what is there each time, and need not be told apart from a first time."""


@dataclass(frozen=True)
class ResumeOptions:
    """Which run, otherwise the newest that is left. `settings` are those of that run only, as `KEY=VALUE`, which no record keeps.

    `lock_timeout` is for how many seconds a stack is waited for that another run writes. `overrides` and `reason` are said anew.
    `parallel` is how many stacks may go at the same time.
    """

    run: str = ""
    yes: bool = False
    settings: tuple[str, ...] = ()
    on_failure: OnFailure = OnFailure.STOP
    lock_timeout: float = 0
    overrides: tuple[Overridable, ...] = ()
    reason: str = ""
    parallel: int = 1


@dataclass(frozen=True)
class Whose:
    """Whose runs are meant: several projects, and clouds, keep their records in one place."""

    cloud: Cloud
    project: str


def resume(project: LocalProject, options: ResumeOptions, console: Console) -> RunResult | None:
    """End what the run has left; None where none has left anything. Raises DeployError."""
    known = records(project, console.notice)
    left = left_run(known, whose(project.config), options.run)
    if left is None or not left.left:
        return None
    require_resumable(left)
    with _as_begun(project, known, left) as (then, back):
        run = replace(_options(left, options, project.config.project), back=back)
        return _resume(then, left, options, run, console)


@contextmanager
def _as_begun(project: LocalProject, known: Records, left: LeftRun) -> Iterator[tuple[LocalProject, BackTo | None]]:
    """The project that the run deployed: as an earlier run had it, where it went back to one."""
    if not left.started.back_to:
        yield project, None
        return
    back = went_back_to(known, left)
    with as_then(project, back, left.started.artefacts) as then:
        yield then, back


def went_back_to(known: Records, left: LeftRun) -> BackTo:
    """What a rollback was to go back to. Raises NotReadyError where the record of that run cannot be read."""
    target, (stack,) = left_by_name(known, left.started.back_to), left.started.stacks
    if target is None:
        raise NotReadyError(
            f"run {left.started.run} went back to run {left.started.back_to}, whose record cannot be read",
            remedy=remedies.ROLL_BACK_ELSEWHERE.of(stack=stack),
        )
    return back_to(target, stack)


def _resume(then: LocalProject, left: LeftRun, options: ResumeOptions, run: Options, console: Console) -> RunResult:
    chosen = _stacks(then.config, left)
    require_reason(then, Options(Operation.UP, overrides=options.overrides, reason=options.reason), chosen)
    program.check_settings(then.config, chosen)
    begun = start_run(then, run, chosen, console)
    with running(begun) as ending:
        _say(begun, left)
        hurt = _damaged(begun, left)
        _require_same(begun, left, hurt)
        older = _put_back(begun, left, hurt, yes=options.yes)
        _release_done(begun, left)
        outcome = _go_on(begun, left, options, older)
        ending.code = outcome.exit_code()
    return RunResult(outcome, ending.code)


def whose(config: DeployConfig) -> Whose:
    """The runs of this project."""
    return Whose(config.cloud, config.project)


def left_run(known: Records, ours: Whose, wanted: str) -> LeftRun | None:
    """The run that is meant, otherwise the newest that has left something; None where none has.

    Raises UsageError and NotReadyError, and RefusedError where a later run has gone over it.
    """
    if wanted:
        return _named(known, ours, meant(known, wanted))
    later: set[str] = set()
    untouched: LeftRun | None = None
    for left in writing(known, ours, known.names[:_LOOKED_AT]):
        open_ = {one.stack for one in left.left}
        if left.exit_code != 0 and open_ and not open_ & later:
            if not left.touched:  # one that began nothing stands back behind the run that kept it from beginning
                untouched = untouched or left
            elif untouched is None or open_ & {one.stack for one in untouched.left}:
                return left
        later |= {one.stack for one in left.stacks if one.begun}
    return untouched


def _named(known: Records, ours: Whose, run: str) -> LeftRun:
    later: dict[str, str] = {}
    for left in writing(known, ours, [name for name in known.names if minute(name) >= minute(run)]):
        name = left.started.run
        if name == run:
            _require_none_after(name, left, later)
            return left
        later |= {one.stack: name for one in left.stacks if one.begun}
    raise UsageError(f"run {run} cannot be resumed: it was to change nothing of this project", where="RUN")


def writing(known: Records, ours: Whose, names: Sequence[str]) -> Iterator[LeftRun]:
    """Those of the runs that were to change something of this project, newest first: which of one minute was, their records say."""
    for _, runs in groupby(names, key=minute):
        found = [left for left in (left_by_name(known, name) for name in runs) if left and _changes(left, ours)]
        yield from sorted(found, key=lambda left: left.began, reverse=True)


def _changes(left: LeftRun, ours: Whose) -> bool:
    mine = left.started.cloud == ours.cloud and left.of(ours.project)
    return mine and left.started.operation in {*_GO_ON, *_AGAIN}


def left_by_name(known: Records, name: str) -> LeftRun | None:
    """What a run has left; None where its record says nothing of it."""
    try:
        return left_by(known.lines(name))
    except (NotReadyError, ValueError):
        return None


def _require_none_after(name: str, left: LeftRun, later: dict[str, str]) -> None:
    over = [f"{one.stack}: run {later[one.stack]}" for one in left.left if one.stack in later]
    if over:
        raise RefusedError(
            f"another run has gone over what run {name} has left; nothing was touched",
            detail=over,
            remedy=remedies.RESUME_NEWEST,
        )


def require_resumable(left: LeftRun) -> None:
    """Raise NotReadyError where the run goes on, RefusedError or UsageError where it is one that is begun anew."""
    started = left.started
    if left.exit_code is None and lives(started.process):
        process = started.process
        raise NotReadyError(
            f"run {started.run} goes on: it is process {process.pid} on {process.host}",
            remedy=remedies.WAIT_UNTIL_ENDED,
        )
    if started.plan:
        raise RefusedError(
            f"run {started.run} applied the reviewed plan {started.plan}, and a plan works once; nothing was touched",
            remedy=remedies.REVIEW_WHAT_IS_LEFT.of(stacks=",".join(one.stack for one in left.left)),
        )
    if again := _AGAIN.get(started.operation):
        raise UsageError(
            f"run {started.run} was a deploy {started.operation}",
            where="RUN",
            remedy=again.of(stacks=",".join(one.stack for one in left.left)),
        )


def _stacks(config: DeployConfig, left: LeftRun) -> Sequence[Stack]:
    known = {stack.name: stack for stack in config.stacks}
    gone = [one.stack for one in left.left if one.stack not in known]
    if gone:
        raise RefusedError(
            f"{', '.join(gone)} of run {left.started.run} is in no stack file any more; nothing was touched",
            remedy=remedies.PUT_BACK_AND_RESUME,
        )
    return [known[one.stack] for one in left.left]


def _options(left: LeftRun, options: ResumeOptions, project: str) -> Options:
    """The run that goes on: asked to do the same, of what is left."""
    require_said_again(left, options.settings, project)
    started = left.started
    verb = started.operation if started.back_to else ""
    return Options(
        _GO_ON[started.operation],
        yes=options.yes,
        refresh=started.refresh,
        allowed=started.allowed,
        settings=options.settings,
        verb=verb,
        lock_timeout=options.lock_timeout,
        on_failure=options.on_failure,
        resumes=started.run,
        overrides=options.overrides,
        reason=options.reason or started.reason,
        artefacts=started.artefacts,
        parallel=options.parallel,
    )


def require_said_again(left: LeftRun, settings: Sequence[str], project: str) -> None:
    """Raise UsageError where the run was told something for itself alone, and that is not said now: no record keeps it."""
    started = left.started
    if absent := sorted(set(started.config) - for_one_run(settings, project).keys()):
        words = " ".join(f"--config {key}=VALUE" for key in absent)
        raise UsageError(
            f"run {started.run} was told something that no record keeps: {', '.join(absent)}",
            remedy=remedies.SAY_AGAIN.of(words=words),
        )


def _say(begun: RunContext, left: LeftRun) -> None:
    """What became of each stack, and what follows from it."""
    then = {
        Standing.DONE: "it stays as it is",
        Standing.NOT_BEGUN: "it is begun now",
        Standing.INTERRUPTED: "it is looked at in its account, and ended",
        Standing.UNKNOWN: "it is looked up in its account, and ended",
    }
    for one in left.stacks:
        why = f" ({one.why})" if one.why and one.standing is Standing.INTERRUPTED else ""
        begun.run.stream(
            Progress(f"run {left.started.run} left it {one.standing}{why}: {then[one.standing]}", one.stack)
        )


def _damaged(begun: RunContext, left: LeftRun) -> Mapping[str, Damage]:
    """The states that are damaged or gone, by stack."""
    known = {stack.name: stack for stack in begun.session.config.stacks}
    found = [damaged(begun.session, known[one.stack], _was(one)) for one in left.stacks if one.stack in known]
    return {one.stack.name: one for one in found if one}


def _was(left: LeftStack) -> str:
    """The digest that the stack's state must have; empty where an engine had begun it, and nobody knows."""
    return (left.seen or "") if left.standing in {Standing.DONE, Standing.NOT_BEGUN} else ""


def _put_back(begun: RunContext, left: LeftRun, hurt: Mapping[str, Damage], *, yes: bool) -> Collection[str]:
    """Put good copies in the place of damaged states; the stacks whose state is an earlier one now."""
    done = [
        one.stack
        for one in left.stacks
        if one.stack in hurt and put_back(begun, hurt[one.stack].stack, _was(one), yes=yes)
    ]
    return {name for name in done if not hurt[name].exact}


def _require_same(begun: RunContext, left: LeftRun, hurt: Mapping[str, Damage]) -> None:
    """Raise RefusedError where something is not as it was, each by name."""
    moved = [*moved_facts(left, begun.depends_on, begun.plan.stacks), *_moved_states(begun, left, hurt)]
    for fact in moved:
        begun.run.stream(fact)
    if moved:
        raise RefusedError(
            f"not all is as it was in run {left.started.run}; nothing was touched",
            detail=[f"{fact.stack}: {fact.what}" if fact.stack else fact.what for fact in moved],
            remedy=remedies.PUT_BACK_AND_RESUME,
        )
    begun.run.stream(CheckPassed(CHECK, "commit, settings, tools and states are as they were"))


def moved_facts(left: LeftRun, now: Mapping[tuple[str, str], str], stacks: Collection[str]) -> Iterator[CheckFailed]:
    """What these stacks depend on and is not what it was. What a run had not said before it died matters where it had begun something."""
    chosen = {"", *stacks}
    begun = left.touched or left.started.resumes
    then = {key: value for key, value in left.depends_on.items() if key[0] in chosen}
    for key in dict.fromkeys((*then, *now)):
        stack, name = key
        before, after = then.get(key, "not on record"), now.get(key, "not known")
        if before != after and (begun or key in then):
            yield CheckFailed(CHECK, f"{name}: then {before}, now {after}", remedies.PUT_BACK, stack)


def _moved_states(begun: RunContext, left: LeftRun, hurt: Mapping[str, Damage]) -> Iterator[CheckFailed]:
    """Of a stack that an engine had begun, nobody knows what its state should be; of every other it is what it was, or will be."""
    store = begun.session.state_store()
    for one in left.stacks:
        if one.seen is None or one.standing not in {Standing.DONE, Standing.NOT_BEGUN}:
            continue
        if one.stack in hurt and (hurt[one.stack].exact or one.standing is Standing.NOT_BEGUN):
            continue
        now = store.mark(one.stack).digest
        if one.stack in hurt:
            what = f"{hurt[one.stack].why}, and no copy is the state that was left then, {one.seen}"
            yield CheckFailed(CHECK, what, remedies.PUT_BACK_AND_RESUME, one.stack)
        elif now != one.seen:
            what = f"its state moved: then {one.seen or 'there was none'}, now {now or 'there is none'}"
            yield CheckFailed(CHECK, what, remedies.PUT_BACK_AND_RESUME, one.stack)


def _release_done(begun: RunContext, left: LeftRun) -> None:
    """Give back what that run still holds of the stacks in which nothing is left to do."""
    known = {stack.name for stack in begun.session.config.stacks}
    for one in left.stacks:
        if one.standing is Standing.DONE and one.stack in known:
            begun.run.deployer.leasing.give_back(one.stack, lambda: begun.run.deployer.stopped)


def _mend(begun: RunContext, repairer: Repairer, step: Step, facts: RunFacts) -> None:
    """Where no state was written, nothing was begun; or all of it is destroyed."""
    if begun.session.state_store().exists(step.stack.name):
        repairer.repair(step.stack, facts)


def _go_on(begun: RunContext, left: LeftRun, options: ResumeOptions, older: Collection[str]) -> RunOutcome:
    """Mend and end what was begun; what a resumed run did not begin, the run before it may have. `older` are states put back."""
    repairer = Repairer(begun, options.yes)
    touched = {one.stack for one in left.left if left.started.resumes or one.standing is not Standing.NOT_BEGUN}
    steps = tuple(
        replace(step, unfinished=step.stack.name in touched, put_back=step.stack.name in older)
        for step in begun.plan.steps
    )
    return begun.run.deployer.go_on(
        replace(begun.plan, steps=steps),
        begun.run.facts,
        partial(_mend, begun, repairer),
        refresh=left.started.refresh,
        workers=begun.workers,
        on_failure=options.on_failure,
    )
