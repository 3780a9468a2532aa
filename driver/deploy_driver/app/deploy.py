"""What up, preview and destroy have in common: select, plan, compose, run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

from deploy_driver import remedies
from deploy_driver.adapters.notifications import Notifier
from deploy_driver.adapters.otlp import Collector
from deploy_driver.adapters.processes import free_memory, process
from deploy_driver.adapters.records import record_in
from deploy_driver.app import program
from deploy_driver.app.affected import Since, affected_since, selection_events
from deploy_driver.app.binding import Binder
from deploy_driver.app.config import for_one_run
from deploy_driver.app.console import Console
from deploy_driver.app.history import KeptRecords, minute
from deploy_driver.app.session import (
    ADMINISTRATOR,
    JENKINS_DEPLOY,
    JENKINS_PREVIEW,
    LocalProject,
    RunComponents,
    Session,
    compose,
    new_run,
    start_session,
)
from deploy_driver.bundle.compare import depends_on
from deploy_driver.choices import OnFailure, Overridable
from deploy_driver.config.environment import for_git
from deploy_driver.config.model import DeployConfig
from deploy_driver.digest import digest_of
from deploy_driver.errors import ExitCode, NotReadyError, RefusedError, UsageError
from deploy_driver.plan.affected import Selection
from deploy_driver.plan.loss import ALL
from deploy_driver.plan.plan import Plan, make_plan
from deploy_driver.plan.selection import select
from deploy_driver.record.catalogue import Diagnostic, Event, Progress, RunDependsOn, RunStarted
from deploy_driver.record.reading import Line, lines_of
from deploy_driver.record.standing import BackTo, left_by
from deploy_driver.record.story import story_of
from deploy_driver.record.trace import trace_of
from deploy_driver.render.report.message import message_of
from deploy_driver.run.build_info import BuildInfo
from deploy_driver.run.gates import Overrides
from deploy_driver.run.outcome import Ending, RunOutcome, finishing
from deploy_driver.values import Layer, Operation, Stack
from deploy_project.stacks import TOOLS


@dataclass(frozen=True)
class Options:
    """What a run is asked to do, to which stacks: those named, all, or those that the change `since` a base concerns.

    `differs` asks for exit code 5 when something would change. `allowed` are the URNs of what may be deleted although it
    holds data, or `all`. `settings` are those of this run only, as `KEY=VALUE`. `verb` is the run's name in its record where
    the operation is not; `writes` keeps that record although the plan only looks. `lock_timeout` is for how many seconds a stack
    is waited for that another run writes. `resumes` is the run that this one goes on with, `plan` the reviewed plan
    that it applies, `back` the earlier run to which its stack goes back, with `artefacts`
    from here. `overrides` are gates that it does not stop at, for the
    `reason`, which is otherwise the environment's. `parallel` is how many stacks may go at the same time.
    """

    operation: Operation
    stacks: str | None = None
    all_stacks: bool = False
    since: Since | None = None
    yes: bool = False
    refresh: bool = False
    differs: bool = False
    allowed: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    verb: str = ""
    writes: bool = False
    lock_timeout: float = 0
    on_failure: OnFailure = OnFailure.STOP
    resumes: str = ""
    plan: str = ""
    overrides: tuple[Overridable, ...] = ()
    reason: str = ""
    parallel: int = 1
    back: BackTo | None = None
    artefacts: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunResult:
    """What became of a run: the outcome, the exit code, and how the stacks were selected where a change did it.

    The outcome has no step where no stack was selected.
    """

    outcome: RunOutcome
    exit_code: int = ExitCode.DONE
    selection: Selection | None = None


RunPlan = Callable[[LocalProject, Options, Sequence[Stack], Console, Sequence[Event]], tuple[RunOutcome, int]]
"""Plans and runs; the outcome and the exit code. The events are how the stacks were chosen, for the record."""


def deploy(project: LocalProject, options: Options, console: Console, run_plan: RunPlan | None = None) -> RunResult:
    """Up, preview or destroy the stacks, with a plan that is run in its own way where there is one. Raises DeployError."""
    config = project.config
    selection = affected_since(project, options.since) if options.since else None
    chosen = selection.stacks if selection else choose(config, options.stacks, all_stacks=options.all_stacks)
    if not chosen:
        return RunResult(RunOutcome("", options.operation, ()), selection=selection)
    require_reason(project, options, chosen)
    program.check_settings(config, chosen)
    why = selection_events(selection, options.operation) if selection else ()
    outcome, code = (run_plan or plan_and_run)(project, options, chosen, console, why)
    return RunResult(outcome, code, selection)


def require_reason(project: LocalProject, options: Options, chosen: Sequence[Stack]) -> None:
    """Raise UsageError where something is overridden, or may be lost that somebody guards, and nobody says why."""
    if (options.reason or project.machine.environment.get("DEPLOY_REASON", "")).strip():
        return
    words = [f"--override {gate}" for gate in options.overrides]
    of = {stack.name: f"urn:pulumi:{stack.name}::" for stack in chosen if stack.guarded}
    guarded = [name for name, urn in of.items() if any(one == ALL or one.startswith(urn) for one in options.allowed)]
    if guarded:
        words.append(f"--allow-delete in {', '.join(guarded)}, which deploy.toml guards,")
    if words:
        raise UsageError(
            f"{' and '.join(words)} need{'s' * (len(words) == 1)} a reason, which is put on record; nothing was touched",
            remedy=remedies.SAY_REASON,
        )


STACK_TAKES = 500 * 1024**2
"""Bytes of memory that the engine (120 MB) and the AWS plugin (340 MB) of one stack take, with what the program takes in this process."""


def at_once(asked: int, free: int | None) -> int:
    """How many stacks may go at the same time, at least one: as many as are asked for, while there is memory for them."""
    return asked if free is None else max(1, min(asked, free // STACK_TAKES))


def choose(config: DeployConfig, names: str | None, *, all_stacks: bool) -> Sequence[Stack]:
    """The selected stacks. Raises UsageError where none is named, which is neither everything nor nothing."""
    if all_stacks and names is not None:
        raise UsageError("--all and --stacks contradict each other", remedy=remedies.PASS_ONE)
    if all_stacks:
        return config.layer(Layer.SERVICE)
    if names is None:
        there = ",".join(stack.name for stack in config.layer(Layer.SERVICE))
        raise UsageError("no stack is named", remedy=remedies.NAME_STACKS.of(there=there))
    chosen = select(config.stacks, names.split(","))
    if len({stack.layer for stack in chosen}) > 1:
        raise UsageError(
            f"{', '.join(stack.name for stack in chosen)} belong to different layers",
            remedy=remedies.ONE_LAYER_EACH,
        )
    return chosen


@dataclass(frozen=True)
class RunContext:
    """A run that can begin: its plan, who it runs as, and everything wired.

    `opening` is what is said first: that it begins and, where it changes something, what must be the same if another run is to go
    on with this one. `workers` is how many stacks go at the same time.
    """

    plan: Plan
    session: Session
    run: RunComponents
    console: Console
    opening: tuple[Event, ...] = ()
    workers: int = 1

    @property
    def depends_on(self) -> Mapping[tuple[str, str], str]:
        """What the run depends on, by stack and name."""
        return {(fact.stack, fact.name): fact.value for fact in self.opening if isinstance(fact, RunDependsOn)}


def start_run(
    project: LocalProject, options: Options, chosen: Sequence[Stack], console: Console, session: Session | None = None
) -> RunContext:
    """Plan, start a session unless there is one, and wire everything."""
    settings = for_one_run(options.settings, project.config.project)
    plan = make_plan(options.operation, chosen, known=project.config.stacks)
    tools = project.find_tools()
    session = session or start_session(project, instance_of(plan), new_run())
    info = replace(session.build_info, reason=options.reason or session.build_info.reason)
    keeps = options.writes or plan.operation is not Operation.PREVIEW
    run = compose(
        session,
        tools,
        console,
        yes=options.yes,
        keeps=keeps,
        allowed=options.allowed,
        settings=settings,
        lock_timeout=options.lock_timeout,
        overrides=Overrides(frozenset(options.overrides), info.reason, info.by),
        back=options.back,
    )
    if TOOLS in plan.stacks:
        known = session.platform().read()
        run = replace(run, facts=replace(run.facts, others=known.others(project.config.project) if known else ()))
    context = RunContext(plan, session, run, console)
    facts = _depends_on(context) if keeps else ()
    workers = at_once(options.parallel, free_memory()) if options.parallel > 1 else 1
    fewer = f"there is memory for {workers} stack{'s' * (workers != 1)} at the same time, not for {options.parallel}"
    said = [Progress(fewer)] if workers < min(options.parallel, len(plan.steps)) else []
    return replace(context, opening=(_started(context, options, info), *facts, *said), workers=workers)


def _started(context: RunContext, options: Options, info: BuildInfo) -> RunStarted:
    session, tools = context.session, context.run.tools
    return RunStarted(
        session.run,
        options.verb or options.operation,
        session.config.cloud,
        context.plan.stacks,
        f"{tools.engine.version} ({tools.engine.source})",
        f"{tools.plugin.version} ({tools.plugin.source})",
        session.endpoint,
        **asdict(info),
        config=tuple(context.run.facts.settings),
        process=process(),
        allowed=options.allowed,
        refresh=options.refresh,
        resumes=options.resumes,
        plan=options.plan,
        back_to=options.back.run if options.back else "",
        artefacts=options.artefacts,
    )


def _depends_on(context: RunContext) -> Iterator[Event]:
    project, run = context.session.project, context.run
    binder = Binder(
        project.config, run.tools, for_git(project.machine.environment), None, project.config.root / ".deploy"
    )
    try:
        yield from depends_on(binder.bind(context.plan))
    except NotReadyError as error:
        yield Diagnostic("", "warning", f"nobody can go on with this run if it is interrupted: {error}")
    if run.facts.settings:
        yield RunDependsOn("--config", digest_of({key: value.encode() for key, value in run.facts.settings.items()}))


@contextmanager
def running(context: RunContext) -> Iterator[Ending]:
    """Say that the run begins. While inside, signals stop it cleanly; afterwards its end is on record and the screen is free.

    Nothing is on record before signals are taken, so that a run that a signal ends says so there.
    """
    run, console = context.run, context.console
    ending = Ending()
    if run.segments:
        run.segments.begin()
    with console.stopping(run.deployer.interrupt, waiting=WAITING, leaving=_leaving(run)) as signals:
        try:
            with finishing(run.facts.run, run.deployer.clock, run.stream) as ending, signals.coded():
                for event in context.opening:
                    run.stream(event)
                yield ending
                ending.code = signals.exit_code(ending.code)
                if run.stream.broken and ending.code == ExitCode.DONE:
                    ending.by(run.stream.broken)
        finally:
            run.stream.settle()
            console.release()
            _keep(run, console)
            _trace(context)
            _notify(context, ending)


WAITING = "waiting for the engine, which ends what it has begun, writes the state and takes its lock away"


def _leaving(run: RunComponents) -> str:
    """What a person must know who did not wait for the engine."""
    return (
        f"the engine is left alone and ends by itself; what it says is in {run.folder}/engine/logs. "
        "When it has ended, `deploy resume` goes on from what it did."
    )


def _keep(run: RunComponents, console: Console) -> None:
    """What the run did is done: its exit code stays, whether or not its record could be sent."""
    if run.stream.broken:
        console.notice(f"the run's record ends before the run did: {run.stream.broken}")
    try:
        if run.segments:
            run.segments.end()
        if run.keep and not run.stream.broken:
            run.keep()
    except (NotReadyError, OSError) as error:
        console.notice(f"the run's record is only in this folder: {error}")


def _trace(context: RunContext) -> None:
    """Send the run's trace where the machine's environment says so."""
    project = context.session.project
    if collector := Collector.of(project.machine.environment):
        _tell(
            context,
            "the run's trace is not sent",
            lambda lines: collector.send(trace_of(lines, project.config.project)),
        )


def _notify(context: RunContext, ending: Ending) -> None:
    """Tell those of the run whom the machine's environment names, where it is worth that."""
    project = context.session.project
    if notifier := Notifier.of(project.machine.environment):
        name, waits = project.config.project, ending.waits
        _tell(
            context, "nobody is told of the run", lambda lines: notifier.send(message_of(story_of(lines), name, waits))
        )


