"""The work of `deploy bootstrap`: check, lay the foundation, move states, run the access layers, wait for the roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.access_states import AccessStates
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.foundation import (
    AccountTrail,
    Foundation,
    access_bucket_policy,
    access_key_policy,
    approver_policy,
    key_policy,
    plan_key_policy,
    service_bucket_policy,
)
from deploy_driver.adapters.identity import StsIdentity
from deploy_driver.adapters.terminal import WallClock
from deploy_driver.app import program
from deploy_driver.app.console import Console, ignore
from deploy_driver.app.deploy import Options, RunContext, RunResult, choose, running, start_run
from deploy_driver.app.session import (
    ADMINISTRATOR,
    JENKINS_DEPLOY,
    LocalProject,
    Session,
    new_run,
    start_session,
)
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import ExitCode, InterruptedRunError, NotReadyError, RefusedError, UsageError
from deploy_driver.plan.plan import Step
from deploy_driver.ports import Clock, Emit, Identity
from deploy_driver.record.catalogue import CheckPassed, Progress
from deploy_driver.run.preflight import Preflight
from deploy_driver.run.requests import RunFacts
from deploy_driver.values import Layer, Operation, Stack
from deploy_project.accounts import EnterAs
from deploy_project.seam import Document
from deploy_project.stackfile import read
from deploy_project.stacks import TOOLS

LIMIT = 120
"""Seconds after which a role that still refuses is not new but wrong."""

PAUSE = 2
"""Seconds between two tries."""


def wait_until_assumable(identity: Identity, steps: Sequence[Step], facts: RunFacts, clock: Clock, emit: Emit) -> None:
    """Enter every step's role once. Raises NotReadyError with AWS's last reason when one refuses for LIMIT seconds."""
    end = clock.now() + LIMIT
    for step in steps:
        entrance = step.entrance(facts.session_name(step))
        while True:
            try:
                caller = identity.assume(entrance, step.stack.region)
            except NotReadyError as error:
                if clock.now() >= end:
                    raise
                emit(Progress(f"waiting for {entrance.role_arn} to become assumable: {error.what}", step.stack.name))
                clock.sleep(PAUSE)
            else:
                fact = f"{caller.arn} can be assumed by Jenkins"
                emit(CheckPassed("role", fact, step.stack.name, caller.account, caller.arn))
                break


def access_stacks(project: LocalProject, names: str | None) -> Sequence[Stack]:
    """The access layers of those names, otherwise all, with settings that hold. Raises UsageError."""
    config = project.config
    chosen = choose(config, names, all_stacks=False) if names is not None else config.layer(Layer.ACCESS)
    if any(stack.layer is not Layer.ACCESS for stack in chosen):
        raise UsageError("bootstrap makes access layers only", remedy=remedies.NAME_ACCESS_LAYERS)
    program.check_settings(config, chosen)
    return chosen


def policies(project: LocalProject, chosen: Sequence[Stack]) -> Mapping[str, Any]:
    """Every policy document that would be made."""
    config, backend = project.config, project.config.backend
    jenkins = config.jenkins_deploy_role, config.jenkins_preview_role
    role = config.approver_role
    approver = {"approver": {"policy": approver_policy(backend, role, config.plan_key)}} if role else {}
    return {
        "state": {
            "bucketPolicy": service_bucket_policy(backend.bucket, backend.account, role),
            "keyPolicy": key_policy(backend.account),
        },
        "accessState": {
            "bucketPolicy": access_bucket_policy(config.access_backend.bucket, backend.account, jenkins),
            "keyPolicy": access_key_policy(backend.account, jenkins),
        },
        "plan": {"keyPolicy": plan_key_policy(backend.account, config.jenkins_deploy_role)},
        **approver,
        **{stack.name: program.documents(config, stack) for stack in chosen},
    }


def bootstrap(
    project: LocalProject,
    chosen: Sequence[Stack],
    console: Console,
    *,
    yes: bool,
    parallel: int = 1,
    allowed: tuple[str, ...] = (),
    lock_timeout: float = 0,
) -> RunResult:
    """Bootstrap the chosen access layers, `parallel` at the same time. `allowed` may be deleted.

    Raises RefusedError where nobody can say yes.
    """
    if not yes and not console.prompt.present:
        raise RefusedError(
            "bootstrap makes and changes roles, and nobody is at the terminal to say yes; nothing was made",
            remedy=remedies.READ_BOOTSTRAP,
        )
    options = Options(
        Operation.UP, yes=yes, verb="bootstrap", allowed=allowed, lock_timeout=lock_timeout, parallel=parallel
    )
    session = start_session(project, ADMINISTRATOR, new_run())
    trails = _trails(project.config, chosen)
    context = start_run(project, options, chosen, console, session)
    run, plan = context.run, context.plan
    with running(context) as ending:
        Preflight(session.identity, None, ignore, WallClock()).require(
            plan, run.facts
        )  # the run itself asks again, and says it
        _foundation(session).lay(lambda line: run.stream(Progress(line)))
        _lay_trails(context, trails)
        _move_states(context)
        facts = replace(run.facts, others=_join(session)) if TOOLS in plan.stacks else run.facts
        # What somebody changed by hand is put back.
        outcome = run.deployer.run(plan, facts, refresh=True, workers=context.workers)
        ending.code = outcome.exit_code()
        if ending.code == ExitCode.DONE:
            _wait(context)
    return RunResult(outcome, ending.code)


def _foundation(session: Session) -> Foundation:
    config = session.config
    return Foundation(
        session.aws,
        config.backend,
        config.access_backend,
        config.plan_key,
        config.jenkins_deploy_role,
        config.jenkins_preview_role,
        config.approver_role,
    )


@dataclass(frozen=True)
class _PlannedTrail:
    """The trail of a stack's account, as the program says it."""

    stack: Stack
    name: str
    bucket: str
    policy: Document


