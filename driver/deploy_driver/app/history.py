"""The work of `deploy history` and `deploy report`: the records of this folder and of the state bucket, each run once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Protocol

from deploy_driver import remedies
from deploy_driver.adapters.records import record_in
from deploy_driver.app.console import ignore
from deploy_driver.app.session import JENKINS_DEPLOY, LocalProject, Session, start_session
from deploy_driver.errors import NotReadyError, UsageError
from deploy_driver.record.chain import Examined, examine, together
from deploy_driver.record.joined import joined_story, joined_summary
from deploy_driver.record.reading import Line, lines_of
from deploy_driver.record.story import RunSummary, Story, story_of
from deploy_driver.run.build_info import may_be_part
from deploy_driver.values import Cloud

LATEST = "latest"
CLOSE = 5
"""How many ids are named when there is no such run, or no single one."""


class KeptRecords(Protocol):
    """The records that are kept elsewhere. Every method raises NotReadyError."""

    def runs(self) -> Mapping[str, bool]:
        """The ids of the runs that are kept, and whether their records are whole: put when the run had ended."""

    def record(self, run: str) -> bytes:
        """A run's record as it was put; empty where there is none."""


@dataclass(frozen=True)
class Records:
    """What is on record: `here` in `folder`, `kept` in the archive. `archive` is None where nobody could ask, because of `why`.

    Several projects keep their records in one place: `project` is whose runs are shown; empty: everybody's.
    """

    folder: Path
    here: frozenset[str]
    archive: KeptRecords | None
    kept: Mapping[str, bool]
    why: str = ""
    notice: Callable[[str], None] = ignore
    project: str = ""

    def shows(self, run: RunSummary) -> bool:
        """Whether the run is one of the project, or may be: an early record does not say whose it is."""
        return not self.project or run.project in {"", self.project}

    @property
    def names(self) -> list[str]:
        """Every run, newest first as far as an id tells it: it begins with its minute."""
        return sorted(self.here | self.kept.keys(), reverse=True)

    def lines(self, run: str) -> Sequence[Line]:
        """The lines of a run's record; none where there is no record of it. Raises NotReadyError or ValueError when it cannot be read."""
        record = record_in(self.folder / run) if run in self.here else b""
        if not record and self.archive and run in self.kept:
            record = self.archive.record(run)
        return lines_of(record) if record else ()

    def story(self, run: str) -> Story | None:
        """A run's story; None where there is no record of it. Raises NotReadyError or ValueError when that cannot be read."""
        lines = self.lines(run)
        return self.told(run, lines) if lines else None

    def told(self, run: str, lines: Sequence[Line]) -> Story:
        """The story that these lines of a run's record tell. Raises ValueError when they are no record of a run."""
        kept = run in self.kept if self.archive else None
        found = story_of(lines, here=run in self.here, kept=kept)
        return replace(found, summary=replace(found.summary, run=run))


def records(project: LocalProject, notice: Callable[[str], None], instance: str = JENKINS_DEPLOY) -> Records:
    """The records of this folder and of the state bucket, in the sandbox as that machine.

    `notice` hears of a bucket that cannot be asked, and of records that cannot be read.
    """
    try:
        return records_of(start_session(project, instance), notice)
    except NotReadyError as error:
        notice(f"only the runs of this folder: {error}")
        return Records(*_in_folder(project), None, {}, str(error), notice, project.config.project)


def records_of(session: Session, notice: Callable[[str], None] = ignore) -> Records:
    """The same, as this session may read them. Raises NotReadyError where it may not ask the bucket."""
    archive = session.archive()
    return Records(*_in_folder(session.project), archive, archive.runs(), notice=notice, project=session.config.project)


def _in_folder(project: LocalProject) -> tuple[Path, frozenset[str]]:
    folder = project.config.kept / "runs"
    return folder, frozenset(path.name for path in folder.glob("*") if path.is_dir())


def verified(known: Records, wanted: str | None) -> list[Examined]:
    """What there is to say of every record, newest first; of one where it is `wanted`.

    Raises UsageError, and NotReadyError where the state bucket cannot be asked: what is only here proves little.
    """
    archive = known.archive
    if archive is None:
        raise NotReadyError(
            f"the records in the state bucket cannot be asked: {known.why}",
            remedy=remedies.READ_STATE_BUCKET,
        )
    only = meant(known, wanted) if wanted else ""

    def examined(run: str) -> Examined | None:
        kept = archive.record(run) if run in known.kept else b""
        here = record_in(known.folder / run) if run in known.here else b""
        if not kept and not here:
            return None  # a command that only looked around had a folder, and keeps no record
        whole = known.kept.get(run, False)
        found = examine(run, kept if whole else max(kept, here, key=len), kept=whole)
        differ = here != kept if whole else not (here.startswith(kept) or kept.startswith(here))
        return found.altered("in this folder it is not what it is in the state bucket") if here and differ else found

    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="history") as pool:
        found = together(each for each in pool.map(examined, known.names) if each)
    return [each for each in found if only in ("", each.run)]


