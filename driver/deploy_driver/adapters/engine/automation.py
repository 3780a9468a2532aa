"""The Engine port over Pulumi's Automation API, with the program run inline."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from deploy_driver.adapters.engine import call as operations
from deploy_driver.adapters.engine.call import PLAN, Call, not_ready_of, report_of
from deploy_driver.adapters.engine.drift_reader import DriftReader
from deploy_driver.adapters.engine.events import EventReader
from deploy_driver.adapters.engine.plan_reader import PlanReader
from deploy_driver.adapters.engine.process import EngineProcess, StoppedBeforeStartError
from deploy_driver.adapters.engine.program import Imports, switched_streams, tidy
from deploy_driver.adapters.engine.reencrypt import encrypted_anew
from deploy_driver.adapters.engine.workdir import (
    Workspace,
    empty_workspace_of,
    prepare,
    read_project,
    secrets_provider,
    state_url,
    workspace_of,
    writing,
)
from deploy_driver.checkpoint import leaves_as_is
from deploy_driver.drift.resource_state import StackStates
from deploy_driver.errors import InterruptedRunError
from deploy_driver.ports import Emit
from deploy_driver.values import Backend, EngineReport, EngineRequest, EngineStatus, Tool
from deploy_project.project_file import ProjectFile
from deploy_project.stacks import is_access, project_of

if TYPE_CHECKING:
    from deploy_driver.adapters.engine.call import Operate


class AutomationEngine:
    """Runs the project's program stack by stack. Safe to call from several threads, each with its own stack.

    `stack_exists` says whether its backend has a stack, so that the engine need not be started to find out; `last_state` gives the
    state of a stack that an `up` now would leave as it is, if it finds no difference;
    `state_url` and `secrets_provider` say where state lives and how its secrets are encrypted; `program_timeout` for how
    many seconds a program may say nothing to the engine while nothing is being deployed. `access_program` is the function
    (`package.module:function`, called with the project's root) that makes access layers in place of the project's program.
    """

    def __init__(
        self,
        *,
        project_root: Path,
        engine: Tool,
        pulumi_home: Path,
        run_folder: Path,
        stack_exists: Callable[[str], bool],
        last_state: Callable[[str], bytes | None] = lambda _: None,
        state_url: Callable[[Backend, Mapping[str, str]], str] = state_url,
        secrets_provider: Callable[[Backend], str] = secrets_provider,
        program_timeout: float,
        access_program: str = "",
    ) -> None:
        self._project_root = project_root.resolve()
        self._engine = engine
        self._pulumi_home = pulumi_home.resolve()
        self._work = run_folder.resolve() / "engine"
        self._stack_exists = stack_exists
        self._last_state = last_state
        self._decided: dict[str, tuple[EngineRequest, EngineReport]] = {}
        self._state_url = state_url
        self._secrets_provider = secrets_provider
        self._program_timeout = program_timeout
        self._access_program = access_program
        self._running: set[EngineProcess] = set()
        self._lock = threading.Lock()
        self._calls = 0
        self._imports: Imports | None = None

    def warm(self) -> None:
        """Begin to import what every call needs, beside whatever the caller does next."""
        self._imports_of(read_project(self._project_root)).begin()

    def preview(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """What `up` would do. A stack that does not exist yet is previewed on an empty backend of its own."""
        project = read_project(self._project_root)
        exists = self._stack_exists(request.stack)
        workspace = self._workspace(project, request) if exists else self._empty_workspace(project, request)
        return self._run(operations.preview, project, workspace, request, emit, preview=True)

    def look(self, request: EngineRequest, emit: Emit) -> StackStates:
        """What the state, the cloud and the code say of every resource: one preview that reads the cloud. Writes no state."""
        project = read_project(self._project_root)
        exists = self._stack_exists(request.stack)
        workspace = self._workspace(project, request) if exists else self._empty_workspace(project, request)
        events = DriftReader(request.stack, emit=emit, preview=True, tidy=lambda text: tidy(text, project.root))
        report = self._read(operations.preview, project, workspace, replace(request, refresh=True), events)
        return StackStates(report, events.states)

    def planned(self, request: EngineRequest, emit: Emit) -> tuple[EngineReport, Sequence[Mapping[str, Any]]]:
        """What `up` would make, from the cloud as it is: every resource as the state would list it. Writes no state."""
        project = read_project(self._project_root)
        events = PlanReader(request.stack, emit=emit, preview=True, tidy=lambda text: tidy(text, project.root))
        request = replace(request, refresh=True)
        report = self._read(operations.preview, project, self._workspace(project, request), request, events)
        return report, tuple(events.planned.values())

    def import_state(self, request: EngineRequest, deployment: Mapping[str, Any], emit: Emit) -> None:
        """Let this be the stack's state: the engine checks that it is whole, and writes it while it holds its lock.

        `deployment` is what `pulumi stack import` takes. Raises NotReadyError, or InterruptedRunError; the state is as it was then.
        """
        from deploy_driver.adapters.engine.process import EngineCommand, EngineFailedError

        workspace = self._workspace(read_project(self._project_root), request)
        file = workspace.folder / "deployment.json"
        with writing():
            file.touch(mode=0o600)
            file.write_text(json.dumps(deployment), encoding="utf-8")
        command = ["stack", "import", "--file", str(file), "--stack", request.stack]
        with self._process(request.stack) as process:
            process.on_start = EventReader(request.stack, emit=emit, preview=False, tidy=str).engine_started
            try:
                EngineCommand(self._engine, process).start(command, str(workspace.folder), workspace.environment)
            except (EngineFailedError, StoppedBeforeStartError) as error:
                if process.stopping:
                    raise InterruptedRunError(f"stopped; the state of {request.stack} is as it was") from None
                raise not_ready_of(error, f"the state of {request.stack} cannot be written", request.stack) from None
            finally:
                file.unlink()

    def up(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """Make the stack what the program says; make the stack itself when it is new.

        Where a preview of the same request has shown that the engine would write the same state again, that is all.
        """
        decided, report = self._decided.pop(request.stack, (None, None))
        if report and decided == replace(request, expected=()):
            return report
        project = read_project(self._project_root)
        workspace = self._workspace(project, request, new=not self._stack_exists(request.stack))
        return self._run(operations.up, project, workspace, request, emit, preview=False)

    def preview_destroy(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """What `destroy` would do."""
        return self._destroy(operations.preview_destroy, request, emit, preview=True)

    def destroy(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """Delete all that the stack has made, and the stack itself."""
        return self._destroy(operations.destroy, request, emit, preview=False)

    def outputs(self, request: EngineRequest) -> Mapping[str, Any]:
        """The outputs of the last `up`, secrets masked. Raises NotReadyError when the backend cannot be read."""
        if not self._stack_exists(request.stack):
            return {}
        from deploy_driver.adapters.engine.process import EngineCommand, EngineFailedError

        workspace = self._workspace(read_project(self._project_root), request)
        with self._process(request.stack) as process:
            command = EngineCommand(self._engine, process)
            try:
                result = command.start(
                    ["stack", "output", "--json", "--stack", request.stack],
                    str(workspace.folder),
                    workspace.environment,
                )
            except (EngineFailedError, StoppedBeforeStartError) as error:
                raise not_ready_of(error, f"the outputs of {request.stack} cannot be read", request.stack) from None
        outputs: Mapping[str, Any] = json.loads(result.stdout or "{}")
        return outputs

    def encrypted_anew(self, request: EngineRequest, state: bytes, source: Backend) -> bytes:
        """Encrypt the secrets of a state of the stack, which comes from `source`, for the request's backend. Writes to neither.

        Raises NotReadyError or InterruptedRunError.
        """
        from deploy_driver.adapters.engine.process import EngineCommand, EngineFailedError

        project = read_project(self._project_root)
        workspace = self._workspace(project, request)
        with TemporaryDirectory(dir=self._work) as backend, self._process(request.stack) as process:
            file = (
                Path(backend) / ".pulumi" / "stacks" / project_of(project.name, request.stack) / f"{request.stack}.json"
            )
            file.parent.mkdir(parents=True)
            file.write_bytes(state)
            (Path(backend) / ".pulumi" / "meta.yaml").write_text("version: 1\n", encoding="utf-8")
            workspace = replace(
                workspace, environment={**workspace.environment, "PULUMI_BACKEND_URL": Path(backend).as_uri()}
            )
            try:
                command = EngineCommand(self._engine, process)
                return encrypted_anew(command, request.stack, workspace, file, self._secrets_provider(source))
            except (EngineFailedError, StoppedBeforeStartError) as error:
                if process.stopping:
                    raise InterruptedRunError(f"stopped; the state of {request.stack} is as it was") from None
                raise not_ready_of(
                    error, f"the state of {request.stack} cannot be encrypted anew", request.stack
                ) from None

    def interrupt(self) -> None:
        """Ask every running call to end cleanly; asking again changes nothing."""
        with self._lock:
            running = tuple(self._running)
        for process in running:
            process.interrupt()

    def _destroy(self, operate: Operate, request: EngineRequest, emit: Emit, *, preview: bool) -> EngineReport:
        if not self._stack_exists(request.stack):
            return EngineReport(EngineStatus.SUCCEEDED)
        project = read_project(self._project_root)
        report = self._run(operate, project, self._workspace(project, request), request, emit, preview=preview)
        return replace(report, outputs={})

    def _run(
        self,
        operate: Operate,
        project: ProjectFile,
        workspace: Workspace,
        request: EngineRequest,
        emit: Emit,
        *,
        preview: bool,
    ) -> EngineReport:
        events = EventReader(
            request.stack,
            emit=emit,
            preview=preview,
            tidy=lambda text: tidy(text, project.root),
            machine=request.machine,
        )
        return self._read(operate, project, workspace, request, events)

    def _read(
        self, operate: Operate, project: ProjectFile, workspace: Workspace, request: EngineRequest, events: EventReader
    ) -> EngineReport:
        began = time.monotonic()
        imports = self._imports_of(project)
        imports.begin()
        with self._process(request.stack) as process, switched_streams():
            # What a destroy runs the program for is its providers.
            must_declare = not workspace.new and operate in {operations.up, operations.preview}
            call = Call(
                self._engine,
                process,
                workspace,
                project,
                imports,
                must_declare=must_declare,
                timeout=self._program_timeout,
                expected=request.expected,
                instead=self._access_program if is_access(request.stack) else "",
            )
            error = call.run(operate, request, events)
            report = report_of(error, events, stopped=process.stopping, seconds=time.monotonic() - began)
        if operate is operations.preview and request.decides and report.status is EngineStatus.SUCCEEDED:
            self._decide(request, replace(report, outputs=events.declared), workspace, unplanned=call.unplanned)
        return report

    def _decide(self, request: EngineRequest, report: EngineReport, workspace: Workspace, *, unplanned: bool) -> None:
        """Keep the report of a preview for the `up` that would do nothing else."""
        file = workspace.folder / PLAN
        plan = file.read_bytes()
        file.unlink()
        if unplanned or report.changes.total or workspace.new:
            return
        state = self._last_state(request.stack)
        if state and leaves_as_is(plan, state):
            self._decided[request.stack] = request, report

    def _workspace(self, project: ProjectFile, request: EngineRequest, *, new: bool = False) -> Workspace:
        return workspace_of(
            prepare(project, self._work / request.stack, request.stack, request.config_file, request.facts),
            request.environment,
            state_url=self._state_url(request.backend, request.environment),
            secrets_provider=self._secrets_provider(request.backend),
            home=self._pulumi_home,
            new=new,
        )

    def _empty_workspace(self, project: ProjectFile, request: EngineRequest) -> Workspace:
        folder = self._work / f"{request.stack}-empty"
        workdir = prepare(project, folder, request.stack, request.config_file, request.facts)
        provider = self._secrets_provider(request.backend) if request.decides else ""  # whoever deploys may encrypt
        return empty_workspace_of(workdir, request.environment, home=self._pulumi_home, secrets_provider=provider)

    def _imports_of(self, project: ProjectFile) -> Imports:
        with self._lock:
            if self._imports is None:
                self._imports = Imports(project.entry.parent)
            return self._imports

    @contextmanager
    def _process(self, stack: str) -> Iterator[EngineProcess]:
        with self._lock:
            self._calls += 1
            process = EngineProcess(self._work / "logs" / f"{self._calls:02d}-{stack}")
            self._running.add(process)
        try:
            yield process
        finally:
            with self._lock:
                self._running.discard(process)
