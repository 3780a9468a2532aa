"""Deployed services that answer as told, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy_driver.errors import NotReadyError
from deploy_driver.ports import Wrong
from deploy_driver.values import CommandCheck, Stack


@dataclass
class FakeProber:
    """Implements the Prober port: `answers` by address, with `status`; what is not there does not answer.

    `commands` say what a command writes last; what is not there fails.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    commands: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    status: int = 200
    during: Callable[[], None] | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)
    ran: list[tuple[tuple[str, ...], Mapping[str, Any]]] = field(default_factory=list)

    def health(self, address: str, wrong: Wrong, timeout: int, stopped: Callable[[], bool]) -> None:
        self.asked.append((address, timeout))
        self._happen()
        problem = wrong(self.status, self.answers[address]) if address in self.answers else "it does not"
        if problem and stopped():
            raise NotReadyError("stopped on request")
        if address not in self.answers:
            raise NotReadyError(f"{address} does not answer after {timeout} s: connection refused")
        if problem:
            raise NotReadyError(f"{address} answers, but {problem}")

    def command(
        self, check: CommandCheck, stack: Stack, outputs: Mapping[str, Any], stopped: Callable[[], bool]
    ) -> str:
        self.ran.append((check.arguments, outputs))
        self._happen()
        if stopped():
            raise NotReadyError("stopped on request")
        if check.arguments not in self.commands:
            raise NotReadyError(f"the smoke test of {stack.name} ended with exit code 1", detail=["1 failed"])
        return self.commands[check.arguments]

    def _happen(self) -> None:
        if self.during:
            self.during()