def newest(known: Records, cloud: Cloud, limit: int) -> list[RunSummary]:
    """The newest runs of the project on that cloud, newest first. A record that cannot be read is left out, with a notice."""

    def summary_of(name: str) -> RunSummary | None:
        try:
            found = _told(known, name)
        except NotReadyError as error:
            known.notice(f"run {name} is left out: {error}")
            return None
        return found.summary if found else None

    found: list[RunSummary] = []
    runs: Sequence[RunSummary] = ()
    minutes = [list(names) for _, names in groupby(known.names, key=minute)]
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="history") as pool:
        while minutes and (len(runs) < limit or any(may_be_part(minutes[0][0], run.run) for run in runs if run.parts)):
            names: list[str] = []
            while minutes and len(names) < limit:
                names += minutes.pop(0)
            found += [run for run in pool.map(summary_of, names) if run and run.cloud == cloud and known.shows(run)]
            runs = _each_once(known, found)[:limit]
    return list(runs)


def _told(known: Records, name: str) -> Story | None:
    """A run's story; None where its record tells none, with a notice. Raises NotReadyError where that may not be read."""
    try:
        return known.story(name)
    except ValueError as error:
        known.notice(f"run {name} is left out: {error}")
        return None


def _each_once(known: Records, runs: Sequence[RunSummary]) -> list[RunSummary]:
    """The runs, and those over several agents as one, newest first."""
    found: dict[str, list[RunSummary]] = {}
    for run in sorted(runs, key=lambda run: run.began):
        is_part = may_be_part(run.run, run.part_of) and run.part_of not in known.names
        found.setdefault(run.part_of if is_part else run.run, []).append(run)
    once = [joined_summary(name, parts) if parts[0].run != name else parts[0] for name, parts in found.items()]
    return sorted(once, key=lambda run: (minute(run.run), run.began), reverse=True)


def parts(known: Records, whole: str) -> list[Story]:
    """The runs that are parts of the run over several agents of that id, in the order in which they began; none where it is none.

    Raises NotReadyError where a record may not be read that may be one of them: nobody could say that these are all.
    """
    names = [] if whole in known.names else [name for name in known.names if may_be_part(name, whole)]
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="history") as pool:
        stories = [found for found in pool.map(lambda name: _told(known, name), names) if found]
    found = [one for one in stories if one.summary.part_of == whole and known.shows(one.summary)]
    return sorted(found, key=lambda one: one.began)


def minute(run: str) -> str:
    """When a run began, as far as its id says it; which of one minute began first, only their records know."""
    return run[:13]


def story(known: Records, cloud: Cloud, wanted: str) -> Story:
    """The run that is meant: by its id, by how its id begins, or `latest`. Raises UsageError or NotReadyError."""
    wanted = latest(known, cloud) if wanted == LATEST else wanted
    if joined := parts(known, wanted):
        return joined_story(wanted, joined)
    run = meant(known, wanted)
    try:
        found = known.story(run)
    except ValueError as error:
        raise NotReadyError(f"the record of run {run} cannot be read: {error}") from None
    if not found:
        raise NotReadyError(f"there is no record of run {run}: it had a folder, and wrote nothing into it")
    return found


def latest(known: Records, cloud: Cloud) -> str:
    """The newest run of that cloud. Raises UsageError, or NotReadyError where not all could be asked."""
    found = newest(known, cloud, 1)
    if not found:
        raise _unknown(known, f"no run on {cloud} is on record")
    return found[0].run


def meant(known: Records, wanted: str) -> str:
    """The run of that id, or the one that alone begins so. Raises UsageError, or NotReadyError where not all could be asked."""
    begin = [name for name in known.names if wanted and name.startswith(wanted)]
    if wanted in begin or len(begin) == 1:
        return wanted if wanted in begin else begin[0]
    if begin:
        more = f" and {len(begin) - CLOSE} more" if len(begin) > CLOSE else ""
        raise UsageError(
            f"{len(begin)} runs begin with {wanted}: {', '.join(begin[:CLOSE])}{more}",
            where="RUN",
            remedy=remedies.MORE_OF_ID,
        )
    raise _of_several(known, wanted) or _unknown(known, f"no run {wanted} is on record", wanted)


def _of_several(known: Records, wanted: str) -> UsageError | None:
    """Where one record is asked for: that this run has several."""
    found = parts(known, wanted)
    if not found:
        return None
    named = ", ".join(f"{part.summary.run} ({', '.join(one.stack for one in part.summary.stacks)})" for part in found)
    what = f"{wanted} is a run over several agents, and each has a record of its own"
    return UsageError(what, where="RUN", remedy=remedies.NAME_PART.of(parts=named))


def _unknown(known: Records, what: str, wanted: str = "") -> UsageError | NotReadyError:
    """Nobody knows it; or nobody could ask all who might."""
    close = get_close_matches(wanted, known.names, n=CLOSE, cutoff=0.5) or known.names[:CLOSE]
    said = f"the closest are {', '.join(close)}" if close else "there is none yet"
    if known.archive is None:
        return NotReadyError(
            f"{what} in this folder, and the state bucket could not be asked",
            detail=[known.why, f"in this folder, {said}"],
            remedy=remedies.READ_STATE_BUCKET,
        )
    return UsageError(what, where="RUN", remedy=remedies.CLOSEST_RUNS.of(said=said))
