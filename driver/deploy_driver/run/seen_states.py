"""Puts on record which state of a stack an engine began from, and which one it left."""

from __future__ import annotations

from dataclasses import dataclass

from deploy_driver.errors import NotReadyError
from deploy_driver.ports import Emit, StateStore
from deploy_driver.record.catalogue import Diagnostic, StateSeen
from deploy_driver.run.engine_over import EngineOver
from deploy_driver.values import EngineReport, EngineRequest


@dataclass(frozen=True)
class SeenStates(EngineOver):
    """The Engine port over another engine. What cannot be asked afterwards is said: what was done is done."""

    state: StateStore

    def preview(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """What `up` would do; it writes no state."""
        return self.engine.preview(request, emit)

    def up(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """Make the stack what the program says. Raises NotReadyError when its state cannot be read beforehand."""
        self._before(request.stack, emit)
        report = self.engine.up(request, emit)
        self._after(request.stack, emit)
        return report

    def destroy(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """Delete all that the stack has made, and the stack itself. Raises NotReadyError as `up` does."""
        self._before(request.stack, emit)
        report = self.engine.destroy(request, emit)
        self._after(request.stack, emit)
        return report

    def _before(self, stack: str, emit: Emit) -> None:
        mark = self.state.mark(stack)
        emit(StateSeen(stack, mark.digest, mark.version, before=True))

    def _after(self, stack: str, emit: Emit) -> None:
        try:
            mark = self.state.mark(stack)
        except NotReadyError as error:
            emit(Diagnostic(stack, "warning", f"which state the engine left could not be asked: {error}"))
        else:
            emit(StateSeen(stack, mark.digest, mark.version))
