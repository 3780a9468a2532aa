"""Writes files that are not there yet: all of them, or none."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from deploy_driver import remedies
from deploy_driver.errors import UsageError


def require_free(folder: Path, names: Collection[str]) -> None:
    """Raise UsageError, which names every file that is there already, and everything that stands where a folder must be."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise UsageError("this is no folder", where=str(folder), remedy=remedies.OTHER_DIRECTORY)
    places = dict.fromkeys(str(part) for name in names for part in reversed(PurePosixPath(name).parents[:-1]))
    taken = [f"{each}: expected a folder" for each in places if not _may_hold(folder / each)]
    taken += [f"{name}: is there" for name in names if os.path.lexists(folder / name)]
    if taken:
        raise UsageError(
            "nothing here is overwritten", where=str(folder), detail=taken, remedy=remedies.OTHER_DIRECTORY
        )


def write_new(folder: Path, files: Mapping[str, str]) -> None:
    """Write all files, by their paths below `folder`, which is made if it is missing. Raises UsageError, and has written none then."""
    require_free(folder, files)
    try:
        with _made_folders(folder, files), TemporaryDirectory(dir=folder, prefix=".deploy-init-") as staged:
            for number, text in enumerate(files.values()):
                Path(staged, str(number)).write_text(text, "utf-8")
            with _all_or_none(folder) as placed:
                for number, name in enumerate(files):
                    require_free(folder, [name])
                    Path(staged, str(number)).rename(folder / name)
                    placed.append(name)
    except OSError as error:
        where = str(error.filename or folder)
        raise UsageError(
            f"the files cannot be written: {error.strerror}", where=where, remedy=remedies.OTHER_DIRECTORY
        ) from None


def _may_hold(place: Path) -> bool:
    """Whether a folder is there or can be made: a link would lead to another place."""
    return not os.path.lexists(place) or (place.is_dir() and not place.is_symlink())


@contextmanager
def _made_folders(folder: Path, names: Collection[str]) -> Iterator[None]:
    """The folders of the files are there; those that were made here are gone again if what is inside fails."""
    wanted = dict.fromkeys(part for name in names for part in (folder / name).parents)
    missing = sorted((part for part in wanted if not part.exists()), key=lambda part: len(part.parts))
    made: list[Path] = []
    try:
        for part in missing:
            part.mkdir()
            made.append(part)
        yield
    except BaseException:
        for part in reversed(made):
            with suppress(OSError):
                part.rmdir()
        raise


@contextmanager
def _all_or_none(folder: Path) -> Iterator[list[str]]:
    """Takes away what has been placed if what is inside fails."""
    placed: list[str] = []
    try:
        yield placed
    except BaseException:
        for name in placed:
            (folder / name).unlink()
        raise
