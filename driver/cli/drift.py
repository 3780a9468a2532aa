"""`deploy drift`: what is no longer as it was deployed, and which side moved."""

from __future__ import annotations

from typing import Annotated

import typer

from driver.cli.options import AllOption, CloudOption, Output, OutputOption, ProjectOption, StacksOption


def drift(
    stacks: StacksOption = None,
    all_: AllOption = False,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="How many stacks at a time.")] = 4,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 5 when something drifted.")] = False,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Say what is no longer as it was deployed, and touch nothing.

    Holds the cloud, the state and the code of each stack side by side, and says for each resource which side moved: the
    cloud was changed, the code is not applied, or both; property by property. Runs under each account's preview role,
    which can only read; an access layer is looked at as its administrator. Goes on when a stack cannot be looked at.

    Exits with 0 when it could look everywhere, with 1 when it could not, with 5 when something drifted and --exit-code
    asks for it.

    deploy drift --all --exit-code
    """
    from driver.cli import wiring
    from driver.cli.drifting import look
    from driver.cli.operate import Wish, choose, running, say_nothing_to_do, started
    from driver.cli.stdout import write, write_json
    from driver.render import drift as rendered
    from driver.values import Operation

    config = wiring.open_project(project, cloud)
    chosen = choose(config, stacks, all_stacks=all_)
    if not chosen:
        say_nothing_to_do()
        return
    wiring.check_settings(config, chosen)
    begun = started(Wish(Operation.PREVIEW, project, cloud, stacks, all_, output), config, chosen)
    with running(begun) as ending:
        report = look(begun, jobs)
        ending.code = report.exit_code(differs=exit_code)
    if output is Output.JSON:
        write_json(rendered.as_json(report.looked, run=report.run, exit_code=ending.code))
    else:
        write(rendered.as_text(report.looked))
    raise typer.Exit(ending.code)
