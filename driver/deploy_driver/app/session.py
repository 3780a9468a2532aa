"""The composition root: chooses the adapters of a command, and is the only place that knows all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, TypeVar

from deploy_driver import remedies
from deploy_driver.adapters.alarms import CloudWatchAlarms
from deploy_driver.adapters.approvals import S3Approvals
from deploy_driver.adapters.aws import AwsSession, set_process_environment
from deploy_driver.adapters.existing_resources import Presence
from deploy_driver.adapters.functions import LambdaCode
from deploy_driver.adapters.git import Git
from deploy_driver.adapters.identity import StsIdentity, TemporaryCredentials, no_account
from deploy_driver.adapters.leases import S3Leases
from deploy_driver.adapters.lookup import Orphans, orphans
from deploy_driver.adapters.plan_key import KmsPlanKey
from deploy_driver.adapters.platform import PlatformRecord
from deploy_driver.adapters.prober import ServiceProber
from deploy_driver.adapters.processes import ThisMachine
from deploy_driver.adapters.records import RecordFile, S3Archive, Segments
from deploy_driver.adapters.role_policies import IamRolePolicies
from deploy_driver.adapters.sources import make_importable
from deploy_driver.adapters.state import S3StateStore
from deploy_driver.adapters.terminal import WallClock
from deploy_driver.adapters.work_tree import of_file
from deploy_driver.adapters.worktrees import in_repository_of
from deploy_driver.app.console import Console
from deploy_driver.app.program import deletions, needs, settings_problems
from deploy_driver.config.environment import Machine, for_git, given_until, on_aws, on_loopback
from deploy_driver.config.load import load
from deploy_driver.config.model import DeployConfig
from deploy_driver.config.root import find_root, require_own_driver
from deploy_driver.drift.report import LeftOver
from deploy_driver.errors import NotReadyError, UsageError
from deploy_driver.plan.affected import DEPENDENCIES, SHARED_SETTINGS, Change
from deploy_driver.plan.plan import Step, make_plan
from deploy_driver.ports import Emit, Prompt
from deploy_driver.record.chain import Head
from deploy_driver.record.earlier import CHANGES
from deploy_driver.record.standing import BackTo
from deploy_driver.record.stream import EventStream
from deploy_driver.repair.identity import Owner
from deploy_driver.repair.orphans import with_removal
from deploy_driver.run.build_info import BuildInfo, application_id, build_of, new_run_id, read_build_info
from deploy_driver.run.deployer import Deployer
from deploy_driver.run.function_code import DeployedCode
from deploy_driver.run.gates import AsThen, Gate, Overrides, WithinRights, gates_of
from deploy_driver.run.leasing import Leasing
from deploy_driver.run.preflight import Preflight
from deploy_driver.run.requests import RunFacts
from deploy_driver.run.runner import StepPrompt
from deploy_driver.run.seen_states import SeenStates
from deploy_driver.run.state_check import States
from deploy_driver.run.uploads import SameUploads
from deploy_driver.values import Cloud, Layer, LiveAlias, Operation, Plugin, Stack, Tool
from deploy_project.accounts import Entrance
from deploy_project.seam import RoleNeed

if TYPE_CHECKING:
    from deploy_driver.adapters.engine import AutomationEngine
    from deploy_sandbox.accounts import Sandbox as Sandbox  # noqa: PLC0414 -- the type, for others of this layer
    from deploy_toolchain import Search, Toolchain, WriteStandIn

T = TypeVar("T")

ADMINISTRATOR = "administrator"
JENKINS_DEPLOY = "jenkins-deploy"
JENKINS_PREVIEW = "jenkins-preview"

NO_OVERRIDES = Overrides()
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class EngineTools:
    """The engine and the AWS plugin of a run, and the folder in which the engine finds that plugin."""

    engine: Tool
    plugin: Tool
    pulumi_home: Path


@dataclass(frozen=True)
class LocalProject:
    """A project on this machine: what its files say, and what the process was started with. Nobody has entered AWS yet."""

    machine: Machine
    config: DeployConfig

    @property
    def git(self) -> Git:
        """The repository around the project."""
        return Git(self.config.root, for_git(self.machine.environment))

    @property
    def build(self) -> str:
        """Which Jenkins build this is."""
        return build_of(self.machine.environment)

    def change_since(self, base: str) -> Change:
        """What was touched since `base`, as git tells it. Raises UsageError or NotReadyError."""
        files = dict.fromkeys(stack.file.name for stack in self.config.stacks)
        return self.git.change_since(base, [*SHARED_SETTINGS, *DEPENDENCIES, *files])

    def find_tools(self, *, asking_engine: bool = False) -> EngineTools:
        """The engine and the plugin that are already on this machine. Raises NotReadyError that says what to do.

        `asking_engine` also has the engine say that it finds the plugin.
        """
        from deploy_toolchain import find

        return self._tools(lambda search: find(self._stand_in(), search=search, asking_engine=asking_engine))

    def obtain_tools(self) -> EngineTools:
        """The same, got from elsewhere where they are missing: up to minutes. Raises NotReadyError that says what to do."""
        from deploy_toolchain import obtain

        return self._tools(lambda search: obtain(self._stand_in(), search=search))

    def _tools(self, get: Callable[[Search], Toolchain]) -> EngineTools:
        from deploy_toolchain import Search, ToolchainError

        try:
            found = get(Search.of(self.machine.environment))
        except ToolchainError as error:
            raise NotReadyError(error.what, detail=error.tried, remedy=error.remedy) from None
        engine, plugin = (
            Tool(tool.name, tool.version, tool.path, tool.source) for tool in (found.engine, found.plugin)
        )
        return EngineTools(engine, plugin, found.pulumi_home)

    def _stand_in(self) -> WriteStandIn | None:
        """What writes the AWS plugin's stand-in; None where the project works with the real plugin."""
        from deploy_sandbox.plugin.launcher import write_launcher

        return None if self.config.plugin is Plugin.REAL else write_launcher

    def running_sandbox(self) -> Sandbox:
        """The project's sandbox. Raises NotReadyError when it does not run."""
        from deploy_sandbox.lifecycle import status

        found = status(self.config.sandbox_home)
        if found is None:
            raise NotReadyError(
                "the sandbox does not run",
                where=str(self.config.sandbox_home),
                remedy=remedies.START_SANDBOX,
            )
        return found


