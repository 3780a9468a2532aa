"""`deploy report`: one run in full, as its own record tells it, to read, to keep and to pass on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deploy_driver import remedies
from deploy_driver.cli.options import (
    CloudOption,
    PageFileOption,
    PageOutput,
    PageOutputOption,
    ProjectOption,
    open_project,
)

if TYPE_CHECKING:
    from deploy_driver.record.overview import Overview
    from deploy_driver.record.story import Story


def report(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="The run's id, or how it begins; or `latest`.", show_default=False),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--all", help="Instead of one run: what runs in every account, by the records of all runs.")
    ] = False,
    output: PageOutputOption = PageOutput.TEXT,
    file: PageFileOption = None,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Show the report of one run, or of all accounts.

    Who asked, who approved and why; each account's stacks over time; what changed, what was dangerous, how the smoke
    tests answered, what had drifted and who did it; how it ended and what to do about it. Reads the run's record, in this
    folder or in the state bucket, and nothing else. The page needs no network, and runs nothing. Of a run over several
    agents (DEPLOY_PART_OF) it joins the records of all.

    Exits with 0, whatever became of the run; with 2 when nobody knows it, with 3 when its record cannot be read.

    With --all: every account and its stacks, what runs there, from which commit, since when, what was left unfinished, what
    has drifted since, and who may enter by the settings.

    deploy report latest

    deploy report 20261123-0102-3f9a7c --format html --file run.html

    deploy report --all --format html --file accounts.html
    """
    from deploy_driver.app import history
    from deploy_driver.app.overview import overview
    from deploy_driver.app.session import JENKINS_PREVIEW
    from deploy_driver.cli.output import notice, require_folder, write
    from deploy_driver.errors import UsageError

    if whole is (run is not None):
        raise UsageError("either a run or --all is to be named", remedy=remedies.RUN_OR_ALL)
    require_folder(file)
    opened = open_project(context, project, cloud)
    records = history.records(opened, notice, JENKINS_PREVIEW)  # the agents that look for drift publish it
    if run is None:
        written = _accounts(overview(records, opened.config), output)
    else:
        written = _written(history.story(records, opened.config.cloud, run), output)
    write(written, file, document=output is not PageOutput.TEXT)


def _written(story: Story, output: PageOutput) -> str:
    if output is PageOutput.HTML:
        from deploy_driver.render.report.html import as_html

        return as_html(story)
    from deploy_driver.render.report import text as rendered

    if output is PageOutput.JSON:
        from deploy_driver.cli.output import as_json

        return as_json(rendered.as_json(story))
    return rendered.as_text(story)


def _accounts(found: Overview, output: PageOutput) -> str:
    from deploy_driver.render import overview as rendered

    if output is PageOutput.JSON:
        from deploy_driver.cli.output import as_json

        return as_json(rendered.as_json(found))
    return rendered.as_html(found) if output is PageOutput.HTML else rendered.as_text(found)
