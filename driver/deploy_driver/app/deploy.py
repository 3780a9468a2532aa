"""What up, preview and destroy have in common: select, plan, compose, run, show, exit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from deploy_driver.adapters.terminal import TerminalPrompt
from deploy_driver.app import program
from deploy_driver.app import session as wiring
from deploy_driver.app.affected import Since, affected_since, told
from deploy_driver.cli.exit import explain, stopping
from deploy_driver.cli.options import Output
from deploy_driver.cli.output import as_json, require_folder, write
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import ExitCode, NotReadyError, UsageError
from deploy_driver.plan.affected import Selection
from deploy_driver.plan.plan import Plan, make_plan
from deploy_driver.plan.selection import select
from deploy_driver.record.catalogue import Event, RunStarted, StackLeftOut, StackSelected
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.record.stream import Listener
from deploy_driver.run.outcome import Ending, RunOutcome, finishing
from deploy_driver.values import Layer, Operation, Stack

Carry = Callable[["Wish", DeployConfig, Sequence[Stack], Sequence[Event]], tuple[RunOutcome, int]]
"""Plans and runs a wish; the outcome and the exit code. The events are how the stacks were chosen, for the record."""


@dataclass(frozen=True)
class Wish:
    """What was typed. `markdown` is the length of a Markdown document, 0 for none; `file` is where the result goes instead of stdout.

    `verb` is the run's name in its record where the operation is not; `writes` keeps that record although the plan only looks.
    `allowed` are the URNs of what may be deleted although it holds data, or `all`.
    """

    operation: Operation
    project: Path | None
    cloud: str | None
    stacks: str | None
    all_stacks: bool
    output: Output
    yes: bool = False
    refresh: bool = False
    differs: bool = False
    markdown: int = 0
    file: Path | None = None
    listeners: tuple[Listener, ...] = ()
    since: Since | None = None
    verb: str = ""
    writes: bool = False
    allowed: tuple[str, ...] = ()


def operate(wish: Wish, carry: Carry | None = None) -> None:
    """Carry the wish out, in its own way where it has one, and exit with its code."""
    config = wiring.open_project(wish.project, wish.cloud)
    require_folder(wish.file)
    selection = affected_since(config, wish.since) if wish.since else None
    chosen = selection.stacks if selection else choose(config, wish.stacks, all_stacks=wish.all_stacks)
    said = told(selection, wish.operation) if selection else ()
    if not chosen:
        say_nothing_to_do(said)
        if wish.output is Output.JSON or wish.markdown:
            show(RunOutcome("", wish.operation, ()), wish, config, ExitCode.DONE, selection)
        return
    program.check_settings(config, chosen)
    outcome, code = (carry or carry_out)(wish, config, chosen, said)
    show(outcome, wish, config, code, selection)
    raise typer.Exit(code)


def say_nothing_to_do(said: Sequence[StackSelected | StackLeftOut] = ()) -> None:
    """An empty selection is nothing, and says so; `said` is what the change concerns and this command leaves out."""
    from deploy_driver.render.lines import words

    for event in said:
        sys.stderr.write(readable(f"{event.stack}: {words(event)}\n"))
    sys.stderr.write("no stack is selected: nothing to do\n")


def choose(config: DeployConfig, names: str | None, *, all_stacks: bool) -> Sequence[Stack]:
    """The selected stacks. An empty selection is nothing, not everything. Raises UsageError."""
    if all_stacks and names is not None:
        raise UsageError("--all and --stacks contradict each other", remedy="say one of them")
    if all_stacks:
        return config.layer(Layer.SERVICE)
    if names is None:
        there = ",".join(stack.name for stack in config.layer(Layer.SERVICE))
        raise UsageError("no stack is named", remedy=f"say --stacks {there}, or --all")
    chosen = select(config.stacks, names.split(","))
    if len({stack.layer for stack in chosen}) > 1:
        raise UsageError(
            f"{', '.join(stack.name for stack in chosen)} belong to different layers",
            remedy="the access layer is an administrator's (`deploy bootstrap`), the service layer is Jenkins': one command each",
        )
    return chosen


@dataclass(frozen=True)
class Arrived:
    """Who this process is from now on, with which tools, in which run: all that does not depend on what will be done."""

    run: str
    build: str
    tools: wiring.Tools
    place: wiring.Place


def arrive(config: DeployConfig, instance: str) -> Arrived:
    """Find the tools, and enter as `instance`."""
    build, run, tools = wiring.jenkins_build(), wiring.start_id(), wiring.find_tools(config)
    return Arrived(run, build, tools, wiring.enter(config, instance, run))


@dataclass(frozen=True)
class Begun:
    """A run about to go: its plan, where it runs, and everything wired; `keeps` its record in the state bucket."""

    plan: Plan
    place: wiring.Place
    run: wiring.Run
    prompt: TerminalPrompt
    keeps: bool = False


def started(wish: Wish, config: DeployConfig, chosen: Sequence[Stack], arrived: Arrived | None = None) -> Begun:
    """Plan, enter unless somebody has arrived already, compose, and say that the run begins."""
    prompt, listener = _screen()
    plan = make_plan(wish.operation, chosen, known=config.stacks)
    here = arrived or arrive(config, instance_of(plan))
    keeps = wish.writes or plan.operation is not Operation.PREVIEW
    run = wiring.compose(
        config,
        here.place,
        here.tools,
        here.run,
        yes=wish.yes,
        listeners=[listener, *wish.listeners],
        prompt=prompt,
        build=here.build,
        keeps=keeps,
        allowed=wish.allowed,
    )
    engine, plugin = run.tools.engine, run.tools.plugin
    run.stream(
        RunStarted(
            here.run,
            wish.verb or wish.operation,
            config.cloud,
            plan.stacks,
            f"{engine.version} ({engine.source})",
            f"{plugin.version} ({plugin.source})",
            here.place.endpoint,
            **asdict(here.place.occasion),
        )
    )
    return Begun(plan, here.place, run, prompt, keeps)


@contextmanager
def running(begun: Begun) -> Iterator[Ending]:
    """While inside, signals stop the run cleanly; afterwards its end is on record and the screen is free."""
    run = begun.run
    with stopping(run.deployer.interrupt, waiting=WAITING, leaving=_leaving(run)) as received:
        try:
            with finishing(run.facts.run, run.deployer.clock, run.stream) as ending, received.coded():
                yield ending
                ending.code = received.exit_code(ending.code)
        finally:
            run.stream.settle()
            begun.prompt.before()
            if begun.keeps:
                _keep(run)


WAITING = "waiting for the engine, which ends what it has begun, writes the state and takes its lock away"


def _leaving(run: wiring.Run) -> str:
    """What a person must know who did not wait for the engine."""
    return (
        f"the engine is left alone and ends by itself; what it says is in {run.folder}/engine/logs. "
        "When it has ended, `deploy up` goes on from what it did."
    )


def _keep(run: wiring.Run) -> None:
    """What the run did is done: its exit code stays, whether or not its record could be sent."""
    try:
        run.keep()
    except (NotReadyError, OSError) as error:
        sys.stderr.write(one_line(f"the run's record is only in this folder: {error}") + "\n")


def carry_out(
    wish: Wish, config: DeployConfig, chosen: Sequence[Stack], said: Sequence[Event] = ()
) -> tuple[RunOutcome, int]:
    """Plan and run; the outcome and the exit code. `said` is how the stacks were chosen, for the record."""
    begun = started(wish, config, chosen)
    with running(begun) as ending:
        for event in said:
            begun.run.stream(event)
        outcome = begun.run.deployer.run(begun.plan, begun.run.facts, refresh=wish.refresh)
        ending.code = outcome.exit_code(differs=wish.differs)
    return outcome, ending.code


def show(outcome: RunOutcome, wish: Wish, config: DeployConfig, code: int, selection: Selection | None = None) -> None:
    """Write the result to where it is wanted.

    What a run did is done: its exit code stays if that cannot be. Of what only looks the result is all; it raises UsageError.
    """
    if not wish.file and wish.output is Output.TEXT and not wish.markdown and sys.stdout.isatty():
        sys.stderr.write("\n")
    try:
        write(_rendered(outcome, wish, config, code, selection), wish.file)
    except UsageError as error:
        if wish.operation is Operation.PREVIEW:
            raise
        sys.stderr.write(explain(error))


def _rendered(outcome: RunOutcome, wish: Wish, config: DeployConfig, code: int, selection: Selection | None) -> str:
    from deploy_driver.render import preview as markdown
    from deploy_driver.render import result

    if wish.markdown:
        return markdown.as_markdown(outcome, project=config.project, limit=wish.markdown, selection=selection)
    if wish.output is Output.JSON:
        return as_json(result.as_json(outcome, exit_code=code, selection=selection))
    return result.as_text(outcome)


def instance_of(plan: Plan) -> str:
    """Whose machine carries the plan out, in the sandbox: access layers and their states are an administrator's."""
    if any(step.stack.layer is Layer.ACCESS for step in plan.steps):
        return wiring.ADMINISTRATOR
    return wiring.JENKINS_PREVIEW if plan.operation is Operation.PREVIEW else wiring.JENKINS_DEPLOY


def _screen() -> tuple[TerminalPrompt, Listener]:
    if sys.stderr.isatty():
        from rich.console import Console

        from deploy_driver.render.live import LiveRenderer

        live = LiveRenderer(Console(file=sys.stderr))
        return TerminalPrompt(live.pause, live.resume), live
    from deploy_driver.adapters.terminal import WallClock
    from deploy_driver.render.lines import LineRenderer, beating

    lines = LineRenderer(sys.stderr)
    beating(lines.beat, WallClock().now)
    return TerminalPrompt(), lines
