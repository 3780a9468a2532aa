"""The runs of the past on stdout: a table to read, or JSON to compute with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import zip_longest
from textwrap import wrap
from typing import Any

from deploy_driver.record.catalogue import Result
from deploy_driver.record.chain import Examined, Verdict
from deploy_driver.record.past import PastRun, PastStep
from deploy_driver.record.redaction import one_line, redact
from deploy_driver.render.text import WIDTH, duration, wrapped

SHORT = 10
"""Characters of a commit that a person compares."""

_KEPT = "\N{NO-BREAK SPACE}"

_COLUMNS = (("RUN", 20), ("WHAT", 11), ("WHERE", 26), ("ENDED", 8), ("BY", 15), ("COMMIT", SHORT))
"""What is said of a run, and in how many characters; what is longer goes on in the next line."""


def as_text(runs: Sequence[PastRun]) -> str:
    """Some lines per run, newest first: what, where, how it ended, by whom, from which commit; below it what else is known."""
    if not runs:
        return "no run is on record"
    return "\n".join([_row([name for name, _ in _COLUMNS]), *(line for run in runs for line in _lines(run))])


def _lines(run: PastRun) -> Iterator[str]:
    cells = [run.run, run.operation, _where(run), _ended(run), run.by, _commit(run.commit)]
    columns = [
        wrap(cell, width, break_on_hyphens=False) or [""]
        for cell, (_, width) in zip(map(_whole, cells), _COLUMNS, strict=True)
    ]
    yield from (_row(parts) for parts in zip_longest(*columns, fillvalue=""))
    yield from wrap(one_line("; ".join(_more(run))), WIDTH, initial_indent="  ", subsequent_indent="  ")


def _where(run: PastRun) -> str:
    """The stacks; each stays in one line as long as it fits."""
    return ", ".join(one_line(_step(step)).replace(" ", _KEPT) for step in run.steps)


def _whole(cell: str) -> str:
    return _KEPT.join(one_line(part) for part in cell.split(_KEPT))


def _row(cells: Sequence[str]) -> str:
    return (
        "  ".join(cell.ljust(width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
        .rstrip()
        .replace(_KEPT, " ")
    )


def _ended(run: PastRun) -> str:
    """How the run ended."""
    return "no end" if run.exit_code is None else f"exit {run.exit_code}"


def _commit(commit: str) -> str:
    """As much of it as a person compares."""
    return commit[:SHORT] if len(commit.partition("+")[0]) >= SHORT else commit


def _more(run: PastRun) -> Iterator[str]:
    """How long it took, who approved, why, in which build, and that nobody else can read its record."""
    yield "its record has no end" if run.exit_code is None else duration(run.seconds)
    if run.approved_by:
        yield f"approved by {run.approved_by}"
    if run.reason:
        yield f"because: {run.reason}"
    if run.commit.partition("+")[2]:
        yield "with changes that were not committed"
    if run.build:
        yield run.build
    if run.here and run.kept is False:
        yield "only in this folder"


def _step(step: PastStep) -> str:
    said = f"{step.stack} v{step.version}" if step.version else step.stack
    if step.result != Result.SUCCEEDED:
        return f"{said} ({step.result or 'did not end'})"
    return f"{said} ({step.drifted} drifted)" if step.drifted else said


def as_json(runs: Sequence[PastRun]) -> Mapping[str, Any]:
    """The runs as `--output json` promises them, newest first."""
    redacted: Mapping[str, Any] = redact({"runs": [_json(run) for run in runs]})
    return redacted


def _json(run: PastRun) -> Mapping[str, Any]:
    body = asdict(run)
    body["approvedBy"] = body.pop("approved_by")
    body["exitCode"] = body.pop("exit_code")
    body["stacks"] = body.pop("steps")
    return body


def verified_as_text(found: Sequence[Examined]) -> str:
    """A line per record, newest first, and how many there are of each."""
    if not found:
        return "no run is on record"
    counts = Counter(each.verdict for each in found)
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    lines = (line for each in found for line in wrapped(_verified(each)))
    return "\n".join([*lines, f"{len(found)} record{'s' * (len(found) != 1)}: {said}"])


def _verified(each: Examined) -> str:
    line = f"line {each.line}: " if each.line else ""
    said = f"{line}{each.fact}" if each.fact else f"{each.lines} lines"
    return f"{each.run} {each.verdict.upper() if each.wrong else each.verdict}: {said}"


def verified_as_json(found: Sequence[Examined]) -> Mapping[str, Any]:
    """The records as `--verify --output json` promises them, newest first."""
    records = [
        {"run": each.run, "verdict": each.verdict, "lines": each.lines, "line": each.line, "fact": each.fact}
        for each in found
    ]
    redacted: Mapping[str, Any] = redact({"records": records})
    return redacted