def _tell(context: RunContext, untold: str, send: Callable[[Sequence[Line]], None]) -> None:
    """Send what the run's record says. What the run did is done: its exit code stays, whatever becomes of that."""
    try:
        send(lines_of(record_in(context.run.folder)))
    except NotReadyError as error:
        context.console.notice(f"{error}; {error.remedy}")
    except ValueError as error:
        context.console.notice(f"{untold}, as its record cannot be read: {error}")


def without_end(archive: KeptRecords, run: str, plan: Plan, project: str) -> Iterator[Progress]:
    """Which runs of the plan's stacks have begun after the last one that ended, and have no end on record; `run` is this one."""
    known = archive.runs()
    since = max((minute(name) for name, whole in known.items() if whole), default="")
    for name in sorted(name for name, whole in known.items() if not whole and name != run and minute(name) > since):
        try:
            left = left_by(lines_of(archive.record(name)))
        except ValueError:
            continue
        shared = [one.stack for one in left.left if one.stack in plan.stacks]
        if shared and left.of(project):
            said = f"run {name} of {', '.join(shared)} has no end on record: it was killed, or goes on; `deploy resume {name}` would end it"
            yield Progress(f"{said}; this run begins anew")


def plan_and_run(
    project: LocalProject, options: Options, chosen: Sequence[Stack], console: Console, why: Sequence[Event] = ()
) -> tuple[RunOutcome, int]:
    """Plan and run; the outcome and the exit code. `why` is how the stacks were chosen, for the record."""
    context = start_run(project, options, chosen, console)
    with running(context) as ending:
        for event in (*why, *_without_end(context)):
            context.run.stream(event)
        if options.operation is Operation.DESTROY:
            _require_alone(context)
        outcome = context.run.deployer.run(
            context.plan,
            context.run.facts,
            refresh=options.refresh,
            workers=context.workers,
            on_failure=options.on_failure,
        )
        ending.code = outcome.exit_code(differs=options.differs)
        if options.operation is Operation.DESTROY and ending.code == ExitCode.DONE:
            _leave(context)
    return outcome, ending.code