def _standing_in(folder: Path | None) -> Path:
    """The folder that is meant, otherwise the one in which the process is. Raises UsageError where that is gone."""
    try:
        return (folder or Path.cwd()).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        why = "this folder is no longer there" if folder is None else f"--project: {error}"
        raise UsageError(why, remedy=remedies.INSIDE_A_PROJECT) from None


def open_project(machine: Machine, folder: Path | None, cloud: str | None) -> LocalProject:
    """Read the project's files. Raises UsageError."""
    root = find_root(_standing_in(folder))
    require_own_driver(root)
    make_importable(root)
    return LocalProject(machine, load(root, machine.environment, cloud, ask=settings_problems))


def with_sandbox(call: Callable[[ModuleType], T]) -> T:
    """Start, stop or empty a sandbox through `deploy_sandbox.lifecycle`. Raises NotReadyError when that cannot be done."""
    from deploy_sandbox import lifecycle
    from deploy_sandbox.accounts import SandboxError

    try:
        return call(lifecycle)
    except SandboxError as error:
        raise NotReadyError(str(error)) from None


@dataclass(frozen=True)
class Session:
    """Who this process is: on AWS whoever the machine is, in the sandbox one of its instances.

    `environment` is the computed one, all that an SDK or a child process of the command sees. `run` is empty where the
    command only reads what earlier runs have left.
    """

    project: LocalProject
    environment: Mapping[str, str]
    run: str = ""
    sandbox: Sandbox | None = None
    build_info: BuildInfo = field(default_factory=BuildInfo)

    @property
    def config(self) -> DeployConfig:
        """The project's config."""
        return self.project.config

    @property
    def endpoint(self) -> str:
        """The sandbox's address; empty on AWS."""
        return self.sandbox.endpoint if self.sandbox else ""

    @property
    def facts(self) -> RunFacts:
        """What is the same for every step of the run."""
        config = self.config
        return RunFacts(self.run, config.project, self.project.build, config.tools.account, self.environment)

    @cached_property
    def aws(self) -> AwsSession:
        """AWS, as this process."""
        return AwsSession(self.config.backend.region)

    @property
    def identity(self) -> StsIdentity:
        """Who this process is, and its way into other accounts."""
        if self.sandbox:
            return StsIdentity(self.aws, frozenset(self.sandbox.accounts.values()))
        return StsIdentity(self.aws, ends=given_until(self.project.machine.environment))

    def room(self) -> int:
        """How many bytes may still be written where runs are recorded; 0 as well where no more files can be made."""
        runs = self.config.root / ".deploy" / "runs"
        disk = os.statvfs(next(folder for folder in (runs, *runs.parents) if folder.exists()))
        full = disk.f_files and not disk.f_favail
        return 0 if full else disk.f_bavail * disk.f_frsize

    def enter(self, step: Step) -> AwsSession:
        """Enter an account as a step's role; as this process where the step takes none. Raises NotReadyError with AWS's reason."""
        entrance = self._entrance(step)
        return self.identity.enter(entrance, step.stack.region) if entrance.role_arn else self.aws

    def credentials(self, step: Step) -> TemporaryCredentials | None:
        """The credentials of a step's role; None where the step takes none. Raises NotReadyError with AWS's reason."""
        entrance = self._entrance(step)
        return self.identity.credentials(entrance, step.stack.region) if entrance.role_arn else None

    def _entrance(self, step: Step) -> Entrance:
        return step.entrance(self.facts.session_name(step))

    def state_store(self) -> S3StateStore:
        """The buckets and keys of every stack's backend."""
        config = self.config
        return S3StateStore(self.aws, {stack.name: stack.backend for stack in config.stacks}, config.project)

    def leasing(self, emit: Emit, patience: float = 0) -> Leasing:
        """What keeps another run from writing the stacks that this one writes; `patience` is for how many seconds it waits."""
        config = self.config
        backends = {stack.name: stack.backend for stack in config.stacks}
        leases = S3Leases(self.aws, backends, config.project)
        build = self.build_info.build
        return Leasing(
            leases, self.state_store(), ThisMachine(), WallClock(), emit, run=self.run, build=build, patience=patience
        )

    def platform(self) -> PlatformRecord:
        """What all projects of this Jenkins share."""
        return PlatformRecord(self.aws, self.config.access_backend)

    def archive(self) -> S3Archive:
        """The records of runs and of used plans."""
        return S3Archive(self.aws, self.config.backend)

    def approvals(self) -> S3Approvals:
        """The approvals of reviewed plans, given and counted."""
        return S3Approvals(self.aws, self.config.backend)

    def plan_key(self) -> KmsPlanKey:
        """The key that reviewed plans are signed with."""
        return KmsPlanKey(self.aws, self.config.backend.region, self.config.plan_key)


