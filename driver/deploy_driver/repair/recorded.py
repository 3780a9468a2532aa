"""What the records of earlier runs say of a stack: which ids its resources got, and what was begun and not seen to end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from deploy_driver.record.catalogue import ResourceDone, ResourceStarted
from deploy_driver.record.stream import Envelope

MAKES = frozenset({"create", "create-replacement", "import", "import-replacement"})
_DELETES = frozenset({"delete", "delete-replaced"})
IN_FLIGHT = 30.0
"""Seconds after the last that is known of a run in which a call that was on its way then may still make something."""

_CLOCKS = 10.0
"""Seconds by which AWS's clock and that of a run may differ; AWS says full ones, and the engine is heard of a little late."""

Span = tuple[float, float]
"""From when until when, in seconds since the epoch."""


@dataclass(frozen=True)
class OnRecord:
    """By URN, the id that a resource got when it was made last; `begun` are those that nobody saw end.

    `making` is, by URN, when runs were at making it.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()
    making: Mapping[str, Sequence[Span]] = field(default_factory=dict)

    def made(self, urn: str, at: float | None) -> bool:
        """Whether something was made while a run was making that resource: `at` is when, None where nobody says."""
        spans = self.making.get(urn, ())
        return any(at is None or began - _CLOCKS <= at <= ended for began, ended in spans)


NO_RECORD = OnRecord()
"""No run says anything."""


def on_record(records: Iterable[Iterable[Envelope]], stack: str) -> OnRecord:
    """What the records say, the oldest first. What was deleted has no id any more."""
    ids: dict[str, str] = {}
    begun: set[str] = set()
    making: dict[str, list[Span]] = {}
    for record in records:
        since: dict[str, float] = {}
        last = 0.0
        for line in record:
            event, last = line.event, line.time
            if not isinstance(event, ResourceStarted | ResourceDone) or event.stack != stack or event.preview:
                continue
            urn, op = event.change.urn, event.change.op
            if isinstance(event, ResourceStarted):
                begun |= {urn} if op in MAKES else set()
                since |= {urn: last} if op in MAKES else {}
                continue
            begun.discard(urn)
            if urn in since:
                making.setdefault(urn, []).append((since.pop(urn), last))
            if op in MAKES and event.id and not event.failed:
                ids[urn] = event.id
            elif op in _DELETES and ids.get(urn) in {"", event.id}:
                ids.pop(urn, None)
        for urn, began in since.items():
            making.setdefault(urn, []).append((began, last + IN_FLIGHT))
    return OnRecord(ids, frozenset(begun), making)
