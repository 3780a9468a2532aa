"""What a preview says is to be made, as a state would list it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_driver.adapters.engine.events import EventReader
from deploy_driver.adapters.engine.properties import plain_value
from deploy_driver.placeholders import FILES, SECRET

if TYPE_CHECKING:
    from pulumi.automation.events import EngineEvent, StepEventStateMetadata


class PlanReader(EventReader):
    """Also keeps every resource, component and provider that would be made, in the order in which the program asks for them."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.planned: dict[str, dict[str, Any]] = {}

    def take(self, event: EngineEvent | str | int) -> None:
        """Translate one event, and remember what it would make."""
        super().take(event)
        step = (
            None if isinstance(event, str | int) or not event.resource_pre_event else event.resource_pre_event.metadata
        )
        if step and step.op.value == "create" and step.new:
            self.planned[step.urn] = _entry(step.new)


def _entry(state: StepEventStateMetadata) -> dict[str, Any]:
    """Files and secrets are left out of its inputs: nobody knows which ones were sent, and the next update sends them anew."""
    inputs = plain_value(state.inputs or {})
    made: dict[str, Any] = {"urn": state.urn, "custom": bool(state.custom), "type": state.type}
    made["inputs"] = {key: value for key, value in inputs.items() if not _hidden(value)}
    return {**made, **{key: said for key in ("parent", "provider") if (said := getattr(state, key))}}


def _hidden(value: Any) -> bool:
    """Whether some of it is a secret, or a file."""
    if isinstance(value, dict):
        return any(map(_hidden, value.values()))
    if isinstance(value, list):
        return any(map(_hidden, value))
    return isinstance(value, str) and (value == SECRET or value.startswith(FILES))
