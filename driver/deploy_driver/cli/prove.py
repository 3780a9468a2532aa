"""`deploy prove`: who may enter and what he can do there, tried case by case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deploy_driver.cli.options import (
    AllOption,
    CloudOption,
    PageFileOption,
    PageOutput,
    PageOutputOption,
    ProjectOption,
    StacksOption,
    open_project,
)

if TYPE_CHECKING:
    from deploy_driver.assurance.prove.report import ProofReport


def prove(
    context: typer.Context,
    stacks: StacksOption = None,
    all_stacks: AllOption = False,
    only: Annotated[
        str, typer.Option("--only", metavar="PATTERN", help="Only cases whose id matches, for example 'trust.*@dev'.")
    ] = "*",
    refusals: Annotated[
        bool,
        typer.Option(
            "--refusals",
            help="Also list every refusal with the words in which AWS refused; JSON and HTML have them always.",
        ),
    ] = False,
    output: PageOutputOption = PageOutput.TEXT,
    file: PageFileOption = None,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Test the access controls of each account.

    In the sandbox every case is really tried: by Jenkins' roles, by roles made for it and removed again. On AWS nothing
    is changed and nobody's role is taken: IAM's policy simulator is asked, and what that leaves out is said. Without
    --stacks every account is proved. Exits with 0 when everything went as it should, with 1 when a case did not.

    A proof of all cases is on record in this folder, and deploy report --all made there says what it came to.

    deploy prove --output html --file proof.html

    deploy prove --stacks dev --only 'trust.*'
    """
    import sys
    from threading import Event

    from deploy_driver.app.prove import prove
    from deploy_driver.assurance.prove import report as proof
    from deploy_driver.assurance.prove.report import ProofProgress
    from deploy_driver.cli.exit import stopping
    from deploy_driver.cli.output import write
    from deploy_driver.errors import ExitCode

    opened, progress, stopped = open_project(context, project, cloud), ProofProgress(sys.stderr), Event()
    waiting, leaving = "removing what was made for the proof", "not all that was made for the proof is removed"
    with stopping(stopped.set, waiting=waiting, leaving=leaving) as received:
        report = prove(opened, stacks, only, progress, stopped, all_stacks=all_stacks)
        progress.end()
    code = received.exit_code(ExitCode.FAILED if report.wrong else ExitCode.DONE)
    said = _written(report, output, code, refusals=refusals)
    if file is None:
        write(said, document=output is not PageOutput.TEXT)
    else:
        write(said, file)
        write(f"{proof.summary(report)}; see {file}")
    raise typer.Exit(code)


def _written(report: ProofReport, output: PageOutput, code: int, *, refusals: bool) -> str:
    if output is PageOutput.JSON:
        import json

        from deploy_driver.assurance.prove.report import as_json

        return json.dumps(as_json(report, exit_code=code), indent=2)
    if output is PageOutput.HTML:
        from deploy_driver.assurance.prove.report import as_html

        return as_html(report)
    from deploy_driver.assurance.prove.report import as_text

    return as_text(report, refusals=refusals)
