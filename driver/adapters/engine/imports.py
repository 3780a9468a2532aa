"""Imports what every stack needs while something else is waited for: the SDK, and the parts of AWS that a program names."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

_NAMED = re.compile(r"\b(?:pulumi_)?aws\.([a-z]\w*)\.[A-Z]|from pulumi_aws import ([\w, ]+)")


class Imports:
    """One background import per process. The SDK's lazy modules are not made for two threads: `wait` before using them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._thread = threading.Thread(target=self._load, name="imports", daemon=True)
        self._lock = threading.Lock()
        self._begun = False

    def begin(self) -> None:
        """Start, once."""
        with self._lock:
            if not self._begun:
                self._begun = True
                self._thread.start()

    def wait(self) -> None:
        """Until all is imported that can be."""
        self.begin()
        self._thread.join()

    def _load(self) -> None:
        import_module("pulumi.automation")
        with suppress(ImportError):
            aws = import_module("pulumi_aws")
            for name in sorted(named_modules(self._folder)):
                # A lazy module loads when it is asked for something that is its own; `__doc__` and the like are not.
                getattr(getattr(aws, name, None), "_utilities", None)


def named_modules(folder: Path) -> set[str]:
    """The modules of `pulumi_aws` that the program below `folder` names."""
    found: set[str] = set()
    for file in _sources(folder):
        for used, imported in _NAMED.findall(file.read_text(encoding="utf-8", errors="replace")):
            found |= {used} if used else {part.strip() for part in imported.split(",")}
    return found


def _sources(folder: Path) -> Iterator[Path]:
    """The program's own files: neither hidden folders nor virtual environments are part of it."""
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." and not Path(path, name, "pyvenv.cfg").exists()]
        yield from (Path(path, name) for name in files if name.endswith(".py"))
