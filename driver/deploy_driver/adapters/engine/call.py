"""How a call of the engine ended: the call's own return or exception decides, events only add to it.

A call in which nothing happens any more is ended: the program hangs, or prints without end.
"""

from __future__ import annotations

import queue
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy_driver import remedies
from deploy_driver.adapters.engine.events import EventReader, plain
from deploy_driver.adapters.engine.failures import Failure, classify, state_refused
from deploy_driver.adapters.engine.process import EngineFailedError, EngineProcess, StoppedBeforeStartError
from deploy_driver.adapters.engine.program import Imports, Program
from deploy_driver.adapters.engine.uploads import UnexpectedUploadError, UploadGuard
from deploy_driver.adapters.engine.workdir import Workspace
from deploy_driver.errors import NotReadyError
from deploy_driver.values import EngineReport, EngineRequest, EngineStatus, Tool, Upload
from deploy_project.project_file import ProjectFile

if TYPE_CHECKING:
    from pulumi.automation import Stack
    from pulumi.automation.events import EngineEvent

    OnEvent = Callable[[EngineEvent], None]
    Operate = Callable[[Stack, EngineRequest, OnEvent], object]

_ABANDONED = {"run_pulumi_func", "run_in_stack"}
"""The SDK's coroutines that are left unfinished when the engine ends before the program does, and that complain about it
when they are collected."""


_LAST_EVENTS = 5.0
"""Seconds to wait for events that are still on their way when the engine has ended."""

_SAVES_NO_MORE = 10.0
"""Seconds that calls to AWS which are on their way still have, once the engine can write no state any more."""

_NOT_EMPTY = "still has resources; removal rejected"
"""What the engine says of a stack that it will not remove (pulumi `backend.RemoveStack`)."""

_TICK = 1.0
"""Seconds between two looks at whether anything happens."""


@cache
def quiet_sdk() -> None:
    """Once per process. An event that the SDK cannot parse it would print whole, values included."""
    warnings.filterwarnings("ignore", message="(?s)(Failed to parse engine event|Error in event stream)")
    sys.unraisablehook = without_abandoned(sys.unraisablehook)


def without_abandoned(hook: Callable[[Any], object]) -> Callable[[Any], None]:
    """A `sys.unraisablehook` that lets everything through to `hook` but those."""

    def filtered(unraisable: Any) -> None:
        if getattr(unraisable.object, "__name__", "") not in _ABANDONED:
            hook(unraisable)

    return filtered


def up(stack: Stack, request: EngineRequest, on_event: OnEvent) -> None:
    """Make the stack what the program says."""
    stack.up(on_event=on_event, **_forwards(request))


def preview(stack: Stack, request: EngineRequest, on_event: OnEvent) -> None:
    """Say what `up` would do. Writes no state, with or without `refresh`. Where it decides, it leaves its PLAN in the workspace."""
    plan = str(Path(stack.workspace.work_dir, PLAN)) if request.decides else None
    stack.preview(on_event=on_event, plan=plan, **_forwards(request))


