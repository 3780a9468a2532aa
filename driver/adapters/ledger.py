"""Keeps the events of a run in a file of JSON lines, written through at every event; reads them again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from driver.bundle.canonical import digest
from driver.errors import DeployError, NotReadyError
from driver.events.stream import Envelope
from driver.run.chain import Head, line_of

FILE = "events.jsonl"
_NOTHING = Head()


class FileLedger:
    """One file per run, `<folder>/events.jsonl`; kept with 0600, since it names roles and accounts.

    Its first line names `before`, the last line of an earlier run's record. Raises NotReadyError when there can be no such file.
    """

    def __init__(self, folder: Path, before: Head = _NOTHING) -> None:
        self.path = folder / FILE
        self._before = before
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.touch(mode=0o600)
        except OSError as error:
            raise NotReadyError(
                f"the run's record cannot be kept: {error.strerror}",
                where=str(self.path),
                remedy="make the project's folder writable: a run without a record does not begin",
            ) from None

    def __call__(self, envelope: Envelope) -> None:
        """Append one event. Raises DeployError when it cannot be kept: a run without a record must not go on."""
        line = line_of(envelope.as_json(), self._before.digest, self._before.run)
        try:
            with self.path.open("ab") as file:
                file.write(line + b"\n")
        except OSError as error:
            raise DeployError(f"the run's record cannot be written: {error.strerror}", where=str(self.path)) from None
        self._before = Head(digest=digest(line))


def events_of(folder: Path) -> Sequence[Mapping[str, Any]]:
    """The events that a run's folder keeps; none when there is no such folder. Raises NotReadyError when they cannot be read.

    A last line that is cut off belongs to a run that was killed; what it said before holds.
    """
    lines = record_in(folder).split(b"\n")
    events: list[Mapping[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            events.append(json.loads(line))
        except ValueError as error:
            if number == len(lines):
                break
            raise NotReadyError(f"line {number} is not JSON: {error}", where=str(folder / FILE)) from None
    return events


def record_in(folder: Path) -> bytes:
    """What a run's folder keeps; empty when there is no such folder. Raises NotReadyError when it cannot be read."""
    path = folder / FILE
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise NotReadyError(f"the run's record cannot be read: {error}", where=str(path)) from None
