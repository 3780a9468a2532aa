"""`deploy doctor`: what is in the way of a run, and what to do about each thing."""

from __future__ import annotations

from driver.cli.options import CloudOption, Output, OutputOption, ProjectOption


def doctor(output: OutputOption = Output.TEXT, project: ProjectOption = None, cloud: CloudOption = None) -> None:
    """Look at everything that a run depends on; a remedy for each finding. Touches nothing.

    Exits with 0 when everything is as it should be, with 3 when something is not.

    deploy doctor --output json
    """
    import json
    import sys
    from dataclasses import asdict

    import typer

    from driver.cli import wiring
    from driver.cli.diagnosis import diagnose
    from driver.errors import ExitCode
    from driver.render.words import table

    findings = diagnose(wiring.open_project(project, cloud))
    if output is Output.JSON:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
    else:
        rows = [["ok" if f.ok else "WRONG", f.check, f.stack, f.fact] for f in findings]
        sys.stdout.write(table(["", "CHECK", "STACK", "FACT"], rows) + "\n")
        for finding in findings:
            if not finding.ok:
                place = f"{finding.stack} {finding.check}".strip()
                sys.stdout.write(f"\n{place}: {finding.fact}\n  what to do: {finding.remedy or 'see the fact'}\n")
    raise typer.Exit(ExitCode.DONE if all(finding.ok for finding in findings) else ExitCode.NOT_READY)
