"""`deploy preview`: what an up would do, under a role that can only read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy_driver.cli.options import (
    AffectedOption,
    AllOption,
    AllowDeleteOption,
    BaseOption,
    CloudOption,
    ConfigOption,
    JUnitOption,
    ParallelOption,
    ProjectOption,
    ReasonOption,
    RefreshOption,
    StacksOption,
    open_project,
)


class PreviewOutput(StrEnum):
    """How a preview is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def preview(
    context: typer.Context,
    stacks: StacksOption = None,
    all_: AllOption = False,
    affected: AffectedOption = False,
    base: BaseOption = None,
    access: Annotated[
        bool,
        typer.Option("--access", help="With --affected: select access layers instead, for an administrator."),
    ] = False,
    refresh: RefreshOption = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 5 when something would change.")] = False,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="DIR", help="Save the plan, signed, for review and `deploy up --plan DIR`."),
    ] = None,
    expires_in: Annotated[
        str | None, typer.Option("--expires-in", metavar="24h", help="With --save: how long it may be applied.")
    ] = None,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="With --save: allow files that are not committed.")
    ] = False,
    allow_delete: AllowDeleteOption = None,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    parallel: ParallelOption = 1,
    output: Annotated[
        PreviewOutput,
        typer.Option("--output", "--format", "-o", help="Output format; markdown is for a pull request's comment."),
    ] = PreviewOutput.TEXT,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Write the result to this file instead of stdout.")
    ] = None,
    max_characters: Annotated[
        int, typer.Option("--max-characters", min=1_000, help="The longest Markdown document; Bitbucket takes 32768.")
    ] = 60_000,
    junit: JUnitOption = None,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Preview what `deploy up` would change.

    Lists every resource that would be created, updated, replaced or deleted, and of those that stay each property, from
    what to what. Runs under each account's preview role, which can only read. Goes on to the next stack when one fails.

    With --save it runs as Jenkins' deploy role, the only one that signs plans, and still enters every account under its
    preview role: a saved plan is for what has been merged, a plain preview for what somebody proposes. What it deletes or
    replaces although it holds data, --allow-delete has to name: that is then part of what is reviewed.

    deploy preview --stacks dev,prod

    deploy preview --affected --base origin/main --output markdown --file preview.md

    deploy preview --all --save plan/
    """
    from deploy_driver.app.affected import since
    from deploy_driver.app.deploy import Options, deploy
    from deploy_driver.app.reviewed_plan import saving
    from deploy_driver.cli.options import RunOutput
    from deploy_driver.cli.output import console, reported, require_folder, show_run
    from deploy_driver.values import Operation

    options = Options(
        Operation.PREVIEW,
        stacks,
        all_,
        since=since(base, affected=affected, named=all_ or stacks is not None, access=access),
        refresh=refresh,
        differs=exit_code,
        allowed=tuple(allow_delete or ()),
        settings=tuple(config or ()),
        reason=reason,
        parallel=parallel,
    )
    save_plan = saving(save, expires_in, allow_dirty=allow_dirty, allow_delete=options.allowed)
    with reported(junit) as listeners:
        opened = open_project(context, project, cloud)
        require_folder(file)
        result = deploy(opened, options, console(*listeners), save_plan)
        form = RunOutput.JSON if output is PreviewOutput.JSON else RunOutput.TEXT
        markdown = max_characters if output is PreviewOutput.MARKDOWN else 0
        show_run(result, opened.config.project, form, markdown=markdown, file=file)
