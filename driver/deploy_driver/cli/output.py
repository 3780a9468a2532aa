"""Where a command's result goes: stdout, or the file that an option names."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from deploy_driver.errors import UsageError
from deploy_driver.record.stream import Envelope, Listener


def require_folder(file: Path | None) -> None:
    """Raise UsageError when the file that a result is to go to could not be made: before the work, not after it."""
    if file and (file.is_dir() or not file.absolute().parent.is_dir()):
        raise UsageError(
            "the result cannot be written there", where=str(file), remedy="name a file in a folder that exists"
        )


def write(text: str, file: Path | None = None) -> None:
    """Write the text and a newline to stdout, or to the file. Raises UsageError when it cannot be written there."""
    if file:
        try:
            file.write_text(text.rstrip("\n") + "\n", "utf-8")
        except OSError as error:
            raise UsageError(f"the result cannot be written: {error.strerror}", where=str(file)) from None
        return
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
                remedy="make room there, or write to a file elsewhere",
            ) from None


def as_json(value: Any) -> str:
    """The value as indented JSON."""
    return json.dumps(value, indent=2)


def write_json(value: Any) -> None:
    """Write the value as indented JSON."""
    write(as_json(value))


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
        from deploy_driver.render.junit import as_xml

        try:
            _write(file, as_xml(heard, problem))
        except OSError as error:  # what the run did is done: its exit code stays
            sys.stderr.write(f"the JUnit file cannot be written: {error}\n")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
