"""Writes a command's result. A reader who leaves early (`| head`) changes neither the work nor the exit code."""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def write(text: str) -> None:
    """Write the text and a newline to stdout."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer must not be tried again when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_json(value: Any) -> None:
    """Write the value as indented JSON."""
    write(json.dumps(value, indent=2))
