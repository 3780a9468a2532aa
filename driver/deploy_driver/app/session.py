"""The composition root: chooses the adapters of a command, and is the only place that knows all of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from deploy_driver.adapters.aws import AwsSession, SessionOverError
from deploy_driver.adapters.functions import LambdaCode
from deploy_driver.adapters.git import Git
from deploy_driver.adapters.identity import StsIdentity
from deploy_driver.adapters.plan_key import KmsPlanKey
from deploy_driver.adapters.prober import HttpProber
from deploy_driver.adapters.records import FileLedger, S3Archive
from deploy_driver.adapters.state import S3StateStore
from deploy_driver.adapters.terminal import TerminalPrompt, WallClock
from deploy_driver.app.program import settings_problems
from deploy_driver.config import pull_request as discussion
from deploy_driver.config.environment import for_git, on_aws, on_loopback
from deploy_driver.config.load import find_root, load
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import NotReadyError
from deploy_driver.plan.affected import DEPENDENCIES, SHARED_SETTINGS, Change
from deploy_driver.record.chain import Head
from deploy_driver.record.redaction import learn_environment
from deploy_driver.record.stream import EventStream, Listener
from deploy_driver.run.build_info import Occasion, application_id, build_of, new_run_id, occasion
from deploy_driver.run.deployer import Deployer
from deploy_driver.run.function_code import DeployedCode
from deploy_driver.run.gates import Approval, Confirmation, DataLoss, Limit
from deploy_driver.run.preflight import Preflight
from deploy_driver.run.requests import RunFacts
from deploy_driver.run.state_check import States
from deploy_driver.values import Cloud, Host, Plugin, PullRequest, Tool

if TYPE_CHECKING:
    from deploy_driver.adapters.engine import AutomationEngine
    from deploy_sandbox.accounts import Sandbox
    from deploy_toolchain import Toolchain, WriteStandIn

T = TypeVar("T")

ADMINISTRATOR = "administrator"
JENKINS_DEPLOY = "jenkins-deploy"
JENKINS_PREVIEW = "jenkins-preview"


@dataclass(frozen=True)
class Place:
    """Where a command runs and as whom: the computed environment, which is this process's own from now on."""

    environment: Mapping[str, str]
    sandbox: Sandbox | None = None
    occasion: Occasion = field(default_factory=Occasion)

    @property
    def endpoint(self) -> str:
        """The sandbox's address; empty on AWS."""
        return self.sandbox.endpoint if self.sandbox else ""


@dataclass(frozen=True)
class Tools:
    """The engine and the AWS plugin of a run, and the folder in which the engine finds that plugin."""

    engine: Tool
    plugin: Tool
    pulumi_home: Path


@dataclass(frozen=True)
class Run:
    """A run that can begin: the deployer, its facts, its events, the engine, the folder of what it leaves on this machine.

    `keep` puts its record into the state bucket.
    """

    deployer: Deployer
    facts: RunFacts
    stream: EventStream
    tools: Tools
    engine: AutomationEngine
    folder: Path
    keep: Callable[[], None]


def open_project(folder: Path | None, cloud: str | None) -> DeployConfig:
    """The project's config. Raises UsageError."""
    learn_environment(os.environ)
    root = find_root((folder or Path.cwd()).resolve())
    if str(root) not in sys.path:
        sys.path.append(str(root))
    return load(root, os.environ, cloud, ask=settings_problems)


def change_since(config: DeployConfig, base: str) -> Change:
    """What was touched since `base`, as git tells it; asked before `enter`. Raises UsageError or NotReadyError."""
    watched = [*SHARED_SETTINGS, *DEPENDENCIES, *dict.fromkeys(stack.file.name for stack in config.stacks)]
    return git(config).change_since(base, watched)


def git(config: DeployConfig) -> Git:
    """The repository around the project; asked before `enter`, which hides git's settings."""
    return Git(config.root, for_git(os.environ))


def pull_request(host: Host | None, number: int | None) -> PullRequest:
    """Which pull request this build is for, and the token that opens it. Raises UsageError."""
    learn_environment(os.environ)
    return discussion.pull_request(os.environ, host, number)


