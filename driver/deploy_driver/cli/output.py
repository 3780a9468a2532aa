"""Where a command's result goes: stdout, or the file that an option names; and where a run is shown while it goes on."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer

from deploy_driver import remedies
from deploy_driver.adapters.terminal import TerminalPrompt, WallClock
from deploy_driver.app.affected import selection_events
from deploy_driver.app.console import Console
from deploy_driver.app.deploy import RunResult
from deploy_driver.cli.exit import columns, explain, stopping
from deploy_driver.cli.options import RunOutput
from deploy_driver.errors import UsageError
from deploy_driver.record.catalogue import StackLeftOut, StackSelected
from deploy_driver.record.redaction import one_line, readable
from deploy_driver.record.stream import Envelope, Listener
from deploy_driver.render.width import folded
from deploy_driver.values import Operation


def require_folder(file: Path | None) -> None:
    """Raise UsageError when the file that a result is to go to could not be made: before the work, not after it."""
    if file and (file.is_dir() or not file.absolute().parent.is_dir()):
        raise UsageError("the result cannot be written there", where=str(file), remedy=remedies.FILE_IN_A_FOLDER)


def write(text: str, file: Path | None = None, *, document: bool = False) -> None:
    """Write the text and a newline to stdout, or to the file. Raises UsageError when it cannot be written there.

    A document is in UTF-8 wherever it goes, as files are; other text is as the terminal has it, with `?` for what that lacks.
    """
    if file:
        try:
            file.write_text(text.rstrip("\n") + "\n", "utf-8", "replace")
        except OSError as error:
            raise UsageError(f"the result cannot be written: {error.strerror}", where=str(file)) from None
        return
    if document and isinstance(stream := getattr(sys.stdout, "wrapped", sys.stdout), io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        sys.stdout.write(text.rstrip("\n") + "\n")
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer must not be tried again when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise UsageError(
                f"the result cannot be written: {error.strerror}",
                where="stdout",
                remedy=remedies.ROOM_FOR_OUTPUT,
            ) from None


def tell(text: str) -> None:
    """Say what was done. It is done, and the exit code says so, also where this cannot be written."""
    try:
        write(folded(text))
    except UsageError as error:
        sys.stderr.write(explain(error))


def notice(line: str) -> None:
    """One line for people, on stderr."""
    sys.stderr.write(folded(one_line(line), columns(sys.stderr)) + "\n")


def console(*more: Listener) -> Console:
    """The terminal, or the log of a build: shows a run on stderr while it goes on, asks, and takes stop signals. `more` hear it too."""
    if sys.stderr.isatty():
        from rich.console import Console as RichConsole

        from deploy_driver.render.live import LiveRenderer

        live = LiveRenderer(RichConsole(file=sys.stderr))
        prompt = TerminalPrompt(live.pause, live.resume)
        return Console(prompt, (live, *more), stopping, live.pause, notice)
    from deploy_driver.render.lines import LineRenderer, beating

    lines = LineRenderer(sys.stderr)
    beating(lines.beat, WallClock().now)
    return Console(TerminalPrompt(), (lines, *more), stopping, notice=notice)


def as_json(value: Any) -> str:
    """The value as indented JSON."""
    return json.dumps(value, indent=2)


def write_json(value: Any) -> None:
    """Write the value as indented JSON."""
    write(as_json(value))


def part_from_progress() -> None:
    """An empty line between what was shown while a run went on and its result, where a person sees both."""
    if sys.stdout.isatty():
        sys.stderr.write("\n")


def _say_nothing_to_do(events: Sequence[StackSelected | StackLeftOut]) -> None:
    """An empty selection is nothing, and says so; the events are what the change concerns and this command leaves out."""
    from deploy_driver.render.lines import words

    for event in events:
        sys.stderr.write(readable(f"{event.stack}: {words(event)}\n"))
    sys.stderr.write("no stack is selected: nothing to do\n")


def show_run(
    result: RunResult, project: str, output: RunOutput, *, markdown: int = 0, file: Path | None = None
) -> NoReturn:
    """Write what became of a run, and exit with its code. `markdown` is the length of a Markdown document, 0 for none.

    What a run did is done: its exit code stays if that cannot be written. Of what only looks the result is all; it raises UsageError.
    """
    outcome = result.outcome
    if not outcome.steps:
        _say_nothing_to_do(selection_events(result.selection, outcome.operation) if result.selection else ())
        if output is RunOutput.TEXT and not markdown:
            raise typer.Exit(result.exit_code)
    if outcome.steps and not file and output is RunOutput.TEXT and not markdown:
        part_from_progress()
    try:
        write(_rendered(result, project, output, markdown), file, document=bool(markdown))
    except UsageError as error:
        if outcome.operation is Operation.PREVIEW:
            raise
        sys.stderr.write(explain(error))
    raise typer.Exit(result.exit_code)


def _rendered(result: RunResult, project: str, output: RunOutput, markdown: int) -> str:
    from deploy_driver.render import preview
    from deploy_driver.render import result as rendered

    outcome, selection = result.outcome, result.selection
    if markdown:
        return preview.as_markdown(outcome, project=project, limit=markdown, selection=selection)
    return rendered.FORMS[output](outcome, result.exit_code, selection)


@contextmanager
def reported(file: Path | None) -> Iterator[tuple[Listener, ...]]:
    """While inside, the yielded listeners hear the run; at the end, however it comes, the file is written.

    Raises UsageError before anything begins when there can be no such file.
    """
    if file is None:
        yield ()
        return
    try:
        _write(file, "")
    except OSError as error:
        what = f"the JUnit file cannot be written: {error.strerror}"
        raise UsageError(what, where=str(file), remedy=remedies.OTHER_JUNIT) from None
    heard: list[Envelope] = []
    problem: BaseException | None = None
    try:
        yield (heard.append,)
    except (typer.Exit, SystemExit):
        raise
    except BaseException as error:
        problem = error
        raise
    finally:
        from deploy_driver.render.junit import as_xml

        try:
            _write(file, as_xml(heard, problem))
        except OSError as error:  # what the run did is done: its exit code stays
            sys.stderr.write(f"the JUnit file cannot be written: {error}\n")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8", "replace")
