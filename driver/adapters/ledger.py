"""Keeps the events of a run in a file of JSON lines, written through at every event; reads them again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from driver.errors import DeployError, NotReadyError
from driver.events.stream import Envelope

FILE = "events.jsonl"


class FileLedger:
    """One file per run, `<folder>/events.jsonl`; kept with 0600, since it names roles and accounts.

    Raises NotReadyError when there can be no such file.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
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
        try:
            with self.path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(json.dumps(envelope.as_json(), ensure_ascii=False) + "\n")
        except OSError as error:
            raise DeployError(f"the run's record cannot be written: {error.strerror}", where=str(self.path)) from None


def events_of(folder: Path) -> Sequence[Mapping[str, Any]]:
    """The events that a run's folder keeps; none when there is no such folder. Raises NotReadyError when they cannot be read.

    A last line that is cut off belongs to a run that was killed; what it said before holds.
    """
    path = folder / FILE
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise NotReadyError(f"the run's record cannot be read: {error}", where=str(path)) from None
    events = []
    for number, line in enumerate(lines, 1):
        try:
            events.append(json.loads(line))
        except ValueError as error:
            if number == len(lines):
                break
            raise NotReadyError(f"line {number} is not JSON: {error}", where=str(path)) from None
    return events
