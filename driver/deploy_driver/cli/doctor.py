"""`deploy doctor`: what is in the way of a run, what rots in the accounts, and what to do about each thing."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from deploy_driver.cli.options import CloudOption, ProjectOption, open_project


class FindingsOutput(StrEnum):
    """How the findings are written to stdout."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def doctor(
    context: typer.Context,
    as_administrator: Annotated[
        bool,
        typer.Option("--as-administrator", help="Check every account itself, through its bootstrapRole."),
    ] = False,
    output: Annotated[
        FindingsOutput,
        typer.Option("--output", "--format", "-o", help="Output format; sarif is SARIF 2.1.0."),
    ] = FindingsOutput.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Check configuration, credentials and account state.

    As Jenkins: everything that a run depends on. As an administrator: roles, trust, policies, boundaries, trails,
    buckets and keys of every account, beside what the program derives. Touches nothing, and says what it did not look
    at. Exits with 0 when everything is as it should be, with 3 when something is not.

    deploy doctor --output json

    deploy doctor --as-administrator --output sarif
    """
    from deploy_driver.app.doctor import all_is_well, diagnose
    from deploy_driver.assurance.findings import sarif
    from deploy_driver.assurance.findings import text as findings
    from deploy_driver.cli.output import write, write_json
    from deploy_driver.errors import ExitCode

    results = diagnose(open_project(context, project, cloud), "administrator" if as_administrator else "jenkins")
    if output is FindingsOutput.TEXT:
        write(findings.as_text(results))
    else:
        write_json(findings.as_json(results) if output is FindingsOutput.JSON else sarif.as_sarif(results))
    raise typer.Exit(ExitCode.DONE if all_is_well(results) else ExitCode.NOT_READY)
