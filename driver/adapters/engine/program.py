"""The user's program, run in this process as Pulumi's Python host would run it in its own."""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import NoReturn

from driver.adapters.engine.imports import Imports
from driver.adapters.engine.printed import Listener, listen
from driver.adapters.engine.workdir import Project
from driver.events.redaction import learn

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_SDK_DUMP = "python inline source runtime error:"
_INSTALLED = {"site-packages", "dist-packages"}


class _Entry(SourceFileLoader):
    """A loader that keeps no byte code: a program's entry is read anew for each stack, and nothing is put beside it."""

    def path_stats(self, path: object) -> NoReturn:
        raise OSError(f"{path} is not cached")


class Program:
    """One run of the program for one stack. Its modules stay imported; only its `__main__` runs again."""

    def __init__(self, project: Project, imports: Imports, on_print: Listener) -> None:
        self._project = project
        self._imports = imports
        self._on_print = on_print

    def __call__(self) -> None:
        """What the Automation API calls. Raises pulumi.RunError with a message made for people."""
        from pulumi import RunError

        learn(config_secrets())
        listen(self._on_print)
        self._imports.wait()
        self._make_importable()
        loader = _Entry("__main__", str(self._project.entry))
        spec = spec_from_loader("__main__", loader)
        assert spec is not None  # noqa: S101 -- a spec made from a loader that is there is there
        try:
            loader.exec_module(module_from_spec(spec))
        except RunError:
            raise
        except SystemExit as stop:
            if stop.code not in (None, 0):
                raise RunError(self._told(f"the program ended itself: {stop.code}", stop)) from None
        except Exception as error:  # noqa: BLE001 -- whatever a program raises is its own failure, never the driver's
            raise RunError(self._told(f"{type(error).__name__}: {error}", error)) from None

    def _make_importable(self) -> None:
        """Last on the path, so that no file of the program can stand before an installed module of the same name."""
        for folder in (self._project.root, self._project.entry.parent):
            if str(folder) not in sys.path:
                sys.path.append(str(folder))

    def _told(self, what: str, error: BaseException) -> str:
        frames = [(frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
        return _with_line(what, frames, self._project.root)


def config_secrets() -> Iterator[str]:
    """The decrypted secrets of the configuration that the engine gave this program; of structured ones every part as well."""
    from pulumi.runtime.config import CONFIG, is_config_secret

    for key, value in CONFIG.get().items():
        if is_config_secret(key) and isinstance(value, str):
            yield value
            with suppress(ValueError):
                yield from _texts(json.loads(value))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for item in value.values() for text in _texts(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in _texts(item))


def tidy(message: str, root: Path) -> str:
    """The SDK's dump of what a callback of the program raised, in one line; any other message as it is."""
    if not message.startswith(_SDK_DUMP):
        return message
    frames = [(found["file"], int(found["line"])) for found in _FRAME.finditer(message)]
    return _with_line(message.splitlines()[-1], frames, root)


def _with_line(what: str, frames: Sequence[tuple[str, int]], root: Path) -> str:
    """The last of the user's own lines in a traceback, and what happened there."""
    for file, line in reversed(frames):
        path = Path(file)
        if path.is_relative_to(root) and not _INSTALLED & set(path.parts):
            return f"{path.relative_to(root)}:{line}: {what}"
    return what
