"""`deploy history`: what was deployed where, by whom, from which commit."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver import remedies
from deploy_driver.cli.options import CloudOption, Output, OutputOption, ProjectOption, open_project


def history(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="With --verify: verify only this run's record.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many runs, at most.")] = 20,
    verify: Annotated[
        bool, typer.Option("--verify", help="Verify that every record is as it was written, and do nothing else.")
    ] = False,
    all_projects: Annotated[
        bool, typer.Option("--all-projects", help="The runs of every project that this Jenkins deploys.")
    ] = False,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Show past runs of this project, newest first.

    Reads the records of this folder and those in the state bucket, where every deployment of every agent leaves its own.
    Who asked, who approved, why and from which commit is what the build said; `deploy audit RUN` says what AWS saw.
    Runs that had the same id in DEPLOY_PART_OF, as those of several agents in one build, are one entry under that id.

    deploy history --limit 5 --output json

    With --verify the records themselves are looked at: every line names the digest of the line before, and the first line
    that of the run before. Exits with 0 when nothing is altered or missing, 1 when something is, 3 when the state bucket
    cannot be asked.

    deploy history --verify
    """
    from dataclasses import replace

    from deploy_driver.app import history
    from deploy_driver.cli.output import notice, write, write_json
    from deploy_driver.errors import ExitCode, UsageError
    from deploy_driver.render import history as rendered

    if run is not None and not verify:
        raise UsageError("a run is named, and --verify is not", remedy=remedies.PASS_VERIFY.of(run=run))
    opened = open_project(context, project, cloud)
    records = history.records(opened, notice)
    if verify:
        found = history.verified(records, run)
        wrong = any(each.wrong for each in found)
        write_json(rendered.verified_as_json(found)) if output is Output.JSON else write(
            rendered.verified_as_text(found)
        )
        raise typer.Exit(ExitCode.FAILED if wrong else ExitCode.DONE)
    shown = replace(records, project="") if all_projects else records
    runs = history.newest(shown, opened.config.cloud, limit)
    if output is Output.JSON:
        write_json(rendered.as_json(runs))
    else:
        write(rendered.as_text(runs))
