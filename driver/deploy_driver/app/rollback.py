"""The work of `deploy rollback`: deploy a stack again as an earlier good run has deployed it.

which run           from the records, here and in the state bucket: the one that is named, or the one before
its files           from a worktree of its commit; they have to be what they were in that run
a run of its own    like any `deploy up`: preview, gates, leases, record, smoke test; the aliases of functions are switched first
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy_driver import remedies
from deploy_driver.adapters.work_tree import of_file
from deploy_driver.app import program
from deploy_driver.app.as_then import as_then, back_to, places_of
from deploy_driver.app.binding import LOCK
from deploy_driver.app.console import Console
from deploy_driver.app.deploy import Options, RunContext, RunResult, require_reason, running, start_run
from deploy_driver.app.history import Records, meant, records
from deploy_driver.app.resume import Whose, left_by_name, require_said_again, whose, writing
from deploy_driver.app.session import LocalProject
from deploy_driver.choices import Overridable
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import NotReadyError, RefusedError, UsageError
from deploy_driver.plan.selection import select
from deploy_driver.record.catalogue import CheckFailed, CheckPassed, Progress, Verb
from deploy_driver.record.earlier import deployed, earlier, is_good
from deploy_driver.record.standing import BackTo, LeftRun
from deploy_driver.record.stream import moment
from deploy_driver.values import Layer, Operation, Stack

CHECK = "rollback"

LOOKED_AT = (50, 500)
"""Records that are looked through for a run to go back to: other projects keep theirs in the same place."""

Facts = Mapping[tuple[str, str], str]
"""What a run depends on, by stack and name."""

_OF_FILES = ("program", "deploy.toml", "Pulumi.yaml", "settings of tools", "settings", "--config")
"""What a run depended on that has to be again what it was."""


@dataclass(frozen=True)
class RollbackOptions:
    """Which stack goes back, `to` which run: the one before where none is named.

    `allowed` may be deleted, `settings` are those of that run only, as `KEY=VALUE`, which no record keeps. `artefacts` are what a
    build has made and no commit has. `lock_timeout` is for how many seconds the stack is waited for that another run writes.
    `overrides` are gates that it does not stop at, for the `reason`.
    """

    stack: str
    to: str = ""
    yes: bool = False
    allowed: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    artefacts: tuple[Path, ...] = ()
    lock_timeout: float = 0
    overrides: tuple[Overridable, ...] = ()
    reason: str = ""


def rollback(project: LocalProject, options: RollbackOptions, console: Console) -> RunResult:
    """Deploy the stack again as the run has deployed it. Raises DeployError."""
    stack = _service(project.config, options.stack)
    known = records(project, console.notice)
    target, now = chosen(known, whose(project.config), stack.name, options.to)
    require_said_again(target, options.settings, project.config.project)
    back = back_to(target, stack.name)
    run = _options(options, back, project.config.root)
    require_reason(project, run, [stack])
    with as_then(project, back, run.artefacts) as then:
        as_it_was = [then.config.stack(stack.name)]
        program.check_settings(then.config, as_it_was)
        begun = start_run(then, run, as_it_was, console)
        with running(begun) as ending:
            _say(begun, project, target, now, stack.name)
            _require_as_then(begun, target, stack.name)
            outcome = begun.run.deployer.run(begun.plan, begun.run.facts)
            ending.code = outcome.exit_code()
    return RunResult(outcome, ending.code)


def _options(options: RollbackOptions, back: BackTo, root: Path) -> Options:
    return Options(
        Operation.UP,
        yes=options.yes,
        allowed=options.allowed,
        settings=options.settings,
        verb=Verb.ROLLBACK,
        lock_timeout=options.lock_timeout,
        back=back,
        artefacts=places_of(options.artefacts, root),
        overrides=options.overrides,
        reason=options.reason,
    )


def _service(config: DeployConfig, name: str) -> Stack:
    stack = select(config.stacks, [name])[0]
    if stack.layer is Layer.ACCESS:
        raise UsageError(
            f"{name} is an access layer, which goes back to nothing by itself",
            where="--stack",
            remedy=remedies.BOOTSTRAP_THAT_COMMIT,
        )
    return stack


def chosen(known: Records, ours: Whose, stack: str, wanted: str) -> tuple[LeftRun, LeftRun | None]:
    """The run to go back to, and the one that is deployed now where that is known. Raises UsageError or NotReadyError."""
    runs = _runs(known, ours, stack)
    now = deployed(runs, stack)
    if wanted:
        return _named(known, ours, stack, meant(known, wanted)), now
    found = earlier(runs, stack)
    if found is None:
        what = f"no earlier run of {stack} with another commit ended well" if now else f"no run has deployed {stack}"
        raise UsageError(f"{what}, as far as the newest {LOOKED_AT[-1]} records say", remedy=remedies.NAME_RUN)
    return found, now


def _runs(known: Records, ours: Whose, stack: str) -> Sequence[LeftRun]:
    """The newest runs of the project, newest first: as many as it takes to know which one to go back to."""
    runs: Sequence[LeftRun] = ()
    for most in LOOKED_AT:
        runs = list(writing(known, ours, known.names[:most]))
        there = {run.started.run for run in runs}
        all_known = all(run.started.back_to in {"", *there} for run in runs)
        if (all_known and earlier(runs, stack)) or most >= len(known.names):
            break
    return runs


def _named(known: Records, ours: Whose, stack: str, run: str) -> LeftRun:
    """The run of that id; where that went back itself, the run that it went back to."""
    left = left_by_name(known, run)
    if left is None:
        raise NotReadyError(f"the record of run {run} cannot be read", remedy=remedies.OTHER_RUN)
    if left.started.cloud != ours.cloud or not left.of(ours.project):
        raise UsageError(
            f"run {run} is not one of {ours.project} on {ours.cloud}", where="--to", remedy=remedies.OTHER_RUN
        )
    if not is_good(left, stack):
        one = left.stack(stack)
        part = any(each.stack == stack for each in left.stacks)
        what = f"left it {one.standing}" if part else "was not about it"
        raise UsageError(
            f"run {run} did not deploy {stack} to a good end: it was a deploy {left.started.operation} and {what}",
            where="--to",
            remedy=remedies.NAME_GOOD_RUN.of(stack=stack),
        )
    first = left_by_name(known, left.started.back_to) if left.started.back_to else None
    return first if first and is_good(first, stack) else left


def _say(begun: RunContext, project: LocalProject, target: LeftRun, now: LeftRun | None, stack: str) -> None:
    """From what to what, before anything is touched; and that installed packages are those of today."""
    since = f"run {now.started.run}, commit {now.started.commit[:12] or 'unknown'}" if now else "nothing on record"
    when = moment(target.began)
    said = f"back to run {target.started.run} of {when}, commit {target.started.commit[:12]}; deployed now: {since}"
    begun.run.stream(Progress(said, stack))
    if of_file(project.config.root / LOCK) != of_file(begun.session.config.root / LOCK):
        said = f"{LOCK} is not what it was: the program runs with the packages that are installed now"
        begun.run.stream(Progress(said, stack))


@dataclass(frozen=True)
class OtherFile:
    """Something that a run depended on and that is not what it was. `missed`: git ignores it, and it need not matter."""

    name: str
    then: str
    now: str
    missed: bool

    def __str__(self) -> str:
        return f"{self.name}: then {self.then or 'nothing'}, now {self.now or 'nothing'}"


def other_files(then: Facts, now: Facts, stack: str) -> Iterator[OtherFile]:
    """What is not as it was of what has to be. Where nothing is on record, nobody can say.

    In a work tree that was clean, what else the program's folder had git ignores: it is part of no commit.
    """
    clean = not then.get(("", "work tree"))
    for key in ((place, name) for place in ("", stack) for name in _OF_FILES) if then else ():
        before, after = then.get(key, ""), now.get(key, "")
        if before != after:
            yield OtherFile(key[1], before, after, missed=clean and key[1] == "program")


def _require_as_then(begun: RunContext, target: LeftRun, stack: str) -> None:
    """Raise RefusedError where a file is not what it was in the run, each by name."""
    found = list(other_files(target.depends_on, begun.depends_on, stack))
    for one in found:
        begun.run.stream(
            Progress(
                f"git does not have all that was in the program's folder ({one}); --artefact PATH brings it along",
                stack,
            )
            if one.missed
            else CheckFailed(CHECK, str(one), remedies.OTHER_RUN, stack)
        )
    if refused := [str(one) for one in found if not one.missed]:
        raise RefusedError(
            f"what was checked out is not what run {target.started.run} deployed; nothing was touched",
            detail=refused,
            remedy=remedies.OTHER_RUN,
        )
    begun.run.stream(CheckPassed(CHECK, "program and settings are as they were then", stack))
