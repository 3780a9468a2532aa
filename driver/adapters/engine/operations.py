"""What the engine can do to a stack, each as one call of the Automation API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from driver.values import EngineRequest

if TYPE_CHECKING:
    from pulumi.automation import Stack
    from pulumi.automation.events import EngineEvent

    OnEvent = Callable[[EngineEvent], None]
    Operate = Callable[[Stack, EngineRequest, OnEvent], object]


def up(stack: Stack, request: EngineRequest, on_event: OnEvent) -> None:
    """Make the stack what the program says."""
    stack.up(on_event=on_event, **_forwards(request))


def preview(stack: Stack, request: EngineRequest, on_event: OnEvent) -> None:
    """Say what `up` would do. Writes no state, with or without `refresh`."""
    stack.preview(on_event=on_event, **_forwards(request))


def _forwards(request: EngineRequest) -> dict[str, Any]:
    """A refresh reads through the providers that the program makes now: those in the state belong to another role."""
    return {
        "refresh": request.refresh,
        "run_program": request.refresh or None,
        "target": list(request.targets),
        "color": "never",
    }


def destroy(stack: Stack, request: EngineRequest, on_event: OnEvent) -> None:
    """Delete everything, then the stack itself.

    The program is run so that its providers are today's: the ones in the state belong to a session that is over.
    """
    stack.destroy(
        refresh=request.refresh,
        target=list(request.targets),
        run_program=True,
        remove=not request.targets,
        color="never",
        on_event=on_event,
    )


def preview_destroy(stack: Stack, request: EngineRequest, on_event: OnEvent) -> None:
    """Say what `destroy` would do."""
    stack.preview_destroy(
        refresh=request.refresh, target=list(request.targets), run_program=True, color="never", on_event=on_event
    )
