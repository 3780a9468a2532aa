"""`deploy exec`: run any command with one stack's temporary credentials and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from driver.cli.options import CloudOption, ProjectOption


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
    from driver.adapters.identity import StsIdentity
    from driver.adapters.subprocess_ import run_command
    from driver.cli import program, wiring
    from driver.config.surroundings import of_session
    from driver.plan.plan import Step
    from driver.plan.select import select
    from driver.run.naming import session_name
    from driver.values import EnterAs, Layer, Operation

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
