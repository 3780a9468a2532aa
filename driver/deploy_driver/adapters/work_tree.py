"""What the files of a project are, byte for byte, and which commit they are: digests of files and folders, and what git knows of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from deploy_driver.adapters.git import Git
from deploy_driver.bundle.model import ABSENT
from deploy_driver.digest import digest, digest_of

_HOW = len("XY")

_STATUS = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=none")


def of_file(path: Path) -> str:
    """The digest of a file's bytes; ABSENT where there is none."""
    return digest(path.read_bytes()) if path.is_file() else ABSENT


def of_folder(folder: Path, *, but: Path) -> str:
    """The digest of all names and contents below a folder: hidden folders, git's own, virtual environments, byte code, `but` left out.

    What is left out is not part of a program: Python does not import it from there, or makes it itself.
    """
    return digest_of({path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder, but)})


def _files(folder: Path, but: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, followlinks=True):
        here = Path(place)
        folders[:] = [name for name in folders if _belongs(here / name, but)]
        yield from (here / name for name in files if name != ".git" and (here / name).is_file())


def _belongs(folder: Path, but: Path) -> bool:
    outside = folder.name.startswith(".") or folder.name == "__pycache__" or (folder / "pyvenv.cfg").exists()
    place = folder.resolve()
    round_in_a_circle = folder.parent.resolve().is_relative_to(place)
    return not outside and not round_in_a_circle and place != but.resolve()


@dataclass(frozen=True)
class WorkTree:
    """`commit` is its id, ABSENT outside a repository.

    `changed` are the files that are not as the commit has them: for each git's letters for how (git-status, "Short
    Format") and the digest of what is there now.
    """

    commit: str
    changed: Mapping[str, str] = field(default_factory=dict)


def look(git: Git, *, but: Sequence[Path]) -> WorkTree:
    """The whole repository around git's folder; files that git ignores, and what is below `but`, are left out.

    Raises NotReadyError when git cannot say.
    """
    folder = git.folder.resolve()
    if not any((place / ".git").exists() for place in (folder, *folder.parents)):
        return WorkTree(ABSENT)
    top, commit = (git.paths("rev-parse", what)[0].removesuffix("\n") for what in ("--show-toplevel", "HEAD"))
    entries = replace(git, folder=Path(top)).paths("--no-optional-locks", *_STATUS)
    return WorkTree(commit, dict(_changed(Path(top), entries, [path.resolve() for path in but])))


def _changed(top: Path, entries: Sequence[str], but: Sequence[Path]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        how, name = entry[:_HOW].strip(), entry[_HOW + 1 :]
        path = top / name
        if not any(path.is_relative_to(folder) for folder in but):
            content = of_folder(path, but=top / ".git") if path.is_dir() else of_file(path)
            yield name, f"{how} {content}"
