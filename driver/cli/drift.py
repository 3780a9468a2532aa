"""`deploy drift`: what is no longer as it was deployed, and which side moved."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from driver.cli.options import AllOption, CloudOption, Output, ProjectOption, StacksOption


class Form(StrEnum):
    """How a report is written to stdout."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"


def drift(
    stacks: StacksOption = None,
    all_: AllOption = False,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="How many stacks at a time.")] = 4,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 5 when something drifted.")] = False,
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", metavar="FILE", help="Keeps what is new; otherwise .deploy/drift/ledger.json."),
    ] = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="How the result is written to stdout.")] = Form.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Say what is no longer as it was deployed, and touch nothing.

    Holds the cloud, the state and the code of each stack side by side, and says for each resource which side moved: the
    cloud was changed, the code is not applied, or both; property by property. Runs under each account's preview role,
    which can only read; an access layer is looked at as its administrator. Goes on when a stack cannot be looked at.

    Says who did it, as far as the account's trail tells, and what is new since the last look. What `[[drift.ignore]]` in
    deploy.toml names does not count.

    Exits with 0 when it could look everywhere, with 1 when it could not, with 5 when something drifted and --exit-code
    asks for it.

    deploy drift --all --exit-code
    """
    from driver.cli import wiring
    from driver.cli.drifting import Wanted, look
    from driver.cli.operate import Wish, choose, running, say_nothing_to_do, started
    from driver.cli.stdout import write, write_json
    from driver.render import drift as rendered
    from driver.render import drift_reports as reports
    from driver.values import Operation

    config = wiring.open_project(project, cloud)
    chosen = choose(config, stacks, all_stacks=all_)
    if not chosen:
        say_nothing_to_do()
        return
    wiring.check_settings(config, chosen)
    begun = started(Wish(Operation.PREVIEW, project, cloud, stacks, all_, Output.TEXT), config, chosen)
    with running(begun) as ending:
        wanted = Wanted(jobs, ledger or config.root / ".deploy" / "drift" / "ledger.json")
        report = look(config, begun, wanted)
        ending.code = report.exit_code(differs=exit_code)
    if output in {Form.JSON, Form.SARIF}:
        write_json(rendered.as_json(report, exit_code=ending.code) if output is Form.JSON else reports.as_sarif(report))
    else:
        written = {Form.TEXT: rendered.as_text, Form.MARKDOWN: reports.as_markdown, Form.JUNIT: reports.as_junit}
        write(written[output](report))
    raise typer.Exit(ending.code)
