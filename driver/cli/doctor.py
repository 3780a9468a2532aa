"""`deploy doctor`: what is in the way of a run, and what to do about each thing."""

from __future__ import annotations

from driver.cli.options import CloudOption, Output, OutputOption, ProjectOption


def doctor(output: OutputOption = Output.TEXT, project: ProjectOption = None, cloud: CloudOption = None) -> None:
    """Say what is in the way of a run, and what to do.

    Looks at everything that a run depends on and touches nothing. Exits with 0 when everything is as it should be,
    with 3 when something is not.

    deploy doctor --output json
    """
    from dataclasses import asdict

    import typer

    from driver.cli import wiring
    from driver.cli.diagnosis import diagnose
    from driver.cli.stdout import write, write_json
    from driver.errors import ExitCode
    from driver.events.readable import readable
    from driver.events.redaction import redact
    from driver.render.words import table

    findings = diagnose(wiring.open_project(project, cloud))
    if output is Output.JSON:
        write_json(redact([asdict(finding) for finding in findings]))
    else:
        rows = [["ok" if f.ok else "WRONG", f.check, f.stack, f.fact] for f in findings]
        write(readable(table(["", "CHECK", "STACK", "FACT"], rows)))
        for finding in findings:
            if not finding.ok:
                place = f"{finding.stack} {finding.check}".strip()
                write(readable(f"\n{place}: {finding.fact}\n  what to do: {finding.remedy or 'see the fact'}"))
    raise typer.Exit(ExitCode.DONE if all(finding.ok for finding in findings) else ExitCode.NOT_READY)
