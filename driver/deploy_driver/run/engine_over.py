"""What an engine that stands over another one leaves as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy_driver.ports import Emit, Engine
from deploy_driver.values import EngineReport, EngineRequest


@dataclass(frozen=True)
class EngineOver:
    """Half of the Engine port over another engine: whoever stands there says what `preview` and `up` do."""

    engine: Engine

    def preview_destroy(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """What `destroy` would do."""
        return self.engine.preview_destroy(request, emit)

    def destroy(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """Delete all that the stack has made, whatever its files and its code are."""
        return self.engine.destroy(request, emit)

    def outputs(self, request: EngineRequest) -> Mapping[str, Any]:
        """The outputs of the last `up`."""
        return self.engine.outputs(request)

    def interrupt(self) -> None:
        """Ask the running call to end cleanly."""
        self.engine.interrupt()
