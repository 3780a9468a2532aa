"""`deploy report`: one run in full, as its own record tells it, to read, to keep and to pass on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deploy_driver.cli.options import (
    CloudOption,
    PageFileOption,
    PageOutput,
    PageOutputOption,
    ProjectOption,
    open_project,
)

if TYPE_CHECKING:
    from deploy_driver.record.story import Story


def report(
    context: typer.Context,
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="The run's id, or how it begins; or `latest`.", show_default=False)
    ],
    output: PageOutputOption = PageOutput.TEXT,
    file: PageFileOption = None,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Show the report of one run.

    Who asked, who approved and why; each account's stacks over time; what changed, what was dangerous, how the smoke
    tests answered, what had drifted and who did it; how it ended and what to do about it. Reads the run's record, in this
    folder or in the state bucket, and nothing else. The page needs no network, and runs nothing.

    Exits with 0, whatever became of the run; with 2 when nobody knows it, with 3 when its record cannot be read.

    deploy report latest

    deploy report 20261123-0102-3f9a7c --format html --file run.html
    """
    from deploy_driver.app import history
    from deploy_driver.cli.output import notice, require_folder, write

    require_folder(file)
    opened = open_project(context, project, cloud)
    story = history.story(history.records(opened, notice), opened.config.cloud, run)
    write(_written(story, output), file, document=output is not PageOutput.TEXT)


def _written(story: Story, output: PageOutput) -> str:
    if output is PageOutput.HTML:
        from deploy_driver.render.report.html import as_html

        return as_html(story)
    from deploy_driver.render.report import text as rendered

    if output is PageOutput.JSON:
        from deploy_driver.cli.output import as_json

        return as_json(rendered.as_json(story))
    return rendered.as_text(story)
