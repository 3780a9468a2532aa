"""The work of `deploy history`: the records of this folder and of the state bucket, each run once."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from driver.adapters.archive import S3Archive
from driver.adapters.ledger import events_of
from driver.cli import wiring
from driver.config.model import DeployConfig
from driver.errors import NotReadyError
from driver.run.past import PastRun, past_run

Events = Sequence[Mapping[str, Any]]


def history(config: DeployConfig, limit: int) -> list[PastRun]:
    """The newest runs, newest first. A bucket or a record that cannot be read is said on stderr, and is left out."""
    folder = config.root / ".deploy" / "runs"
    here = {path.name: folder for path in folder.glob("*") if path.is_dir()}
    archive, kept = _archive(config)
    names = sorted({*here, *kept}, reverse=True)

    def recalled(name: str) -> PastRun | None:
        try:
            events = (events_of(folder / name) if name in here else ()) or (archive.events(name) if archive else ())
            return past_run(events) if events else None
        except (NotReadyError, ValueError) as error:
            _say(f"run {name} is left out: {error}")
            return None

    found: list[PastRun] = []
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="history") as pool:
        for begin in range(0, len(names), limit):
            some = pool.map(recalled, names[begin : begin + limit])
            found += [run for run in some if run and run.cloud == config.cloud]
            if len(found) >= limit:
                break
    return found[:limit]


def _archive(config: DeployConfig) -> tuple[S3Archive | None, Sequence[str]]:
    try:
        wiring.enter(config, wiring.JENKINS_DEPLOY)
        archive = S3Archive(wiring.session(config), config.backend)
        return archive, archive.runs()
    except NotReadyError as error:
        _say(f"only the runs of this folder: {error}")
        return None, ()


def _say(line: str) -> None:
    from driver.events.readable import one_line

    sys.stderr.write(one_line(line) + "\n")