def start_session(project: LocalProject, instance: str, run: str = "") -> Session:
    """Become `instance` (in the sandbox), or stay who the machine is (on AWS). Raises NotReadyError.

    From here on this process sees the computed environment only, as its children do.
    """
    config, ambient = project.config, project.machine.environment
    sandbox = None
    if config.cloud is Cloud.SANDBOX:
        sandbox = project.running_sandbox()
        if config.tools.account not in sandbox.accounts.values():
            raise no_account(config.tools.account)
        environment = on_loopback(ambient, sandbox.environment(instance))
    else:
        region = config.backend.region
        environment = {**on_aws(ambient), "AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    why = BuildInfo()
    if run:
        environment["AWS_SDK_UA_APP_ID"] = application_id(run)
        why = read_build_info(ambient, project.git.commit(), run)
    set_process_environment(environment)
    return Session(project, environment, run, sandbox, why)


def new_run() -> str:
    """The id of the run that begins now."""
    return new_run_id(WallClock().now())


@dataclass(frozen=True)
class RunComponents:
    """A run that can begin: the deployer, its facts, its events, who is asked, the engine, the folder of what it leaves on this machine.

    `segments` send its record to the state bucket while it goes on, `keep` puts all of it there; None where nothing is kept.
    """

    deployer: Deployer
    facts: RunFacts
    stream: EventStream
    prompt: Prompt
    tools: EngineTools
    engine: AutomationEngine
    folder: Path
    segments: Segments | None
    keep: Callable[[], None] | None


@dataclass(frozen=True)
class _SettledPrompt:
    """A question comes after everything that was said before it."""

    prompt: Prompt
    stream: EventStream

    @property
    def present(self) -> bool:
        return self.prompt.present

    def confirm(self, question: str) -> bool:
        self.stream.settle()
        return self.prompt.confirm(question)


def compose(
    session: Session,
    tools: EngineTools,
    console: Console,
    *,
    yes: bool = False,
    keeps: bool = False,
    allowed: Collection[str] = (),
    settings: Mapping[str, str] = NO_SETTINGS,
    lock_timeout: float = 0,
    overrides: Overrides = NO_OVERRIDES,
    back: BackTo | None = None,
) -> RunComponents:
    """Wire everything that a run needs.

    `keeps` says that its record goes into the state bucket, after those that are there; `allowed` what may be deleted,
    `settings` what the program is told in this run only, by full key. `lock_timeout` is for how many seconds a busy stack is
    waited for, `overrides` what a person lifts, `back` the earlier run to which a stack goes back.
    """
    clock, run, state = WallClock(), session.run, session.state_store()
    folder = session.config.kept / "runs" / run
    record = RecordFile(folder, _newest(session) if keeps else Head())
    stream = EventStream(run, clock.now, keepers=[record], listeners=console.listeners)
    engine = engine_of(session, tools, folder)
    engine.warm()
    facts = replace(session.facts, settings=settings)
    prompt = StepPrompt(_SettledPrompt(console.prompt, stream))
    segments = _segments(session, record.path) if keeps else None
    rights = _rights(session, facts, stream)
    seen = SeenStates(engine, state)
    deployer = Deployer(
        engine=SameUploads(
            DeployedCode(seen, LambdaCode(session.aws, state), _live(back)),
            digest_of=lambda path: of_file(session.config.root / session.config.program / path),
        ),
        preflight=Preflight(session.identity, state, stream, clock, session.room),
        leasing=session.leasing(stream, lock_timeout),
        gates=(*_as_then(back), *gates_of(prompt, rights, yes=yes, allowed=allowed)),
        prober=ServiceProber(clock, session.config.root, session.environment),
        clock=clock,
        emit=stream,
        alarms=CloudWatchAlarms(session.aws, partial(_looking_at, session)),
        of_previews=rights,
        states=lambda: judged_states(session),
        on_record=partial(_require_on_record, stream, segments),
        orphans=lambda stack: [with_removal(one, stack.name) for one in orphans_of(session, stack).there],
        overrides=overrides,
    )
    return RunComponents(
        deployer,
        facts,
        stream,
        prompt,
        tools,
        engine,
        folder,
        segments,
        (lambda: _archived(session, lambda archive: archive.keep(run, record.path.read_bytes()))) if keeps else None,
    )


def _segments(session: Session, record: Path) -> Segments:
    """What sends the record to the state bucket while the run goes on."""
    return Segments(
        record, lambda line, lines: _archived(session, lambda archive: archive.add(session.run, line, lines))
    )


def _live(back: BackTo | None) -> Mapping[str, Sequence[LiveAlias]]:
    return {back.stack: back.live} if back else {}


def _as_then(back: BackTo | None) -> tuple[Gate, ...]:
    return (AsThen(back),) if back else ()


def _require_on_record(stream: EventStream, segments: Segments | None) -> None:
    """Raise NotReadyError when what was said so far is not in the record, or that is nowhere but on this machine."""
    if stream.broken:
        raise NotReadyError(str(stream.broken), remedy=remedies.MAKE_ROOM)
    if segments:
        segments.send()


def _rights(session: Session, facts: RunFacts, emit: Emit) -> tuple[Gate, ...]:
    """What holds a step to the rights of its role."""
    config = session.config

    def deletions_of(stack: Stack, urns: Collection[str]) -> Sequence[RoleNeed]:
        there = session.state_store().resources(stack.name) if urns else ()
        gone = [one for one in there if one["urn"] in urns]
        return deletions(config, config.access_of(stack), gone) if gone else ()

    roles = IamRolePolicies(session.aws)
    return (WithinRights(facts, roles, lambda stack: needs(config, config.access_of(stack)), deletions_of, emit),)


def _newest(session: Session) -> Head:
    """The last line of the newest record in the state bucket; nothing where there is no bucket yet, or it cannot be asked.

    Whatever keeps it from being asked keeps the run from beginning: the checks ask again, and say it.
    """
    try:
        return session.archive().newest()
    except NotReadyError:
        return Head()


def _archived(session: Session, put: Callable[[S3Archive], None]) -> None:
    """Put something of a run's record into the state bucket, with new credentials where AWS says that these are over."""
    session.aws.outlasting(lambda: put(session.archive()))


def orphans_of(session: Session, stack: Stack) -> Orphans:
    """What carries the stack's tags in its account and is not in its state. Raises NotReadyError where that cannot be asked."""
    presence = Presence(_looking_at(session, stack), stack.account, stack.region)
    owner = Owner(session.config.project, stack.name)
    return orphans(presence, owner, session.state_store().resources(stack.name))


def _looking_at(session: Session, stack: Stack) -> AwsSession:
    """The stack's account, entered as its preview role. Raises NotReadyError with AWS's reason."""
    return session.enter(make_plan(Operation.PREVIEW, [stack], known=session.config.stacks).steps[0])


def left_over(session: Session, stack: Stack) -> tuple[tuple[LeftOver, ...], tuple[str, ...]]:
    """What of a stack is in no state, or nobody knows the outcome of; and what AWS lists that may be gone.

    Raises NotReadyError where that cannot be told.
    """
    judged = judged_states(session).require(stack)
    left = orphans_of(session, stack) if stack.layer is Layer.SERVICE else Orphans()
    unknown = [LeftOver(stack.name, urn, "nobody knows what came of it") for urn in (judged.pending if judged else ())]
    there = [LeftOver(stack.name, what, "it is this stack's and in no state") for what in left.there]
    return (*unknown, *there), left.unsure


def _as_now(session: Session, stack: str) -> bytes | None:
    """The stack's state where its last update, as the engine keeps it, was of the commit that is deployed now.

    Every other update has to be kept: its commit is what `drift --fix` and approvals go by.
    """
    store = session.state_store()
    last = store.deployed(stack)
    commit = f"{last.commit}{CHANGES * last.dirty}" if last else ""
    return store.read(stack) if commit == session.build_info.commit else None


def judged_states(session: Session) -> States:
    """The states of the project's stacks, each judged before any engine reads it."""
    return States(session.state_store(), session.config.project)


def engine_of(session: Session, tools: EngineTools, folder: Path) -> AutomationEngine:
    """The engine, at work in `folder`, which is the run's own. Whatever starts it, the state that it would read is judged first."""
    from deploy_driver.adapters.engine import AutomationEngine

    config, states = session.config, judged_states(session)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    in_repository_of(config.root, folder / "engine")
    return AutomationEngine(
        project_root=config.root,
        engine=tools.engine,
        pulumi_home=tools.pulumi_home,
        run_folder=folder,
        stack_exists=lambda name: states.require(config.stack(name)) is not None,
        last_state=lambda name: _as_now(session, name),
        program_timeout=config.program_timeout,
        access_program=config.access_program,
    )
