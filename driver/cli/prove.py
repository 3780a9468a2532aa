"""`deploy prove`: who may enter and what he can do there, tried case by case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from driver.cli.options import (
    AllOption,
    CloudOption,
    PageFileOption,
    PageOutput,
    PageOutputOption,
    ProjectOption,
    StacksOption,
)

if TYPE_CHECKING:
    from driver.prove.report import Report


def prove(
    stacks: StacksOption = None,
    all_stacks: AllOption = False,
    only: Annotated[
        str, typer.Option("--only", metavar="PATTERN", help="Only cases whose id matches, for example 'trust.*@dev'.")
    ] = "*",
    output: PageOutputOption = PageOutput.TEXT,
    file: PageFileOption = None,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Try who may enter each account, and do what there.

    In the sandbox every case is really tried: by Jenkins' roles, by roles made for it and removed again. On AWS nothing
    is changed and nobody's role is taken: IAM's policy simulator is asked, and what that leaves out is said. Without
    --stacks every account is proved. Exits with 0 when everything went as it should, with 1 when a case did not.

    deploy prove --output html --file proof.html

    deploy prove --stacks dev --only 'trust.*'
    """
    import sys
    from threading import Event

    from driver.cli import program, wiring
    from driver.cli.boundary import stopping
    from driver.cli.operate import choose
    from driver.cli.proving import Proof
    from driver.cli.stdout import write
    from driver.errors import ExitCode, UsageError
    from driver.render import proof
    from driver.render.proof_progress import ProofProgress
    from driver.values import Layer

    config = wiring.open_project(project, cloud)
    chosen = choose(config, stacks, all_stacks=all_stacks or stacks is None)
    if any(stack.layer is not Layer.SERVICE for stack in chosen):
        raise UsageError("a proof is about service stacks; their access layers are proved with them")
    program.check_settings(config, chosen)
    progress = ProofProgress(sys.stderr)
    stopped = Event()
    waiting, leaving = "removing what was made for the proof", "not all that was made for the proof is removed"
    with stopping(stopped.set, waiting=waiting, leaving=leaving) as received:
        report = Proof(config, chosen, only, wiring.start_id(), progress, stopped).make()
        progress.end()
    code = received.exit_code(ExitCode.FAILED if report.wrong else ExitCode.DONE)
    said = _written(report, output, code)
    if file is None:
        write(said)
    else:
        file.write_text(said + "\n", "utf-8")
        write(f"{proof.summary(report)}; see {file}")
    raise typer.Exit(code)


def _written(report: Report, output: PageOutput, code: int) -> str:
    if output is PageOutput.JSON:
        import json

        from driver.render.proof import as_json

        return json.dumps(as_json(report, exit_code=code), indent=2)
    if output is PageOutput.HTML:
        from driver.render.proof_html import as_html

        return as_html(report)
    from driver.render.proof import as_text

    return as_text(report)
