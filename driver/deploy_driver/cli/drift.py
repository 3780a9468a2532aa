"""`deploy drift`: what is no longer as it was deployed, and which side moved."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy_driver.cli.options import (
    AllOption,
    AllowDeleteOption,
    CloudOption,
    Output,
    ProjectOption,
    StacksOption,
    YesOption,
)

if TYPE_CHECKING:
    from deploy_driver.drift.report import Report


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
    reports: Annotated[
        Path | None,
        typer.Option(
            "--reports", metavar="DIR", help="Also every report (Markdown, JSON, JUnit, SARIF), and the ledger."
        ),
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Put back what was changed in the cloud, and nothing else.")
    ] = False,
    allow_delete: AllowDeleteOption = None,
    yes: YesOption = False,
    output: Annotated[
        Form, typer.Option("--output", "--format", "-o", help="How the result is written to stdout.")
    ] = Form.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Say what is no longer as it was deployed.

    Holds the cloud, the state and the code of each stack side by side, and says for each resource which side moved: the
    cloud was changed, the code is not applied, or both; property by property. Runs under each account's preview role,
    which can only read; an access layer is looked at as its administrator. Goes on when a stack cannot be looked at.

    Says who did it, as far as the account's trail tells, and what is new since the last look, which the ledger keeps. What
    `[[drift.ignore]]` in deploy.toml names, with an owner, a reason and a last day, does not count until then.

    Exits with 0 when it could look everywhere, with 1 when AWS refused a look somewhere, with 5 when something drifted and
    --exit-code asks for it. Writes nothing, neither in an account nor in the state bucket.

    With --fix the cloud is made again what the code says where only the cloud was changed: at the commit that was last
    deployed, under the deployment role, through the gates of `deploy up`; refused with 4 where it would delete or replace
    what --allow-delete does not name. Says what it put back, and what it left and why.

    deploy drift --all --exit-code

    deploy drift --stacks dev-access,prod-access

    deploy drift --all --reports out/

    deploy drift --stacks dev --fix
    """
    from deploy_driver.app import program
    from deploy_driver.app import session as wiring
    from deploy_driver.app.deploy import Wish, arrive, choose, say_nothing_to_do, started
    from deploy_driver.app.drift import Fixer, Wanted, carry_out
    from deploy_driver.cli import drift_folder
    from deploy_driver.values import Layer, Operation

    config = wiring.open_project(project, cloud)
    chosen = choose(config, stacks, all_stacks=all_)
    if not chosen:
        say_nothing_to_do()
        return
    program.check_settings(config, chosen)
    if reports:
        drift_folder.make_folder(reports)
    git = wiring.git(config)
    access = any(stack.layer is Layer.ACCESS for stack in chosen)
    looker = wiring.JENKINS_DEPLOY if fix else wiring.JENKINS_PREVIEW
    arrived = arrive(config, wiring.ADMINISTRATOR if access else looker)
    verb = "drift --fix" if fix else "drift"
    wish = Wish(Operation.PREVIEW, project, cloud, stacks, all_, Output.TEXT, yes=yes, verb=verb, writes=fix)
    wish = replace(wish, allowed=tuple(allow_delete or ()))
    begun = started(wish, config, chosen, arrived)
    book = ledger or config.root / ".deploy" / "drift" / "ledger.json"
    fixer = Fixer(config, begun, git, wish.allowed, book) if fix else None
    done = carry_out(config, begun, Wanted(jobs, book, differs=exit_code), fixer)
    _show(done.report, output, done.code)
    if reports:
        drift_folder.fill(reports, done.report, done.code)
    if done.refused:
        raise done.refused
    raise typer.Exit(done.code)


def _show(report: Report, output: Form, code: int) -> None:
    from deploy_driver.cli.output import write, write_json
    from deploy_driver.render.drift.data import as_json
    from deploy_driver.render.drift.markdown import as_markdown
    from deploy_driver.render.drift.text import as_text
    from deploy_driver.render.drift.tools import as_junit, as_sarif

    if output in {Form.JSON, Form.SARIF}:
        write_json(as_sarif(report) if output is Form.SARIF else as_json(report, exit_code=code))
    else:
        write({Form.TEXT: as_text, Form.MARKDOWN: as_markdown, Form.JUNIT: as_junit}[output](report))
