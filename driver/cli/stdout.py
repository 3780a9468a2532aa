"""Writes a command's result. A reader who leaves early (`| head`) changes neither the work nor the exit code."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from driver.errors import UsageError


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
