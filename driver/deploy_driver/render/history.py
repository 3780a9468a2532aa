"""The runs of the past on stdout: a table to read, or JSON to compute with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from textwrap import wrap
from typing import Any

from deploy_driver.record.catalogue import Result
from deploy_driver.record.chain import Examined, Integrity
from deploy_driver.record.redaction import one_line, redact
from deploy_driver.record.story import RunSummary, StackSummary
from deploy_driver.render.text import counted, duration, parts_as_json, parts_as_text, row
from deploy_driver.render.width import KEPT, line_width, wrapped

SHORT = 10
"""Characters of a commit that a person compares."""

_COLUMNS = (("RUN", 20), ("WHAT", 11), ("WHERE", 0), ("ENDED", 8))
"""What is said of a run, and in how many characters; what is longer goes on in the next line. 0: what the others leave."""


def as_text(runs: Sequence[RunSummary]) -> str:
    """Some lines per run, newest first: what, where, how it ended; below it by whom, from which commit, and what else is known."""
    if not runs:
        return "no run is on record"
    header = row([name for name, _ in _COLUMNS], _widths())
    several = len({run.project for run in runs if run.project}) > 1
    return "\n".join([*header, *(line for run in runs for line in _lines(run, of=run.project if several else ""))])


def _widths() -> list[int]:
    left = line_width() - sum(width + 2 for _, width in _COLUMNS) + 2
    return [width or max(left, 10) for _, width in _COLUMNS]


def _lines(run: RunSummary, of: str) -> Iterator[str]:
    cells = map(_whole, (run.run, run.operation, _where(run), _ended(run)))
    yield from (line.replace(KEPT, " ") for line in row(tuple(cells), _widths(), break_words=True))
    more = [f"project {of}"] if of else []
    yield from wrap(
        one_line("; ".join([*more, *_more(run)])), line_width(), initial_indent="  ", subsequent_indent="  "
    )


def _where(run: RunSummary) -> str:
    """The stacks; each stays in one line as long as it fits."""
    return ", ".join(one_line(_stack(stack)).replace(" ", KEPT) for stack in run.stacks)


def _whole(cell: str) -> str:
    return KEPT.join(one_line(part) for part in cell.split(KEPT))


def _ended(run: RunSummary) -> str:
    """How the run ended."""
    return "no end" if run.exit_code is None else f"exit {run.exit_code}"


def _commit(commit: str) -> str:
    """As much of it as a person compares."""
    return commit[:SHORT] if len(commit.partition("+")[0]) >= SHORT else commit


def _more(run: RunSummary) -> Iterator[str]:
    """How long it took, by whom, from which commit, who approved, why, in which build, and that nobody else can read its record."""
    yield "its record has no end" if run.exit_code is None else duration(run.seconds)
    if run.by:
        yield f"by {run.by}"
    if run.commit:
        yield f"commit {_commit(run.commit)}"
    if run.back_to:
        yield f"back to run {run.back_to}"
    if run.approved_by:
        yield f"approved by {run.approved_by}"
    if run.reason:
        yield f"because: {run.reason}"
    if run.overridden:
        yield f"overrode {', '.join(run.overridden)}"
    if run.commit.partition("+")[2]:
        yield "with changes that were not committed"
    yield from _records(run)


def _records(run: RunSummary) -> Iterator[str]:
    """In which build it was, where its record is, and which runs it is made of."""
    if run.build:
        yield run.build
    if run.here and run.kept is False:
        yield "only in this folder"
    if run.parts:
        yield f"its runs: {parts_as_text(run.parts)}"


def _stack(stack: StackSummary) -> str:
    name = f"{stack.stack} v{stack.version}" if stack.version else stack.stack
    if stack.result != Result.SUCCEEDED:
        return f"{name} ({stack.result or 'did not end'})"
    return f"{name} ({stack.drifted} drifted)" if stack.drifted else name


def as_json(runs: Sequence[RunSummary]) -> Mapping[str, Any]:
    """The runs as `--output json` promises them, newest first."""
    redacted: Mapping[str, Any] = redact({"runs": [_json(run) for run in runs]})
    return redacted


def _json(run: RunSummary) -> Mapping[str, Any]:
    body = asdict(run)
    moved = {
        "approvedBy": body.pop("approved_by"),
        "backTo": body.pop("back_to"),
        "exitCode": body.pop("exit_code"),
        "stacks": body.pop("stacks"),
        "partOf": body.pop("part_of"),
        "parts": parts_as_json(run.parts),
    }
    return {**body, **moved}


def verified_as_text(found: Sequence[Examined]) -> str:
    """A line per record, newest first, and how many there are of each."""
    if not found:
        return "no run is on record"
    counts = Counter(each.verdict for each in found)
    numbers = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Integrity if counts[verdict])
    lines = (line for each in found for line in wrapped(_verified(each)))
    return "\n".join([*lines, f"{counted(len(found), 'record')}: {numbers}"])


def _verified(each: Examined) -> str:
    line = f"line {each.line}: " if each.line else ""
    fact = f"{line}{each.fact}" if each.fact else f"{each.lines} lines"
    return f"{each.run} {each.verdict.upper() if each.wrong else each.verdict}: {fact}"


def verified_as_json(found: Sequence[Examined]) -> Mapping[str, Any]:
    """The records as `--verify --output json` promises them, newest first."""
    records = [
        {"run": each.run, "verdict": each.verdict, "lines": each.lines, "line": each.line, "fact": each.fact}
        for each in found
    ]
    redacted: Mapping[str, Any] = redact({"records": records})
    return redacted
