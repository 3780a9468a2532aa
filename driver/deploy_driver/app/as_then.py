"""The project as an earlier run had it: its files from a worktree, today's gates, records, leases and tools."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from deploy_driver import remedies
from deploy_driver.adapters.sources import importing
from deploy_driver.adapters.worktrees import checked_out, share
from deploy_driver.app.program import settings_problems
from deploy_driver.app.session import LocalProject
from deploy_driver.config.load import load
from deploy_driver.config.model import DeployConfig
from deploy_driver.config.root import FILE
from deploy_driver.errors import NotReadyError, RefusedError, UsageError
from deploy_driver.record.earlier import CHANGES
from deploy_driver.record.standing import BackTo, LeftRun
from deploy_driver.values import Stack

PACKAGES = Path(".deploy") / "packages"


def back_to(target: LeftRun, stack: str) -> BackTo:
    """What going back to the run means. Raises UsageError where its files are in no commit."""
    run, commit = target.started.run, target.started.commit
    if not commit or commit.endswith(CHANGES):
        what = "was deployed from files that were not as committed" if commit else "says of no commit what it deployed"
        raise UsageError(
            f"run {run} {what}, so nobody can check them out",
            where="--to",
            remedy=remedies.OTHER_RUN,
        )
    one = target.stack(stack)
    return BackTo(run, stack, commit, one.packages, one.live)


@contextmanager
def as_then(project: LocalProject, back: BackTo, artefacts: Sequence[str] = ()) -> Iterator[LocalProject]:
    """The project as the run had it, for as long as a run needs it. `artefacts` are files and folders of it that no commit has.

    Raises DeployError where that cannot be had, or would be deployed somewhere else.
    """
    root = project.config.root
    _require_commit(project, back)
    with checked_out(project.git, back.commit, project.config.kept / "worktrees") as folder:
        for place in places_of([root / name for name in artefacts], root):
            _copy(place, root, folder)
        share(str(PACKAGES), root, folder)
        with importing(folder, instead_of=root):
            yield LocalProject(project.machine, _config(project, back, folder))


def _require_commit(project: LocalProject, back: BackTo) -> None:
    try:
        there = project.git.has(back.commit)
    except UsageError as error:
        raise NotReadyError(
            "not in a git repository, so no commit can be checked out",
            where=error.where,
            remedy=remedies.WORK_IN_CLONE,
        ) from None
    if not there:
        raise NotReadyError(
            f"commit {back.commit[:12]} of run {back.run} is not in this clone",
            where=str(project.config.root),
            remedy=remedies.FETCH_COMMIT.of(commit=back.commit),
        )


def places_of(artefacts: Sequence[Path], root: Path) -> tuple[str, ...]:
    """Where in the project they are. Raises UsageError for what is not in it."""
    found = [path.resolve() for path in artefacts]
    for path in found:
        if not path.is_relative_to(root.resolve()):
            raise UsageError(f"--artefact: {path} is not in the project", remedy=remedies.COPY_ARTEFACT.of(root=root))
    return tuple(path.relative_to(root.resolve()).as_posix() for path in found)


def _copy(name: str, root: Path, folder: Path) -> None:
    """Put what a build has made into the same place of the other folder. Raises NotReadyError."""
    source, place = root / name, folder / name
    if not source.exists():
        raise NotReadyError(
            f"{name} is not there, which a build has made and no commit has",
            where=str(root),
            remedy=remedies.FETCH_ARTEFACT,
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, place, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, place)


def _config(project: LocalProject, back: BackTo, folder: Path) -> DeployConfig:
    """The settings of the files then, with what is said today about gates, and about what is kept where on this machine."""
    now, name = project.config, back.stack
    if not (folder / FILE).is_file():
        raise RefusedError(f"commit {back.commit[:12]} has no {FILE} where the project is now; nothing was touched")
    try:
        then = load(folder, project.machine.environment, now.cloud, ask=settings_problems)
    except UsageError as error:
        raise RefusedError(
            f"the settings of commit {back.commit[:12]} do not hold for this deploy; nothing was touched",
            detail=str(error).splitlines(),
            remedy=remedies.OTHER_RUN,
        ) from None
    stacks = {stack.name: stack for stack in then.stacks}
    if name not in stacks or then.project != now.project:
        raise RefusedError(f"commit {back.commit[:12]} has no stack {name} of {now.project}; nothing was touched")
    _require_same_place(back, stacks[name], now.stack(name))
    stacks[name] = _gated_today(stacks[name], now.stack(name))
    return replace(then, kept=now.kept, sandbox_home=now.sandbox_home, plugin=now.plugin, stacks=tuple(stacks.values()))


def _require_same_place(back: BackTo, then: Stack, now: Stack) -> None:
    facts = {
        "account": (then.account, now.account),
        "region": (then.region, now.region),
        "state": (then.backend.bucket, now.backend.bucket),
    }
    moved = [f"{what}: then {before}, now {after}" for what, (before, after) in facts.items() if before != after]
    if moved:
        raise RefusedError(
            f"{back.stack} was somewhere else in run {back.run}; nothing was touched",
            detail=moved,
            remedy=remedies.LATER_RUN,
        )


def _gated_today(then: Stack, now: Stack) -> Stack:
    """Today's gates and limits; as it was then, how the stack is entered, which the program reads too, and how it is tested.

    It does not soak: nothing follows it, and the alarm that it goes back for may still be on.
    """
    return replace(
        now,
        file=then.file,
        needs=then.needs,
        deployment_role=then.deployment_role,
        preview_role=then.preview_role,
        external_id=then.external_id,
        session_duration=then.session_duration,
        smoke=then.smoke,
        smoke_timeout=then.smoke_timeout,
        soak=None,
    )
