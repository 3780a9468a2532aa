"""`deploy comment`: one comment on a pull request, edited at every push."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy_driver.choices import Host
from deploy_driver.cli.options import Output, OutputOption, machine


def comment(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The Markdown file; its first line is the hidden marker.")
    ],
    host: Annotated[
        Host | None,
        typer.Option("--host", help="The host; otherwise the one whose GITHUB_REPOSITORY or CI_PROJECT_ID is set."),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--number", min=1, help="The pull request; otherwise CI_MERGE_REQUEST_IID or CHANGE_ID."),
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Post or update a preview on a pull request.

    Finds its own earlier comment by the marker on the first line of FILE, and edits it; otherwise posts one. What anybody
    else wrote is never touched. The environment says where:

    GitHub: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, CHANGE_ID

    GitLab: CI_API_V4_URL, CI_PROJECT_ID, GITLAB_TOKEN, CI_MERGE_REQUEST_IID or CHANGE_ID

    deploy comment preview.md
    """
    from deploy_driver.app.comment import comment_on
    from deploy_driver.cli.output import notice, tell, write_json
    from deploy_driver.record.redaction import one_line

    pull_request, posted = comment_on(machine(context), file, host, number, notice)
    done = "edited" if posted.edited else "posted"
    if output is Output.JSON:
        write_json(
            {"host": pull_request.host.value, "comment": posted.comment.id, "place": posted.comment.place, "done": done}
        )
        return
    tell(one_line(f"{done} {posted.comment.place}"))
