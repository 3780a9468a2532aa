"""What the records of earlier runs say of a stack: which ids its resources got, and what was begun and not seen to end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from deploy_driver.record.catalogue import Event, ResourceDone, ResourceStarted

_MAKES = frozenset({"create", "create-replacement", "import", "import-replacement"})
_DELETES = frozenset({"delete", "delete-replaced"})


@dataclass(frozen=True)
class OnRecord:
    """By URN, the id that a resource got when it was made last; `begun` are those that nobody saw end."""

    ids: Mapping[str, str] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()


NO_RECORD = OnRecord()
"""No run says anything."""


def on_record(records: Iterable[Iterable[Event]], stack: str) -> OnRecord:
    """What the records say, the oldest first. What was deleted has no id any more."""
    ids: dict[str, str] = {}
    begun: set[str] = set()
    for record in records:
        for event in record:
            if not isinstance(event, ResourceStarted | ResourceDone) or event.stack != stack or event.preview:
                continue
            urn, op = event.change.urn, event.change.op
            if isinstance(event, ResourceStarted):
                begun |= {urn} if op in _MAKES else set()
                continue
            begun.discard(urn)
            if op in _MAKES and event.id and not event.failed:
                ids[urn] = event.id
            elif op in _DELETES and ids.get(urn) in {"", event.id}:
                ids.pop(urn, None)
    return OnRecord(ids, frozenset(begun))
