"""A new project in a folder: its accounts, a small service and its pipeline; asked for at a terminal, or given."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from deploy_driver import remedies
from deploy_driver.adapters.new_files import require_free, write_new
from deploy_driver.config.new_project import EXPECTED, AskedProject, NewProject, missing, wrong
from deploy_driver.errors import RefusedError, UsageError
from deploy_driver.ports import Interview
from deploy_driver.render.project import project_files
from deploy_project.keys import regions

_ID_BYTES = 4
_EXAMPLE = "deploy init orders --tools 111111111111 --account dev=222222222222 --account prod=333333333333 --region eu-central-1"


@dataclass(frozen=True)
class Interviewer:
    """A person who completes what was asked for; `notice` tells of a wrong answer, `region` is what is suggested."""

    interview: Interview
    notice: Callable[[str], None]
    region: str

    def complete(self, asked: AskedProject, folder: Path, known: Collection[str]) -> AskedProject:
        """With an answer to everything that nobody has said. Raises RefusedError when nobody goes on answering."""
        if not asked.name:
            asked = self._answered(asked, "NAME", known, folder.resolve().name) or asked
        if not asked.tools:
            asked = self._answered(asked, "--tools", known) or asked
        if not asked.accounts:
            more: AskedProject | None = asked
            while more:
                asked, more = more, self._answered(more, "--account", known, optional=bool(more.accounts))
        if not asked.region:
            asked = self._answered(asked, "--region", known, self.region) or asked
        return asked

    def _answered(
        self, asked: AskedProject, what: str, known: Collection[str], suggestion: str = "", *, optional: bool = False
    ) -> AskedProject | None:
        """With an answer that is right: a wrong one is asked for again. None where it may be left out, and is."""
        offered = "" if wrong(_with(asked, what, suggestion), known) else suggestion
        while True:
            said = self.interview.ask(_question(asked, what), offered)
            if said is None:
                raise RefusedError("the questions were not answered: nothing was written")
            if not said and optional:
                return None
            found = wrong(_with(asked, what, said), known) if said else [f"{what}: expected {EXPECTED[what]}"]
            if not found:
                return _with(asked, what, said)
            for line in found:
                self.notice(line)


@dataclass(frozen=True)
class WrittenProject:
    """What now is in a folder. `files` are paths below it."""

    project: NewProject
    folder: Path
    files: tuple[str, ...]


def init(asked: AskedProject, folder: Path, interviewer: Interviewer | None = None) -> WrittenProject:
    """Write a project into `folder`. An interviewer asks for what nobody has said, and whether to write.

    Raises UsageError with everything that is missing or wrong, or that is in the way, and RefusedError when the person does not
    want it after all. Nothing was written then.
    """
    known = regions()
    found = wrong(asked, known)
    if interviewer and not found:
        asked = interviewer.complete(asked, folder, known)
    if found := [*(() if interviewer else missing(asked)), *found]:
        remedy = remedies.TYPE_INIT.of(example=_EXAMPLE)
        raise UsageError("the project cannot be written as it is asked for", detail=found, remedy=remedy)
    project = NewProject.of(asked)
    files = project_files(project, lambda: secrets.token_hex(_ID_BYTES))
    require_free(folder, files)
    if interviewer and not interviewer.interview.confirm(f"Write {len(files)} files into {folder.resolve()}?"):
        raise RefusedError("nothing was written")
    write_new(folder, files)
    return WrittenProject(project, folder, tuple(files))


def _question(asked: AskedProject, what: str) -> str:
    """What is asked for in the words of the option; of a further account, that there need be none."""
    if what == "--account" and asked.accounts:
        return "one more account, deployed to after these; empty when there is none"
    return EXPECTED[what]


def _with(asked: AskedProject, what: str, said: str) -> AskedProject:
    """With this answer to one of EXPECTED."""
    if what == "NAME":
        return replace(asked, name=said)
    if what == "--tools":
        return replace(asked, tools=said)
    return replace(asked, accounts=(*asked.accounts, said)) if what == "--account" else replace(asked, region=said)
