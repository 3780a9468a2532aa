"""Controls that do not hold for good reasons, each until a day."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from tests.configuration.standard import Failure

FILE = Path(__file__).with_name("waivers.toml")
LONGEST = 366
"""Days ahead that a waiver may run: whoever renews it thinks again."""


@dataclass(frozen=True)
class Waiver:
    """A control, the resources (`type name`, with wildcards) that it need not hold for, why, and until when."""

    control: str
    resources: str
    reason: str
    expires: date

    def covers(self, failure: Failure) -> bool:
        """Whether this failure is the one that was meant."""
        return failure.control == self.control and fnmatchcase(failure.resource, self.resources)


def read(path: Path = FILE) -> list[Waiver]:
    """The waivers of a file; a key that is missing or too many is a TypeError."""
    return [Waiver(**entry) for entry in tomllib.loads(path.read_text("utf-8"))["waiver"]]


def problems(found: Sequence[Failure], waivers: Sequence[Waiver], today: date) -> list[str]:
    """What nobody waived, what is waived no longer, and what is waived for nothing."""
    valid = [waiver for waiver in waivers if waiver.expires >= today]
    bare = [failure for failure in found if not any(waiver.covers(failure) for waiver in valid)]
    said = [f"{one.stack}: {one.resource}: {one.control} does not hold" for one in bare]
    for waiver in waivers:
        name = f"waiver of {waiver.control} for {waiver.resources}"
        if waiver.expires < today:
            said.append(f"{name}: expired on {waiver.expires}")
        if (waiver.expires - today).days > LONGEST:
            said.append(f"{name}: runs for more than {LONGEST} days")
        if not any(waiver.covers(failure) for failure in found):
            said.append(f"{name}: waives nothing, take it away")
        if not waiver.reason.strip():
            said.append(f"{name}: has no reason")
    return said
