"""`deploy history`: what was deployed where, by whom, from which commit."""

from __future__ import annotations

from typing import Annotated

import typer

from driver.cli.options import CloudOption, Output, OutputOption, ProjectOption


def history(
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many runs, at most.")] = 20,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Show the runs of the past, newest first.

    Reads the records of this folder and those in the state bucket, where every deployment of every agent leaves its own.
    Who asked, who approved, why and from which commit is what the build said; `deploy audit RUN` says what AWS saw.

    deploy history --limit 5 --output json
    """
    from driver.cli import wiring
    from driver.cli.recalling import history as recall
    from driver.cli.stdout import write, write_json
    from driver.render.history import as_json, as_text

    runs = recall(wiring.open_project(project, cloud), limit)
    if output is Output.JSON:
        write_json(as_json(runs))
    else:
        write(as_text(runs))
