"""What `--junit FILE` means: the run as test cases in a file, whatever becomes of the run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from driver.errors import UsageError
from driver.events.stream import Envelope, Listener


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
        raise UsageError(what, where=str(file), remedy="say another --junit") from None
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
        from driver.render.junit import as_xml

        try:
            _write(file, as_xml(heard, problem))
        except OSError as error:  # what the run did is done: its exit code stays
            sys.stderr.write(f"the JUnit file cannot be written: {error}\n")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
