"""An earlier commit of the project, checked out beside what is checked out here, for as long as a run needs it."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from deploy_driver.adapters.git import Git
from deploy_driver.errors import NotReadyError

_LOCK = ".lock"


@contextmanager
def checked_out(git: Git, commit: str, folder: Path) -> Iterator[Path]:
    """The project as the commit has it, in a worktree below `folder`, which is removed afterwards.

    What processes that were killed have left there is removed first. Raises UsageError or NotReadyError.
    """
    place = folder / f"{commit[:12]}-{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_left(git, folder)
        held = FileLock(f"{place}{_LOCK}")
        held.acquire()
    except OSError as error:
        raise NotReadyError(f"nothing can be checked out there: {error.strerror}", where=str(folder)) from None
    try:
        yield place / git.add_worktree(place, commit)
    finally:
        git.remove_worktree(place)
        Path(held.lock_file).unlink(missing_ok=True)
        held.release()


def _remove_left(git: Git, folder: Path) -> None:
    """Remove the worktrees that nobody holds any more: a lock ends with the process that took it (flock(2))."""
    for lock in folder.glob(f"*{_LOCK}"):
        try:
            with FileLock(lock, timeout=0):
                git.remove_worktree(lock.with_suffix(""))
                lock.unlink(missing_ok=True)
        except Timeout:
            continue


def in_repository_of(root: Path, folder: Path) -> None:
    """Let whoever looks for the commit from `folder` upwards, as the engine does, find that of the worktree `root`."""
    if folder.resolve().is_relative_to(root.resolve()):
        return
    link = next((place / ".git" for place in (root, *root.parents) if (place / ".git").exists()), None)
    if link and link.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(link, folder / ".git")


def share(folder: str, root: Path, other: Path) -> None:
    """Let a folder of generated files below the project `other` be that of `root`: what was packed once is there."""
    there = root / folder
    there.mkdir(parents=True, exist_ok=True)
    (other / folder).parent.mkdir(parents=True, exist_ok=True)
    (other / folder).symlink_to(there)
