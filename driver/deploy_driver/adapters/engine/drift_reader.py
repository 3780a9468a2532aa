"""The engine's events of a preview with refresh, as what the state, the cloud and the code say of each resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from deploy_driver.adapters.engine.events import EventReader, counts
from deploy_driver.adapters.engine.properties import MISSING, Step, follow, hidden_alike, is_whole, parse, plain_value
from deploy_driver.drift.finding import contains
from deploy_driver.drift.resource_state import PUBLISHED, PropertyState, ResourceState
from deploy_driver.placeholders import UNKNOWN

if TYPE_CHECKING:
    from pulumi.automation.events import EngineEvent, StepEventMetadata, StepEventStateMetadata

_PASSING = {"read", "discard", "read-replacement", "discard-replaced", "remove-pending-replace"}


class DriftReader(EventReader):
    """Also keeps, for each resource, the step that read it and the step that is planned for it."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._read: dict[str, StepEventMetadata] = {}
        self._planned: dict[str, StepEventMetadata] = {}

    def take(self, event: EngineEvent | str | int) -> None:
        """Translate one event, and remember what it shows."""
        super().take(event)
        if isinstance(event, str | int) or not event.res_outputs_event:
            return
        step = event.res_outputs_event.metadata
        if not counts(step) or step.op.value in _PASSING:
            return
        if step.op.value == "refresh":
            self._read[step.urn] = step
        elif step.logical:
            self._planned[step.urn] = step

    @property
    def states(self) -> tuple[ResourceState, ...]:
        """Every resource, in the order in which it was first seen."""
        urns = dict.fromkeys((*self._read, *self._planned))
        return tuple(_resource(urn, self._read.get(urn), self._planned.get(urn)) for urn in urns)


def _resource(urn: str, read: StepEventMetadata | None, planned: StepEventMetadata | None) -> ResourceState:
    first = read or planned
    state = first.old if first else None
    cloud = read.new if read else state
    code = planned.new if planned else None
    known = state or code
    return ResourceState(
        urn,
        op=planned.op.value if planned else "",
        known=state is not None,
        gone=read is not None and read.new is None,
        id=str((known.id if known else "") or ""),
        inputs=_inputs(known),
        properties=() if state is None or cloud is None else _properties(read, planned, (state, cloud, code)),
    )


def _properties(
    read: StepEventMetadata | None,
    planned: StepEventMetadata | None,
    sides: tuple[StepEventStateMetadata, StepEventStateMetadata, StepEventStateMetadata | None],
) -> tuple[PropertyState, ...]:
    published = _published(read)
    moved, wanted = (*_paths(read), *published), _paths(planned)
    state, cloud, code = sides
    # What no step is planned for is as the cloud has it; of what was published, the code says nothing.
    says = dict.fromkeys(published, state)
    inputs = {name for side in sides for name in _inputs(side)}
    found = []
    for path in (*wanted, *(path for path in moved if not any(_overlap(path, other) for other in wanted))):
        steps = parse(path)
        if path not in published and steps[0] not in inputs and contains(_at(code, steps), UNKNOWN):
            continue  # an output that follows from whatever else an update changes
        there = _at(cloud, steps)
        found.append(
            PropertyState(
                path,
                hidden_alike(_at(state, steps), there),
                there,
                hidden_alike(_at(says.get(path, code or cloud), steps), there),
                moved=any(_overlap(path, other) for other in moved),
                wanted=path in wanted,
            )
        )
    return tuple(found)


def _published(read: StepEventMetadata | None) -> tuple[str, ...]:
    """The outputs that say what was published, where a refresh finds others than the state has."""
    if read is None or read.old is None or read.new is None:
        return ()
    old, new = read.old.outputs or {}, read.new.outputs or {}
    return tuple(
        name
        for name in PUBLISHED.get(read.type, ())
        if name not in _inputs(read.old) and old.get(name) != new.get(name)
    )


def _paths(step: StepEventMetadata | None) -> tuple[str, ...]:
    """Which properties the provider says differ; of a creation and a deletion all do, so none is named."""
    if step is None or step.old is None or step.new is None:
        return ()
    return tuple(step.detailed_diff or step.diffs or ())


def _overlap(path: str, other: str) -> bool:
    """Whether one is the other, or a part of it."""
    left, right = parse(path), parse(other)
    shorter = min(len(left), len(right))
    return left[:shorter] == right[:shorter]


def _at(side: StepEventStateMetadata | None, steps: tuple[Step, ...]) -> Any:
    for place in (_inputs(side), plain_value((side.outputs if side else None) or {})):
        value = place
        for step in steps:
            if is_whole(value):
                break
            value = follow(value, (step,))
        if value is not MISSING:
            return value
    return None


def _inputs(side: StepEventStateMetadata | None) -> Mapping[str, Any]:
    found: Mapping[str, Any] = plain_value((side.inputs if side else None) or {})
    return found
