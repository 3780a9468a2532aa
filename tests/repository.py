"""A git repository in a folder of a test's own: who commits is said by the environment, the machine's settings stay out."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

WHO = {
    "GIT_AUTHOR_NAME": "somebody",
    "GIT_AUTHOR_EMAIL": "somebody@example.com",
    "GIT_COMMITTER_NAME": "somebody",
    "GIT_COMMITTER_EMAIL": "somebody@example.com",
}


@dataclass(frozen=True)
class Repository:
    """The repository in `root`, on the branch `main` when it is made here."""

    root: Path

    @property
    def environment(self) -> dict[str, str]:
        """What git sees: no settings but the repository's own."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root.parent),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            **WHO,
        }

    def git(self, *arguments: str | bytes) -> str:
        """Run git here; its answer without the final line break."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=self.environment, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return os.fsdecode(done.stdout).removesuffix("\n")

    def init(self) -> Repository:
        """Make the folder a repository, nothing committed yet."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.git("-c", "init.defaultBranch=main", "init", "--quiet")
        return self

    def write(self, name: str | bytes, text: str = "x\n") -> Path:
        """Write a file, its folders too."""
        path = self.root / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def commit(self, message: str = "change") -> str:
        """Commit all that is there; the commit's name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")
