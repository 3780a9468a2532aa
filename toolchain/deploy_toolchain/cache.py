"""The cache: what was obtained, with its SHA-256 beside it. What is no longer as it was obtained is never run.

The whole file is hashed each time (0.1 s for the engine, which every command runs). Size and times would be quicker to ask,
and whoever replaces a file can set them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from deploy_project.remedy import Remedy
from deploy_toolchain.search import ClosedError, Search, ToolchainError

Make = Callable[[Search, Path], None]
"""Makes an executable at a path, or raises ClosedError."""


@dataclass(frozen=True)
class CachedFile:
    """Where one executable is kept: what it is called in a sentence, its file, and what is done where it was replaced."""

    what: str
    path: Path
    obtain_again: Remedy

    @property
    def record(self) -> Path:
        """The SHA-256 of the file as it was obtained, in the form that `sha256sum --check` reads."""
        return self.path.with_name(f"{self.path.name}.sha256")


def take(place: CachedFile) -> Path:
    """The executable, as it was obtained. Raises ClosedError where there is none, ToolchainError where it was replaced."""
    if not place.path.is_file():
        raise ClosedError(f"cache: there is no {place.path}")
    if not place.record.is_file():
        raise ClosedError(f"cache: {place.path} has no SHA-256 beside it, so nobody knows how it was obtained")
    was, now = place.record.read_text("ascii", errors="replace").split(" ")[0], sha256(place.path)
    if was != now:
        raise ToolchainError(
            f"{place.what} in the cache is not the one that was obtained.",
            [f"cache: the SHA-256 of {place.path} is {now}; {place.record.name} says {was}"],
            place.obtain_again.of(folder=place.path.parent),
        )
    return place.path


def fill(search: Search, place: CachedFile, make: Make) -> Path:
    """Make the executable beside its place and move it there in one step, its SHA-256 first; one at a time on this machine.

    Raises ClosedError where it cannot be made.
    """
    place.path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(search, place):
        try:
            return take(place)
        except ClosedError:
            unfinished = place.path.with_suffix(".unfinished")
            make(search, unfinished)
            unfinished.chmod(0o755)
            place.record.write_text(f"{sha256(unfinished)}  {place.path.name}\n", encoding="ascii")
            return unfinished.replace(place.path)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone(search: Search, place: CachedFile) -> Iterator[None]:
    folder = place.path.parent
    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        search.say(f"Another process is getting {place.what} ready; waiting for it.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
