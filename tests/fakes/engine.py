"""An engine that does what it is told to report, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy_driver.ports import Emit
from deploy_driver.values import Changes, EngineReport, EngineRequest, EngineStatus
from deploy_project.remedy import Remedy

DONE = EngineReport(EngineStatus.SUCCEEDED, Changes(create=1))
UNCHANGED = EngineReport(EngineStatus.SUCCEEDED, Changes(same=3))


def failed(cause: str = "the bucket is taken", remedy: str = "") -> EngineReport:
    """A call that the engine could not carry out."""
    return EngineReport(EngineStatus.FAILED, failure=cause, remedy=Remedy(remedy))


@dataclass
class FakeEngine:
    """Implements the Engine port. `reports` answer by (call, stack); what is not there is `DONE`.

    `during` is called inside every call, for whatever happens meanwhile (a signal, an event, an exception).
    """

    reports: Mapping[tuple[str, str], EngineReport] = field(default_factory=dict)
    during: Callable[[str, EngineRequest, Emit], None] | None = None
    known_outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    requests: list[EngineRequest] = field(default_factory=list)
    interrupts: int = 0

    def preview(self, request: EngineRequest, emit: Emit) -> EngineReport:
        return self._call("preview", request, emit)

    def up(self, request: EngineRequest, emit: Emit) -> EngineReport:
        return self._call("up", request, emit)

    def preview_destroy(self, request: EngineRequest, emit: Emit) -> EngineReport:
        return self._call("preview_destroy", request, emit)

    def destroy(self, request: EngineRequest, emit: Emit) -> EngineReport:
        return self._call("destroy", request, emit)

    def outputs(self, request: EngineRequest) -> Mapping[str, Any]:
        return self.known_outputs.get(request.stack, {})

    def interrupt(self) -> None:
        self.interrupts += 1

    def _call(self, call: str, request: EngineRequest, emit: Emit) -> EngineReport:
        self.calls.append((call, request.stack))
        self.requests.append(request)
        if self.during:
            self.during(call, request, emit)
        return self.reports.get((call, request.stack), DONE)
