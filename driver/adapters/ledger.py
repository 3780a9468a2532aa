"""Keeps the events of a run in a file of JSON lines, written through at every event."""

from __future__ import annotations

import json
from pathlib import Path

from driver.errors import DeployError, NotReadyError
from driver.events.stream import Envelope


class FileLedger:
    """One file per run, `<folder>/events.jsonl`; kept with 0600, since it names roles and accounts.

    Raises NotReadyError when there can be no such file.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "events.jsonl"
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
