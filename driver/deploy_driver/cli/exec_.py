"""`deploy exec`: run any command with one stack's temporary credentials and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver.cli.options import CloudOption, ProjectOption


def exec_(
    command: Annotated[list[str], typer.Argument(help="The command and its arguments, after `--`.")],
    stack: Annotated[str, typer.Option("--stack", help="Whose credentials the command gets.")],
    read_only: Annotated[bool, typer.Option("--read-only", help="Take the preview role, which can only read.")] = False,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Run a command with a stack's temporary credentials.

    Its exit code is ours. The command sees the credentials, the region, and PATH, HOME, TERM and the like. Neither
    this machine's own identity nor a person's ~/.aws reaches it.

    deploy exec --stack dev -- aws s3 ls

    deploy exec --stack prod --read-only -- terraform plan
    """
    from deploy_driver.adapters.command import run_command
    from deploy_driver.adapters.identity import StsIdentity
    from deploy_driver.app import program
    from deploy_driver.app import session as wiring
    from deploy_driver.config.environment import of_session
    from deploy_driver.plan.plan import Step
    from deploy_driver.plan.selection import select
    from deploy_driver.run.build_info import session_name
    from deploy_driver.values import Layer, Operation
    from deploy_project.accounts import EnterAs

    config = wiring.open_project(project, cloud)
    chosen = select(config.stacks, [stack])[0]
    build, run = wiring.jenkins_build(), wiring.start_id()
    program.check_settings(config, [chosen])
    administrator = chosen.layer is Layer.ACCESS
    enter_as = EnterAs.BOOTSTRAP if administrator else EnterAs.PREVIEW if read_only else EnterAs.DEPLOYMENT
    place = wiring.enter(config, wiring.ADMINISTRATOR if administrator else wiring.JENKINS_DEPLOY, run)
    step = Step(chosen, Operation.UP, enter_as)
    entrance = step.entrance(session_name(config.project, chosen.env, build, run))
    if not entrance.role_arn:
        raise typer.Exit(run_command(command, place.environment))
    credentials = StsIdentity(wiring.session(config)).credentials(entrance, chosen.region)
    raise typer.Exit(run_command(command, of_session(place.environment, chosen.region, credentials.environment())))