def enter(config: DeployConfig, instance: str, run: str = "") -> Place:
    """Become `instance` (in the sandbox), or stay who the machine is (on AWS). Raises NotReadyError.

    From here on this process sees the computed environment only, as its children do: ambient AWS_* variables
    can no longer reach any SDK.
    """
    sandbox = None
    if config.cloud is Cloud.SANDBOX:
        sandbox = running_sandbox(config)
        environment = on_loopback(os.environ, sandbox.environment(instance))
    else:
        region = config.backend.region
        environment = {**on_aws(os.environ), "AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    why = Occasion()
    if run:
        environment["AWS_SDK_UA_APP_ID"] = application_id(run)
        why = occasion(os.environ, Git(config.root, for_git(os.environ)).commit())
    os.environ.clear()
    os.environ.update(environment)
    return Place(environment, sandbox, why)


def running_sandbox(config: DeployConfig) -> Sandbox:
    """The project's sandbox. Raises NotReadyError when it does not run."""
    from deploy_sandbox.lifecycle import status

    found = status(config.sandbox_home)
    if found is None:
        raise NotReadyError(
            "the sandbox does not run",
            where=str(config.sandbox_home),
            remedy="start it with `deploy sandbox up`; or say --cloud aws",
        )
    return found


def with_sandbox(call: Callable[[ModuleType], T]) -> T:
    """Start, stop or empty a sandbox through `deploy_sandbox.lifecycle`. Raises NotReadyError when that cannot be done."""
    from deploy_sandbox import lifecycle
    from deploy_sandbox.accounts import SandboxError

    try:
        return call(lifecycle)
    except SandboxError as error:
        raise NotReadyError(str(error)) from None


def find_tools(config: DeployConfig, *, asking_engine: bool = False) -> Tools:
    """The engine and the plugin that are already on this machine; asked before `enter`, which hides where they are said to be.

    `asking_engine` also has the engine say that it finds the plugin. Raises NotReadyError that says what to do.
    """
    from deploy_toolchain import find

    return _tools(lambda: find(_stand_in(config), asking_engine=asking_engine))


def obtain_tools(config: DeployConfig) -> Tools:
    """The same, got from elsewhere where they are missing: up to minutes. Raises NotReadyError that says what to do."""
    from deploy_toolchain import obtain

    return _tools(lambda: obtain(_stand_in(config)))


def _stand_in(config: DeployConfig) -> WriteStandIn | None:
    """What writes the AWS plugin's stand-in; None where the project works with the real plugin."""
    from deploy_sandbox.plugin.launcher import write_launcher

    return None if config.plugin is Plugin.REAL else write_launcher


def _tools(get: Callable[[], Toolchain]) -> Tools:
    from deploy_toolchain import ToolchainError

    try:
        found = get()
    except ToolchainError as error:
        raise NotReadyError(error.what, detail=error.tried, remedy=error.remedy) from None
    engine, plugin = (Tool(tool.name, tool.version, tool.path, tool.source) for tool in (found.engine, found.plugin))
    return Tools(engine, plugin, found.pulumi_home)


def state_store(config: DeployConfig, aws: AwsSession) -> S3StateStore:
    """The buckets and keys of every stack's backend."""
    return S3StateStore(aws, {stack.name: stack.backend for stack in config.stacks}, config.project)


def archive(config: DeployConfig, aws: AwsSession) -> S3Archive:
    """The records of runs and of used plans."""
    return S3Archive(aws, config.backend)


def plan_key(config: DeployConfig, aws: AwsSession) -> KmsPlanKey:
    """The key that reviewed plans are signed with."""
    return KmsPlanKey(aws, config.backend.region, config.plan_key)


def session(config: DeployConfig) -> AwsSession:
    """The identity of this process, after `enter`."""
    return AwsSession(config.backend.region)


def start_id() -> str:
    """The id of the run that begins now."""
    return new_run_id(WallClock().now())


def compose(
    config: DeployConfig,
    place: Place,
    tools: Tools,
    run: str,
    *,
    yes: bool,
    listeners: Sequence[Listener],
    prompt: TerminalPrompt,
    build: str,
    keeps: bool = False,
    allowed: Collection[str] = (),
) -> Run:
    """Wire everything that a run needs.

    `keeps` says that its record goes into the state bucket, after those that are there; `allowed` what may be deleted.
    """
    clock = WallClock()
    aws = session(config)
    state = state_store(config, aws)
    folder = config.root / ".deploy" / "runs" / run
    ledger = FileLedger(folder, _newest(config, aws) if keeps else Head())
    stream = EventStream(run, clock.now, keepers=[ledger], listeners=listeners)
    engine = engine_of(config, tools, folder, States(state, config.project))
    engine.warm()
    asks = replace(prompt, before=lambda: _free(stream, prompt))
    deployer = Deployer(
        engine=DeployedCode(engine, LambdaCode(partial(session, config), partial(state_store, config))),
        preflight=Preflight(StsIdentity(aws), state, stream),
        gates=(Limit(), DataLoss(allowed), Confirmation(asks, yes), Approval(asks, yes)),
        prober=HttpProber(clock),
        clock=clock,
        emit=stream,
    )
    facts = RunFacts(run, config.project, build, config.tools.account, place.environment)
    return Run(
        deployer, facts, stream, tools, engine, folder, lambda: _keep(config, aws, run, ledger.path.read_bytes())
    )


def _free(stream: EventStream, prompt: TerminalPrompt) -> None:
    """A question comes after everything that was said before it."""
    stream.settle()
    prompt.before()


def _newest(config: DeployConfig, aws: AwsSession) -> Head:
    """The last line of the newest record in the state bucket; nothing where there is no bucket yet, or it cannot be asked.

    Whatever keeps it from being asked keeps the run from beginning: the checks ask again, and say it.
    """
    try:
        return archive(config, aws).newest()
    except NotReadyError:
        return Head()


def _keep(config: DeployConfig, aws: AwsSession, run: str, record: bytes) -> None:
    """Put the record of a run into the state bucket, in a new session when the run has outlasted the one it began with."""
    try:
        archive(config, aws).keep(run, record)
    except SessionOverError:
        archive(config, session(config)).keep(run, record)


def engine_of(config: DeployConfig, tools: Tools, folder: Path, states: States) -> AutomationEngine:
    """The engine, at work in `folder`, which is the run's own. Whatever starts it, the state that it would read is judged first."""
    from deploy_driver.adapters.engine import AutomationEngine

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return AutomationEngine(
        project_root=config.root,
        engine=tools.engine,
        pulumi_home=tools.pulumi_home,
        run_folder=folder,
        stack_exists=lambda name: states.require(config.stack(name)) is not None,
        program_timeout=config.program_timeout,
    )


def jenkins_build() -> str:
    """Which Jenkins build this is; asked before the environment is computed anew."""
    return build_of(os.environ)
