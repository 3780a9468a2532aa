"""What git knows of the work tree: which commit it is, and what is not as that commit has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from driver.adapters import fingerprint
from driver.adapters.git import Git
from driver.bundle.model import ABSENT

_HOW = len("XY")
_STATUS = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=none")


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
            content = fingerprint.of_folder(path, but=top / ".git") if path.is_dir() else fingerprint.of_file(path)
            yield name, f"{how} {content}"
