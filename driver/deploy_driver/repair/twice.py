"""What a run has made twice: the answer to the call was lost, it was made again, and only the second thing is in the state."""

from __future__ import annotations

from collections.abc import Sequence

from deploy_driver.record.catalogue import Fate
from deploy_driver.record.stream import moment
from deploy_driver.repair.recorded import OnRecord, Span
from deploy_driver.repair.settle import Settlement, Sighting, Unfinished

_CLOCKS = 10.0
"""Seconds by which AWS's clock and that of the run may differ; AWS says full ones, and the engine is heard of a little late."""


def made_twice(one: Unfinished, beside: Sequence[Sighting], known: OnRecord) -> list[Settlement]:
    """Of the things that stand beside the one that the state lists, those that a run made while it made that one.

    Where AWS does not say when a thing was made, it is enough that a run was at making it.
    """
    spans = known.making.get(one.urn, ())
    return [
        Settlement(one.urn, Fate.TWICE, sighting.id, f"{sighting.why}, and it was made {_when(sighting)}")
        for sighting in beside
        if any(_within(sighting, span) for span in spans)
    ]


def _within(sighting: Sighting, span: Span) -> bool:
    began, ended = span
    return sighting.made is None or began - _CLOCKS <= sighting.made <= ended


def _when(sighting: Sighting) -> str:
    at = f" ({moment(sighting.made)})" if sighting.made is not None else ""
    return f"while a run was making the one that the state lists{at}"
