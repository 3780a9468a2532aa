"""The work of `deploy bootstrap`: check, lay the foundation, move states, run the access layers, wait for the roles."""

from __future__ import annotations

from collections.abc import Sequence

from driver.adapters.access_states import AccessStates
from driver.adapters.aws import AwsSession
from driver.adapters.foundation import Foundation
from driver.adapters.identity import StsIdentity
from driver.adapters.terminal import TerminalPrompt, WallClock
from driver.cli import wiring
from driver.cli.operate import Wish, running, started
from driver.config.model import DeployConfig
from driver.errors import ExitCode, InterruptedRunError, RefusedError
from driver.events.catalogue import Event, Progress
from driver.plan.plan import Plan, Step
from driver.run.assumable import wait_until_assumable
from driver.run.outcome import RunOutcome
from driver.run.preflight import Preflight
from driver.values import Cloud, EnterAs, Layer, Operation, Stack


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
        outcome = run.runner.run(plan, run.facts, refresh=True)  # what somebody changed by hand is put back
        ending.code = outcome.exit_code()
        if ending.code == ExitCode.DONE:
            _wait(config, begun.place, plan, run)
    return outcome, ending.code


def _move_states(config: DeployConfig, run: wiring.Run, aws: AwsSession) -> None:
    """Of every access layer, whichever are bootstrapped now: once all are moved, the old place is never read again."""

    def encrypted_anew(stack: Stack, state: bytes) -> bytes:
        if run.runner.stopped:
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
