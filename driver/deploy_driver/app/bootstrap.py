"""The work of `deploy bootstrap`: check, lay the foundation, move states, run the access layers, wait for the roles."""

from __future__ import annotations

from collections.abc import Sequence

from deploy_driver.adapters.access_states import AccessStates
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.foundation import Foundation
from deploy_driver.adapters.identity import StsIdentity
from deploy_driver.adapters.terminal import TerminalPrompt, WallClock
from deploy_driver.app import session as wiring
from deploy_driver.app.deploy import Wish, running, started
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import ExitCode, InterruptedRunError, NotReadyError, RefusedError
from deploy_driver.plan.plan import Plan, Step
from deploy_driver.ports import Clock, Emit, Identity
from deploy_driver.record.catalogue import CheckPassed, Event, Progress
from deploy_driver.run.outcome import RunOutcome
from deploy_driver.run.preflight import Preflight
from deploy_driver.run.requests import RunFacts
from deploy_driver.values import Cloud, Layer, Operation, Stack
from deploy_project.accounts import EnterAs

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


def carry_out(wish: Wish, config: DeployConfig, chosen: Sequence[Stack]) -> tuple[RunOutcome, int]:
    """Bootstrap the chosen access layers; the outcome and the exit code. Raises RefusedError where nobody can say yes."""
    if not wish.yes and not TerminalPrompt().present:
        raise RefusedError(
            "bootstrap makes and changes roles, and nobody is at the terminal to say yes; nothing was made",
            remedy="read `deploy bootstrap --print`, then run it at a terminal, or pass --yes",
        )
    begun = started(wish, config, chosen)
    run, plan = begun.run, begun.plan
    with running(begun) as ending:
        aws = wiring.session(config)
        Preflight(StsIdentity(aws), None, _silently).require(plan, run.facts)
        foundation = Foundation(
            aws,
            config.backend,
            config.access_backend,
            config.plan_key,
            config.jenkins_deploy_role,
            config.jenkins_preview_role,
        )
        foundation.lay(lambda line: run.stream(Progress(line)))
        _move_states(config, run, aws)
        outcome = run.deployer.run(plan, run.facts, refresh=True)  # what somebody changed by hand is put back
        ending.code = outcome.exit_code()
        if ending.code == ExitCode.DONE:
            _wait(config, begun.place, plan, run)
    return outcome, ending.code


def _move_states(config: DeployConfig, run: wiring.Run, aws: AwsSession) -> None:
    """Of every access layer, whichever are bootstrapped now: once all are moved, the old place is never read again."""

    def encrypted_anew(stack: Stack, state: bytes) -> bytes:
        if run.deployer.stopped:
            raise InterruptedRunError("stopped on request; the next `deploy bootstrap` moves the other states")
        request = run.facts.request(Step(stack, Operation.UP, EnterAs.BOOTSTRAP))
        return run.engine.encrypted_anew(request, state, config.backend)

    states = AccessStates(aws, config.backend, config.access_backend, config.project, encrypted_anew)
    states.move(config.layer(Layer.ACCESS), lambda line: run.stream(Progress(line)))


def _silently(_event: Event) -> None:
    """The run itself asks again, and says it."""


def _wait(config: DeployConfig, place: wiring.Place, plan: Plan, run: wiring.Run) -> None:
    """Enter the new roles as Jenkins does. Only the sandbox has Jenkins' instance at hand."""
    steps = [
        Step(step.stack, Operation.UP, enter_as)
        for step in plan.steps
        if step.stack.deployment_role
        for enter_as in (EnterAs.DEPLOYMENT, EnterAs.PREVIEW)
    ]
    if config.cloud is not Cloud.SANDBOX or place.sandbox is None:
        run.stream(Progress("only Jenkins may enter the new roles: `deploy doctor` on its agent shows when it can"))
        return
    jenkins = StsIdentity(
        AwsSession(config.backend.region, metadata_endpoint=place.sandbox.instances[wiring.JENKINS_DEPLOY])
    )
    wait_until_assumable(jenkins, steps, run.facts, WallClock(), run.stream)