def _without_end(context: RunContext) -> Sequence[Progress]:
    """Only a hint: where the records cannot be asked, the checks say so."""
    if context.plan.operation is Operation.PREVIEW:
        return ()
    session = context.session
    try:
        return list(without_end(session.archive(), session.run, context.plan, session.config.project))
    except NotReadyError:
        return ()


def _require_alone(context: RunContext) -> None:
    """Raise RefusedError when Jenkins' own roles are to be destroyed while other projects are deployed by them."""
    project, session = context.session.config.project, context.session
    known = session.platform().read() if TOOLS in context.plan.stacks else None
    if known and (others := [other for other in known.projects() if other != project]):
        raise RefusedError(
            f"{' and '.join(others)} {'is' if len(others) == 1 else 'are'} deployed by the roles of the stack tools too; "
            "nothing was destroyed",
            remedy=remedies.DESTROY_OTHERS_FIRST,
        )


def _leave(context: RunContext) -> None:
    """Put on record where the project deploys no more, once access layers are gone."""
    config, gone = context.session.config, context.plan.stacks
    access = config.layer(Layer.ACCESS)
    if any(stack.name in gone for stack in access):
        left = [stack.account for stack in access if stack.name not in {*gone, TOOLS}]
        context.session.platform().leave(config.project, left)


def instance_of(plan: Plan) -> str:
    """Whose machine carries the plan out, in the sandbox: access layers and their states are an administrator's."""
    if any(step.stack.layer is Layer.ACCESS for step in plan.steps):
        return ADMINISTRATOR
    return JENKINS_PREVIEW if plan.operation is Operation.PREVIEW else JENKINS_DEPLOY
