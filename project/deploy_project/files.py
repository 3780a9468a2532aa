"""Reads a file whose name is known and whose content is not: whatever stands in its place, nobody waits for it for ever."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

LARGEST = 1024 * 1024
"""Bytes of a file that people write: what is larger is none, and reading it as YAML would take minutes."""

_KILOBYTE = 1024


def content_of(path: Path, largest: int = LARGEST) -> bytes:
    """The content of a file. Raises OSError where there is none, or something else: a FIFO, a device, more than `largest` bytes."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):  # of a folder, read says so itself
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        if found.st_size > largest:
            raise OSError(errno.EFBIG, f"it is larger than {largest // _KILOBYTE} KB", str(path))
        return file.read()
