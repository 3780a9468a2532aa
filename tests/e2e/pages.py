"""Types the commands of a page of the documentation, and holds what they print against what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.console import Command, commands
from tests.e2e.project import DEPLOY, LIMIT, ROOT, Project

HOW_TO = ROOT / "docs" / "how-to"


def typed(
    page: str, project: Project, environment: Mapping[str, str] | None = None, *, silent: bool = False
) -> Iterator[Command]:
    """Every command of the page's text, after it has done what is said of it. At no terminal, in the project's folder.

    `silent`: one below which the page shows nothing has to print nothing.
    """
    given = {
        **(environment or {}),
        "PATH": f"{DEPLOY.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": os.environ["HOME"],
        **{name: os.environ[name] for name in ("DEPLOY_CACHE",) if name in os.environ},
        **project.environment,
    }
    for command in commands(page):
        ran = subprocess.run(
            ["bash", "-c", command.typed],
            cwd=project.root,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert ran.returncode == command.code, f"$ {command.typed}\n{ran.stdout}"
        differs = command.differs(ran.stdout)
        assert not differs or not (command.shown or silent), f"$ {command.typed}\n{differs}\n---\n{ran.stdout}"
        yield command


def shown(page: str, language: str, number: int = 0) -> str:
    """What the page shows in one language: its block of that `number`, counted from 0."""
    return str(re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)[number])


def read(page: str) -> str:
    """A page of docs/how-to, by its name."""
    return Path(HOW_TO / page).read_text("utf-8")
