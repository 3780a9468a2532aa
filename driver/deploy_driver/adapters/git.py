"""Asks git what a change touched. Names of files are data: no shell, no quoting, no pathspec magic."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy_driver import remedies
from deploy_driver.errors import DeployError, NotReadyError, UsageError
from deploy_driver.plan.affected import Change, TouchedFile

LIMIT = 120
"""Seconds that one question may take."""

_SUBMODULE = "160000"
"""The mode of a submodule in a tree of git."""

_DIFF = ("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=none")


@dataclass(frozen=True)
class Git:
    """The repository around a folder. `environment` is all that git sees of the machine."""

    folder: Path
    environment: Mapping[str, str]

    def change_since(self, base: str, watched: Sequence[str] = ()) -> Change:
        """What was touched between the merge base of `base` and HEAD, and HEAD, and what is not committed yet.

        `watched` are files of the folder that count as touched when git keeps no record of them: nobody can say that
        they did not change. Raises UsageError or NotReadyError with a way out.
        """
        prefix = self._place()
        ancestors = self._ancestors(base)
        top = Git(Path(_line(self._asked("rev-parse", "--show-toplevel"))), self.environment)
        committed = {path for ancestor in ancestors for path in top.paths(*_DIFF, ancestor, "HEAD", "--")}
        present = {
            *top.paths(*_DIFF, "HEAD", "--"),
            *top.paths("ls-files", "-z", "--others", "--exclude-standard", "--"),
            *(self.paths("ls-files", "-z", "--full-name", "--others", "--", *watched) if watched else ()),
        }
        touched = [
            *(TouchedFile(path) for path in sorted(committed)),
            *(TouchedFile(path, committed=False) for path in sorted(present - committed)),
        ]
        return Change(base, tuple(ancestors), tuple(touched), prefix)

    def commit(self) -> str:
        """What HEAD is, with `+changes` when tracked files differ from it; empty where nobody can say."""
        try:
            head = self._git("rev-parse", "--verify", "--quiet", "HEAD")
            changed = self._git("diff-index", "--quiet", "HEAD", "--").returncode
        except DeployError:
            return ""
        return _line(head.stdout) + ("+changes" if changed else "") if head.returncode == 0 else ""

    def has(self, commit: str) -> bool:
        """Whether the commit is in this clone. Raises UsageError where there is none, NotReadyError where git cannot be asked."""
        self._place()
        return self._commit(commit) is not None

    def add_worktree(self, place: Path, commit: str) -> str:
        """Check the commit out there, beside what is checked out here; the folder's path in it. Raises UsageError or NotReadyError.

        No hook of the repository is run.
        """
        prefix = self._place()
        self._asked("worktree", "add", "--quiet", "--force", "--detach", "--no-checkout", str(place), commit)
        there = replace(self, folder=place)
        there.fill()
        store = _line(self._asked("rev-parse", "--path-format=absolute", "--git-common-dir"))
        there.fill_submodules(Path(store), commit)
        return prefix

    def fill_submodules(self, store: Path, commit: str) -> None:
        """Write the files of the commit's submodules here, from what the repository in `store` has of them: nothing is fetched.

        Raises NotReadyError where it does not have one.
        """
        names = self._submodules()
        for entry in self.paths("ls-tree", "-r", "-z", commit) if names else ():
            about, _, path = entry.partition("\t")
            mode, _, wanted = about.split()
            if mode == _SUBMODULE and path in names:
                with TemporaryDirectory() as scratch:
                    inner = store / "modules" / names[path]
                    own = self._inside(path, inner, Path(scratch) / "index")
                    own.write_commit(wanted, path)
                    own.fill_submodules(inner, wanted)

    def _inside(self, path: str, store: Path, index: Path) -> Git:
        """The submodule that is kept in `store`, with its files in this folder; its own index stays as it is."""
        (self.folder / path).mkdir(parents=True, exist_ok=True)
        own = {"GIT_DIR": str(store), "GIT_WORK_TREE": str(self.folder / path), "GIT_INDEX_FILE": str(index)}
        return Git(self.folder / path, {**self.environment, **own})

    def write_commit(self, commit: str, path: str) -> None:
        """Write the files of a commit of this submodule here. Raises NotReadyError."""
        if not (Path(self.environment["GIT_DIR"]) / "HEAD").is_file() or not self.has(commit):
            raise NotReadyError(
                f"this clone does not have commit {commit[:12]} of its submodule {path}, and nothing is fetched here",
                remedy=remedies.FETCH_SUBMODULES,
            )
        self._asked("read-tree", commit)
        self._asked("checkout-index", "--all", "--force")

    def _submodules(self) -> Mapping[str, str]:
        """The names of the submodules that .gitmodules has here, by their paths."""
        file = self.folder / ".gitmodules"
        said = ("config", "--null", "--file", str(file), "--get-regexp", r"^submodule\..*\.path$")
        pairs = [line.partition("\n") for line in self.paths(*said)] if file.is_file() else []
        names = {path: key.removeprefix("submodule.").removesuffix(".path") for key, _, path in pairs}
        return {path: name for path, name in names.items() if ".." not in name.split("/")}  # nor does git take those

    def fill(self) -> None:
        """Make all files here what the commit has. Raises NotReadyError."""
        self._asked("reset", "--quiet", "--hard")

    def remove_worktree(self, place: Path) -> None:
        """Remove what was checked out there, whatever has become of it."""
        self._git("worktree", "remove", "--force", "--force", str(place))
        shutil.rmtree(place, ignore_errors=True)
        self._git("worktree", "prune")

    def authors(self, commit: str) -> frozenset[str]:
        """The authors of a commit, and of what it merges, as names and addresses; none where git does not know it."""
        if self._commit(commit) is None:
            return frozenset()
        return self._authors(f"{commit}^1..{commit}") or self._authors("-1", commit)

    def authors_since(self, base: str, commit: str) -> frozenset[str] | None:
        """The authors of what a commit has, and `base` has not; None where git does not know both."""
        known = self._commit(base) is not None and self._commit(commit) is not None
        return self._authors(f"{base}..{commit}") if known else None

    def _authors(self, *span: str) -> frozenset[str]:
        """None as well where a clone does not reach that far."""
        done = self._git("log", "-z", "--no-show-signature", "--format=%an%x00%ae", *span, "--")
        return frozenset(os.fsdecode(each) for each in done.stdout.split(b"\0") if each and done.returncode == 0)

    def _place(self) -> str:
        """The folder's path from the top of the repository. Raises when there is no repository to ask."""
        done = self._git("rev-parse", "--show-prefix")
        if done.returncode == 0:
            return _line(done.stdout).rstrip("/")
        said = os.fsdecode(done.stderr)
        if "dubious ownership" in said:
            named = re.search(r"--add safe\.directory (.+)", said)  # the top of the repository, quoted by git
            raise NotReadyError(
                "git does not trust this folder: it belongs to somebody else",
                where=str(self.folder),
                remedy=remedies.TRUST_FOLDER.of(folder=named[1] if named else shlex.quote(str(self.folder))),
            )
        if "not a git repository" not in said:
            raise NotReadyError(
                "git cannot say what changed",
                where=str(self.folder),
                detail=said.strip().splitlines()[:1],
                remedy=remedies.WITHOUT_GIT,
            )
        raise UsageError(
            "not in a git repository, so nobody can say what changed",
            where=str(self.folder),
            detail=said.strip().splitlines()[:1],
            remedy=remedies.WITHOUT_GIT,
        )

    def _ancestors(self, base: str) -> list[str]:
        """Where `base` and HEAD parted; more than one commit where they have been merged crosswise."""
        if self._commit("HEAD") is None:
            raise UsageError("nothing is committed here yet", where=str(self.folder), remedy=remedies.WITHOUT_GIT)
        commit = self._commit(base)
        if commit is None:
            raise self._unknown(base)
        done = self._git("merge-base", "--all", commit, "HEAD")
        if done.returncode == 0:
            return os.fsdecode(done.stdout).split()
        if _line(self._asked("rev-parse", "--is-shallow-repository")) == "true":
            raise NotReadyError(
                f"this clone is shallow: it does not reach back to where HEAD parted from {base}",
                where=str(self.folder),
                remedy=remedies.FETCH_HISTORY,
            )
        raise UsageError(f"HEAD and {base} have no commit in common", remedy=remedies.OTHER_BASE)

    def _commit(self, name: str) -> str | None:
        """The commit that a name means; None when it means none. A name that begins with a hyphen is no name in git."""
        if not name or name.startswith("-"):
            return None
        done = self._git("rev-parse", "--verify", "--quiet", name + "^{commit}")
        return _line(done.stdout) if done.returncode == 0 else None

    def _unknown(self, base: str) -> DeployError:
        remote = f"origin/{base}"
        known = self._commit(remote)
        return UsageError(
            f"--base: git knows no commit {base!r} here",
            where=str(self.folder),
            detail=[f"it does know {remote}"] if known else (),
            remedy=remedies.PASS_BASE.of(base=remote) if known else remedies.FETCH_BASE,
        )

    def paths(self, *arguments: str) -> list[str]:
        """The names in an answer to a question with `-z`. Raises NotReadyError when git cannot answer."""
        return [os.fsdecode(path) for path in self._asked(*arguments).split(b"\0") if path]

    def _asked(self, *arguments: str) -> bytes:
        done = self._git(*arguments)
        if done.returncode != 0:
            raise NotReadyError(
                f"`git {arguments[0]}` failed", where=str(self.folder), detail=os.fsdecode(done.stderr).splitlines()[:3]
            )
        return done.stdout

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        executable = shutil.which("git", path=self.environment.get("PATH", os.defpath))
        if executable is None:
            raise NotReadyError("git is not on PATH", remedy=remedies.INSTALL_GIT)
        try:
            return subprocess.run(
                [executable, *arguments],
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NotReadyError(f"`git {arguments[0]}` does not end within {LIMIT} s", where=str(self.folder)) from None


def _line(output: bytes) -> str:
    """The one line of an answer; a folder's name may itself hold line breaks."""
    return os.fsdecode(output).removesuffix("\n")
