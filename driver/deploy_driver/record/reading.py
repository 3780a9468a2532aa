"""One event of a run's record, read without believing it: whoever can write a record can write anything into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from deploy_driver.values import Changes, PropertyDiff, ResourceChange

_COUNTS = ("create", "update", "replace", "delete", "same")
_LAST = 253402300799.0
"""The last second of the year 9999, beyond which there is no date to show."""


@dataclass(frozen=True)
class Recorded:
    """One event. What is missing, or of another type than it should be, is empty, 0 or None."""

    body: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What happened."""
        return self.text("kind")

    @property
    def time(self) -> float | None:
        """When, in seconds since the epoch; None where it does not say."""
        try:
            return datetime.fromisoformat(self.text("time")).astimezone(UTC).timestamp()
        except (ValueError, OverflowError):
            return None

    def text(self, name: str) -> str:
        """A text."""
        value = self.body.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> float:
        """A number that is not negative."""
        value = self.body.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LAST:
            return 0.0
        return float(value)

    def code(self, name: str) -> int | None:
        """A whole number; None where there is none."""
        value = self.body.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool:
        """Whether it says so."""
        return self.body.get(name) is True

    def texts(self, name: str) -> tuple[str, ...]:
        """Several texts."""
        return tuple(each for each in _list(self.body.get(name)) if isinstance(each, str))

    @property
    def changes(self) -> Changes:
        """How many resources were made, changed, replaced, deleted and left alone."""
        counts = Recorded(_mapping(self.body.get("changes")))
        return Changes(**{name: int(counts.number(name)) for name in _COUNTS})

    @property
    def change(self) -> ResourceChange:
        """The resource that the event is about, and what is done to it."""
        return _change(Recorded(_mapping(self.body.get("change"))))

    @property
    def resources(self) -> tuple[ResourceChange, ...]:
        """The resources that the event lists."""
        return tuple(_change(Recorded(_mapping(each))) for each in _list(self.body.get("resources")))


def _change(said: Recorded) -> ResourceChange:
    urn = said.text("urn")
    if urn.count("::") < 3:  # noqa: PLR2004 -- stack, project, type, name: as Pulumi writes a URN
        urn = f"urn:pulumi:::::unknown::{urn}"
    diffs = tuple(_diff(_mapping(each)) for each in _list(said.body.get("diffs")))
    return ResourceChange(urn, said.text("op"), said.texts("keys"), diffs)


def _diff(body: Mapping[str, Any]) -> PropertyDiff:
    said = Recorded(body)
    return PropertyDiff(said.text("path"), said.text("kind"), body.get("old"), body.get("new"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
