"""What a run has made twice: the answer to the call was lost, it was made again, and only the second thing is in the state."""

from __future__ import annotations

from collections.abc import Sequence

from deploy_driver.record.catalogue import Fate
from deploy_driver.record.stream import moment
from deploy_driver.repair.recorded import OnRecord
from deploy_driver.repair.settle import Settlement, Sighting, Unfinished


def made_twice(one: Unfinished, beside: Sequence[Sighting], known: OnRecord) -> list[Settlement]:
    """Of the things that stand beside the one that the state lists, those that a run made while it made that one.

    Where AWS does not say when a thing was made, it is enough that a run was at making it.
    """
    return [
        Settlement(one.urn, Fate.TWICE, sighting.id, f"{sighting.why}, and it was made {_when(sighting)}")
        for sighting in beside
        if known.made(one.urn, sighting.made)
    ]


def _when(sighting: Sighting) -> str:
    at = f" ({moment(sighting.made)})" if sighting.made is not None else ""
    return f"while a run was making the one that the state lists{at}"
