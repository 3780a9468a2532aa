"""The user's program, run in this process as Pulumi's Python host would run it in its own, and held to saying all it means."""

from __future__ import annotations

import json
import re
import sys
import threading
import traceback
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import TYPE_CHECKING

from driver.adapters.engine.imports import Imports
from driver.adapters.engine.printed import Listener, Printed, listening
from driver.adapters.engine.workdir import Project
from driver.adapters.sources import INSTALLED, FromSource
from driver.events.redaction import learn

if TYPE_CHECKING:
    from pulumi import ResourceTransformationArgs

NOTHING_DECLARED = "the program declared no resource, and the stack has some: to delete them is for `deploy destroy`"

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_SDK_DUMP = "python inline source runtime error:"


class Program:
    """One run of the program for one stack. Its modules stay imported; only its `__main__` runs again.

    What it does not declare the engine deletes. So a program that ends itself, in peace or not, has failed, and so has
    one that declares no resource at all where it must: `must_declare` says that the stack has some.
    """

    def __init__(self, project: Project, imports: Imports, on_print: Listener, *, must_declare: bool) -> None:
        self._project = project
        self._imports = imports
        self._printed = Printed(on_print)
        self._must_declare = must_declare
        self._declared = False
        self._thread = 0

    def __call__(self) -> Awaitable[None] | None:
        """What the Automation API calls, and awaits. Raises pulumi.RunError with a message made for people."""
        from pulumi.runtime import register_stack_transformation

        learn(config_secrets())
        self._thread = threading.get_ident()
        with listening(self._printed):
            self._imports.wait()
            self._make_importable()
            register_stack_transformation(self._notice)
            self._execute()
        return self._require_declared() if self._must_declare and not self._declared else None

    @property
    def begun(self) -> bool:
        """Whether the engine has started the program."""
        return self._thread != 0

    @property
    def unsaid(self) -> int:
        """How many lines the program printed beyond those that were passed on."""
        return self._printed.unsaid

    def place(self) -> str:
        """Where in the program its thread stands now, as `file:line`; empty when it is not in it."""
        frame = sys._current_frames().get(self._thread)  # noqa: SLF001 -- Python's documented way to look at another thread
        frames = [(entry.filename, entry.lineno or 0) for entry in traceback.extract_stack(frame)] if frame else []
        return _own_line(frames, self._project.root)

    def _notice(self, args: ResourceTransformationArgs) -> None:
        """Anything that stands in the cloud is a declaration; a provider or a component alone is none."""
        from pulumi import CustomResource

        if isinstance(args.resource, CustomResource) and not args.type_.startswith("pulumi:providers:"):
            self._declared = True

    async def _require_declared(self) -> None:
        """Wait for what the program does later, in callbacks, and then for at least one declaration."""
        from pulumi import RunError
        from pulumi.runtime.settings import get_root_resource
        from pulumi.runtime.stack import wait_for_rpcs

        if getattr(get_root_resource(), "_async_program", None) is not None:
            return  # `pulumi.run`: the program goes on after this
        await wait_for_rpcs()
        if not self._declared:
            raise RunError(NOTHING_DECLARED)

    def _execute(self) -> None:
        from pulumi import RunError

        loader = FromSource("__main__", str(self._project.entry))
        spec = spec_from_loader("__main__", loader)
        assert spec is not None  # noqa: S101 -- a spec made from a loader that is there is there
        try:
            loader.exec_module(module_from_spec(spec))
        except RunError:
            raise
        except SystemExit as stop:
            how = f": {stop.code}" if isinstance(stop.code, str) else f" with exit code {stop.code or 0}"
            raise RunError(self._told(f"the program ended itself{how}", stop)) from None
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
    place = _own_line(frames, root)
    return f"{place}: {what}" if place else what


def _own_line(frames: Sequence[tuple[str, int]], root: Path) -> str:
    """The last of the user's own lines among the frames, as `file:line`; empty when there is none."""
    for file, line in reversed(frames):
        path = Path(file)
        if path.is_relative_to(root) and not INSTALLED & set(path.parts):
            return f"{path.relative_to(root)}:{line}"
    return ""
