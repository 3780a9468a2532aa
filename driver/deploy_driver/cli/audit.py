"""`deploy audit`: what one run did in every account, as the accounts' own trails tell it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from deploy_driver.cli.options import CloudOption, Output, OutputOption, ProjectOption, open_project


class Source(StrEnum):
    """Where the records are read."""

    LOOKUP = "lookup"
    DELIVERED = "delivered"


def audit(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, as `deploy` printed it; or `latest`.")],
    source: Annotated[
        Source, typer.Option("--source", help="CloudTrail's event history, or the files in the trails' buckets.")
    ] = Source.LOOKUP,
    wait: Annotated[
        int,
        typer.Option("--wait", metavar="SECONDS", min=0, help="How long to look again while the trail is behind."),
    ] = 0,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Show what a run did in every account, from CloudTrail.

    Reads the trails of the tools account and of every account that the run was about, joins both sides of every
    AssumeRole, and lists the run's calls with their results. What is missing or wrong comes first: an entrance that one
    account does not know of, calls without an entrance, a refused call, somebody else in the same role. Changes nothing.
    Of a run over several agents (DEPLOY_PART_OF) it joins the records and the calls of all.

    Needs an agent with Jenkins' deploy role. On AWS an event is in the trail after up to 15 minutes.

    Exits with 0 when nothing is missing or wrong, 1 when something is, 2 for an unknown run, 3 when a trail cannot be read.

    deploy audit latest

    deploy audit 20261123-0102-3f9a7c --wait 900
    """
    from deploy_driver.app.audit import audit_run
    from deploy_driver.assurance.audit import text as rendered
    from deploy_driver.cli.output import notice, write, write_json
    from deploy_driver.errors import ExitCode

    opened = open_project(context, project, cloud)
    picture = audit_run(opened, run, delivered=source is Source.DELIVERED, wait=wait, notice=notice)
    if output is Output.JSON:
        write_json(rendered.as_json(picture))
    else:
        write(rendered.as_text(picture))
    raise typer.Exit(ExitCode.DONE if picture.complete else ExitCode.FAILED)