def _trails(config: DeployConfig, chosen: Sequence[Stack]) -> list[_PlannedTrail]:
    """One for every account, unless its program says that there is none. Raises UsageError when the program cannot say.

    Asked before a run begins: what the engine imports beside it, a program cannot import at the same time.
    """
    found = []
    for stack in {stack.account: stack for stack in chosen}.values():
        made = program.inventory(config, stack)
        if made.trail:
            policy = program.documents(config, stack, "trail")["trail"]
            found.append(_PlannedTrail(stack, made.trail, made.buckets["trail"], policy))
    return found


def _join(session: Session) -> tuple[str, ...]:
    """Put on record which accounts this project deploys into; those that others do. Raises RefusedError where they say otherwise."""
    config = session.config
    settings = {
        key: setting.text for key, setting in read(config.tools.file).settings.items() if key.startswith("deploy:")
    }
    accounts = sorted({stack.account for stack in config.layer(Layer.SERVICE)})
    return session.platform().join(config.project, settings, accounts).others(config.project)


def _lay_trails(context: RunContext, trails: Sequence[_PlannedTrail]) -> None:
    run, session, config = context.run, context.session, context.session.config
    for trail in trails:
        say = partial(_progress, run.stream, trail.stack.name)
        aws = session.enter(Step(trail.stack, Operation.UP, EnterAs.BOOTSTRAP))
        AccountTrail(aws, config.tools.region, trail.name, trail.bucket, trail.policy).lay(say)


def _progress(stream: Emit, stack: str, line: str) -> None:
    stream(Progress(line, stack))


def _move_states(context: RunContext) -> None:
    """Of every access layer, whichever are bootstrapped now: once all are moved, the old place is never read again."""
    run, session, config = context.run, context.session, context.session.config

    def encrypted_anew(stack: Stack, state: bytes) -> bytes:
        if run.deployer.stopped:
            raise InterruptedRunError("stopped on request; the next `deploy bootstrap` moves the other states")
        request = run.facts.request(Step(stack, Operation.UP, EnterAs.BOOTSTRAP))
        return run.engine.encrypted_anew(request, state, config.backend)

    states = AccessStates(session.aws, config.backend, config.access_backend, config.project, encrypted_anew)
    states.move(config.layer(Layer.ACCESS), lambda line: run.stream(Progress(line)))


def _wait(context: RunContext) -> None:
    """Enter the new roles as Jenkins does. Only the sandbox has Jenkins' instance at hand."""
    run, session, config = context.run, context.session, context.session.config
    steps = [
        Step(step.stack, Operation.UP, enter_as)
        for step in context.plan.steps
        if step.stack.deployment_role
        for enter_as in (EnterAs.DEPLOYMENT, EnterAs.PREVIEW)
    ]
    if session.sandbox is None:
        run.stream(Progress("only Jenkins may enter the new roles: `deploy doctor` on its agent shows when it can"))
        return
    endpoint = session.sandbox.instances[JENKINS_DEPLOY]
    jenkins = StsIdentity(AwsSession(config.backend.region, metadata_endpoint=endpoint))
    wait_until_assumable(jenkins, steps, run.facts, WallClock(), run.stream)
