"""One call of the engine: the SDK works in a thread, its events are read in the caller's.

A call in which nothing happens any more is ended: the program hangs, or prints without end.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

from driver.adapters.engine.events import EventReader
from driver.adapters.engine.imports import Imports
from driver.adapters.engine.noise import quiet_sdk
from driver.adapters.engine.place import Place
from driver.adapters.engine.process import EngineProcess
from driver.adapters.engine.program import Program
from driver.adapters.engine.workdir import Project
from driver.values import EngineRequest, Tool

if TYPE_CHECKING:
    from pulumi.automation import Stack
    from pulumi.automation.events import EngineEvent

    from driver.adapters.engine.operations import Operate

_LAST_EVENTS = 5.0
"""Seconds to wait for events that are still on their way when the engine has ended."""

_TICK = 1.0
"""Seconds between two looks at whether anything happens."""


class ProgramHangsError(Exception):
    """The program has said nothing to the engine for too long, while nothing was being deployed."""


class Call:
    """Runs one operation on one stack. `must_declare`: a program that declares no resource has failed.

    `timeout` is in seconds: how long the program may say nothing to the engine while nothing is being deployed.
    """

    def __init__(
        self,
        engine: Tool,
        process: EngineProcess,
        place: Place,
        project: Project,
        imports: Imports,
        *,
        must_declare: bool,
        timeout: float,
    ) -> None:
        self._engine = engine
        self._timeout = timeout
        self._process = process
        self._place = place
        self._inbox: queue.SimpleQueue[EngineEvent | str | None] = queue.SimpleQueue()
        self._program = Program(project, imports, on_print=self._inbox.put, must_declare=must_declare)
        self._error: Exception | None = None

    def run(self, operate: Operate, request: EngineRequest, events: EventReader) -> Exception | None:
        """Run to the end; returns what the SDK raised. A caller that is broken off takes the engine down with it."""
        worker = threading.Thread(
            target=self._work, args=(operate, request), name=f"engine-{request.stack}", daemon=True
        )
        worker.start()
        try:
            hung = self._read(events)
            self._read_late(events)
        except SystemExit:  # somebody would not wait for the engine: it ends by itself
            raise
        except BaseException:
            self._process.interrupt()
            worker.join()
            raise
        worker.join()
        return hung or self._error

    def _read(self, events: EventReader) -> ProgramHangsError | None:
        """Read events until the engine has ended; say whether that had to be asked for because the program hangs."""
        hung = None
        active = time.monotonic()
        while True:
            try:
                said = self._inbox.get(timeout=_TICK)
            except queue.Empty:
                said = ""
            if said is None:
                break
            if said:
                events.take(said)
            now = time.monotonic()
            if events.busy or not isinstance(said, str) or not self._program.begun:
                active = now
            elif now - active > self._timeout and not self._process.stopping:
                hung = self._hangs()
                self._process.interrupt()
        if self._program.unsaid:
            events.take(f"… and {self._program.unsaid} more lines, which are not kept")
        return hung

    def _hangs(self) -> ProgramHangsError:
        place = self._program.place()
        where = f"; it stands at {place}" if place else ""
        return ProgramHangsError(f"the program said nothing to the engine for {self._timeout:g} seconds{where}")

    def _work(self, operate: Operate, request: EngineRequest) -> None:
        try:
            quiet_sdk()
            operate(self._stack(request.stack), request, self._inbox.put)
        except Exception as error:  # noqa: BLE001 -- it crosses a thread; the report says what it was
            self._error = error
        finally:
            self._inbox.put(None)

    def _stack(self, name: str) -> Stack:
        from pulumi.automation import LocalWorkspace, Stack

        from driver.adapters.engine.command import EngineCommand

        workspace = LocalWorkspace(
            work_dir=str(self._place.folder),
            program=self._program,
            env_vars=self._place.environment,
            secrets_provider=self._place.secrets_provider,
            pulumi_command=EngineCommand(self._engine, self._process),
        )
        return Stack.create(name, workspace) if self._place.new else Stack.select(name, workspace)

    def _read_late(self, events: EventReader) -> None:
        deadline = time.monotonic() + _LAST_EVENTS
        while events.began and not events.ended:
            try:
                said = self._inbox.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return
            if said is not None:
                events.take(said)
