"""Runs any command with one stack's temporary credentials and nothing else; `pulumi` as a run of the stack runs it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from deploy_driver import remedies
from deploy_driver.adapters.command import run_command
from deploy_driver.app import program
from deploy_driver.app.session import (
    ADMINISTRATOR,
    JENKINS_DEPLOY,
    LocalProject,
    Session,
    judged_states,
    new_run,
    start_session,
)
from deploy_driver.config.environment import of_session
from deploy_driver.errors import UsageError
from deploy_driver.plan.plan import Step
from deploy_driver.plan.selection import select
from deploy_driver.values import Layer, Operation, Stack
from deploy_project.accounts import EnterAs

PULUMI = "pulumi"


def execute(project: LocalProject, command: Sequence[str], stack: str, *, read_only: bool = False) -> int:
    """Run the command in the foreground, as the stack's deployment role or, to read only, its preview role; its exit code.

    `pulumi` is the engine of the project's runs. As there it reads and writes the state as this machine, and the program's
    provider enters the account. Raises UsageError or NotReadyError.
    """
    chosen = select(project.config.stacks, [stack])[0]
    if read_only and command[0] == PULUMI:
        raise UsageError(
            "--read-only is about the account's role, and pulumi writes the state as this machine",
            remedy=remedies.WITHOUT_READ_ONLY.of(stack=stack),
        )
    program.check_settings(project.config, [chosen])
    administrator = chosen.layer is Layer.ACCESS
    session = start_session(project, ADMINISTRATOR if administrator else JENKINS_DEPLOY, new_run())
    if command[0] == PULUMI:
        return _run_engine(session, command[1:], chosen)
    enter_as = EnterAs.BOOTSTRAP if administrator else EnterAs.PREVIEW if read_only else EnterAs.DEPLOYMENT
    credentials = session.credentials(Step(chosen, Operation.UP, enter_as))
    if credentials is None:
        return run_command(command, session.environment)
    return run_command(command, of_session(session.environment, chosen.region, credentials.environment()))


def _run_engine(session: Session, arguments: Sequence[str], stack: Stack) -> int:
    """Run the engine on the stack's own backend, in the project's folder, once the state is known to be fit for it."""
    from deploy_driver.adapters.engine.workdir import engine_environment, state_url

    tools = session.project.find_tools()
    judged_states(session).require(stack)
    beside = os.pathsep.join([str(tools.engine.path.parent), session.environment.get("PATH", os.defpath)])
    environment = engine_environment(
        {**session.environment, "PATH": beside},
        state_url=state_url(stack.backend, session.environment),
        home=tools.pulumi_home,
    )
    return run_command(
        [str(tools.engine.path), *arguments], {**environment, "PULUMI_STACK": stack.name}, session.config.root
    )
