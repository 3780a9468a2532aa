"""Runs any command with one stack's temporary credentials and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from deploy_driver.adapters.command import run_command
from deploy_driver.app import program
from deploy_driver.app.session import ADMINISTRATOR, JENKINS_DEPLOY, LocalProject, new_run, start_session
from deploy_driver.config.environment import of_session
from deploy_driver.plan.plan import Step
from deploy_driver.plan.selection import select
from deploy_driver.values import Layer, Operation
from deploy_project.accounts import EnterAs


def execute(project: LocalProject, command: Sequence[str], stack: str, *, read_only: bool = False) -> int:
    """Run the command in the foreground, as the stack's deployment role or, to read only, its preview role; its exit code."""
    chosen = select(project.config.stacks, [stack])[0]
    program.check_settings(project.config, [chosen])
    administrator = chosen.layer is Layer.ACCESS
    enter_as = EnterAs.BOOTSTRAP if administrator else EnterAs.PREVIEW if read_only else EnterAs.DEPLOYMENT
    session = start_session(project, ADMINISTRATOR if administrator else JENKINS_DEPLOY, new_run())
    credentials = session.credentials(Step(chosen, Operation.UP, enter_as))
    if credentials is None:
        return run_command(command, session.environment)
    return run_command(command, of_session(session.environment, chosen.region, credentials.environment()))