PLAN = "plan.json"
"""Where the engine writes what a program asks for, resource by resource (pulumi/pulumi `sdk/go/common/apitype/plan.go`)."""


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

    The program is run so that its providers are today's: the ones in the state belong to a session that is over. What it declares beside
    resources is written into a state from which it was gone already, as after a destroy that ended before the stack was removed: then
    the stack is not empty, and a second destroy, for which all of that is old, takes it out.
    """
    try:
        _destroy_and_remove(stack, request, on_event)
    except EngineFailedError as error:
        if _NOT_EMPTY not in str(error):
            raise
        _destroy_and_remove(stack, request, on_event)


def _destroy_and_remove(stack: Stack, request: EngineRequest, on_event: OnEvent) -> None:
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


class ProgramHangsError(Exception):
    """The program has said nothing to the engine for too long, while nothing was being deployed."""


class StateRefusedError(Exception):
    """The state can be written no more: AWS will not take the credentials that the engine began with, and it gets no others."""


class Call:
    """Runs one operation on one stack. `must_declare`: a program that declares no resource has failed.

    `instead` names a function that is run in place of the project's program. `expected` are the uploads that must not be others.
    `timeout` is in seconds: how long the program may say nothing to the engine while nothing is being deployed.
    """

    def __init__(
        self,
        engine: Tool,
        process: EngineProcess,
        workspace: Workspace,
        project: ProjectFile,
        imports: Imports,
        *,
        must_declare: bool,
        timeout: float,
        expected: Sequence[Upload] = (),
        instead: str = "",
    ) -> None:
        self._engine = engine
        self._timeout = timeout
        self._process = process
        self._workspace = workspace
        self._inbox: queue.SimpleQueue[EngineEvent | str | int | None] = queue.SimpleQueue()
        process.on_start = self._inbox.put
        self._guard = UploadGuard(project.entry.parent, expected)
        self._program = Program(
            project,
            imports,
            on_print=self._inbox.put,
            must_declare=must_declare,
            registering=self._guard,
            instead=instead,
        )
        self._error: Exception | None = None

    @property
    def unplanned(self) -> bool:
        """Whether the program asks for something that no plan of the engine says."""
        return self._program.unplanned

    def run(self, operate: Operate, request: EngineRequest, events: EventReader) -> Exception | None:
        """Run to the end; returns what the SDK raised. A caller that is broken off takes the engine down with it."""
        worker = threading.Thread(
            target=self._work, args=(operate, request), name=f"engine-{request.stack}", daemon=True
        )
        worker.start()
        try:
            ended = self._read(events)
            self._read_late(events)
        except SystemExit:  # somebody would not wait for the engine: it ends by itself
            raise
        except BaseException:
            self._process.interrupt()
            worker.join()
            raise
        worker.join()
        return ended or self._guard.refusal or self._error

    def _read(self, events: EventReader) -> ProgramHangsError | StateRefusedError | None:
        """Read events until the engine has ended; say why that had to be asked for: the program hangs, or no state is written.

        The engine tries each write for half a minute, also those of everything else that it has begun, whatever AWS answers
        (pulumi `diyBackend.saveCheckpoint`).
        """
        why: ProgramHangsError | StateRefusedError | None = None
        active = time.monotonic()
        while True:
            said = self._next(_TICK)
            if said is None:
                break
            if said:
                events.take(said)
            now = time.monotonic()
            if isinstance(why, StateRefusedError):
                if now - active > _SAVES_NO_MORE:
                    self._process.kill()
            elif events.state_refused:
                why, active = StateRefusedError(), now
                self._process.interrupt()
            elif events.busy or not isinstance(said, str | int) or not self._program.begun:
                active = now
            elif now - active > self._timeout and not self._process.stopping:
                why = self._hangs()
                self._process.interrupt()
        if self._program.unsaid:
            events.take(f"… and {self._program.unsaid} more lines, which are not kept")
        return why

    def _hangs(self) -> ProgramHangsError:
        position = self._program.position()
        where = f"; it stands at {position}" if position else ""
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

        from deploy_driver.adapters.engine.process import EngineCommand

        workspace = LocalWorkspace(
            work_dir=str(self._workspace.folder),
            program=self._program,
            env_vars=self._workspace.environment,
            secrets_provider=self._workspace.secrets_provider,
            pulumi_command=EngineCommand(self._engine, self._process),
        )
        return Stack.create(name, workspace) if self._workspace.new else Stack.select(name, workspace)

    def _read_late(self, events: EventReader) -> None:
        deadline = time.monotonic() + _LAST_EVENTS
        while events.began and not events.ended and (left := deadline - time.monotonic()) > 0:
            if said := self._next(left):
                events.take(said)

    def _next(self, seconds: float) -> EngineEvent | str | int | None:
        """What comes next from the engine, its process or the program: nothing at the engine's end, an empty text when time is up."""
        try:
            return self._inbox.get(timeout=seconds)
        except queue.Empty:
            return ""


def report_of(error: BaseException | None, events: EventReader, *, stopped: bool, seconds: float) -> EngineReport:
    """The report of one call; `stopped` when somebody asked for its end, which it may have come too late for."""
    failure = Failure("") if error is None else _failure(error, events, stopped=stopped)
    if isinstance(error, StateRefusedError):
        failure = state_refused(events.errors, events.machine)
    status = EngineStatus.SUCCEEDED
    if isinstance(error, UnexpectedUploadError):
        status = EngineStatus.REFUSED
    elif error is not None:
        stopped = stopped and not isinstance(error, ProgramHangsError | StateRefusedError)
        ended = EngineStatus.BUSY if failure.busy else EngineStatus.FAILED
        status = EngineStatus.INTERRUPTED if stopped else ended
    return EngineReport(
        status=status,
        changes=events.changes,
        resources=events.resources,
        outputs=events.outputs,
        uploads=events.uploads,
        failure=failure.reason,
        remedy=failure.remedy,
        seconds=round(seconds, 3),
    )


def not_ready_of(error: Exception, what: str, stack: str = "") -> NotReadyError:
    """The same for a question that got no answer."""
    result = getattr(error, "result", None)
    failure = classify([], plain(result.stderr), result.code, stack) if result else Failure("interrupted")
    return NotReadyError(what, detail=[failure.reason], remedy=failure.remedy)


def _failure(error: BaseException, events: EventReader, *, stopped: bool) -> Failure:
    if isinstance(error, UnexpectedUploadError):
        return Failure(str(error), remedies.BUILD_ONCE)
    if isinstance(error, ProgramHangsError):
        return Failure(str(error), remedies.CORRECT_OR_WAIT_LONGER)
    result = getattr(error, "result", None)
    if stopped and result is not None and result.code == -signal.SIGKILL:
        return Failure("killed")
    if stopped or isinstance(error, StoppedBeforeStartError):
        return Failure("interrupted")
    if result is None:
        return classify(events.errors, f"error: {error}", 0, events.stack, events.machine)
    said = plain(result.stderr) or ("" if events.errors else plain(result.stdout))
    return classify(events.errors, said, result.code, events.stack, events.machine)
