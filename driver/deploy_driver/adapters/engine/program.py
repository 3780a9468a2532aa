"""The user's program, run in this process as Pulumi's Python host would run it in its own, and held to saying all it means."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from deploy_driver.adapters.sources import FromSource, make_importable
from deploy_driver.record.redaction import learn
from deploy_project.project_file import ProjectFile
from deploy_project.source_lines import frames_of, own_line

if TYPE_CHECKING:
    from pulumi import ResourceOptions, ResourceTransformationArgs


_NAMED = re.compile(r"\b(?:pulumi_)?aws\.([a-z]\w*)\.[A-Z]|from pulumi_aws import ([\w, ]+)")
_SKIPPED = sys.stdlib_module_names | {"boto3", "botocore"}
"""Packages that name no part of `pulumi_aws`; the AWS SDK, which the code of functions imports, is large."""

_IMPORTED = re.compile(r"^(?:from|import)[ ]+([A-Za-z_]\w*)", re.MULTILINE)


Listener = Callable[[str], None]

_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)

_LOCK = threading.Lock()

_calls = 0

_programs = 0

MOST_LINES = 1_000

LONGEST_LINE = 4_000
"""What is passed on of what one program prints: lines, and characters of each. The rest is only counted."""

NOTHING_DECLARED = "the program declared no resource, and the stack has some: to delete them is for deploy destroy"

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')

_PLANNED = {
    *(
        "additional_secret_outputs",
        "aliases",
        "custom_timeouts",
        "delete_before_replace",
        "depends_on",
        "ignore_changes",
    ),
    *("parent", "plugin_download_url", "protect", "provider", "providers", "transformations", "transforms", "version"),
}
"""Options of a resource that are in the engine's plan, or change nothing but what is."""

_SDK_DUMP = "python inline source runtime error:"


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
    """The modules of `pulumi_aws` that the program below `folder` names, and the installed packages that it imports."""
    texts = list(_source_texts(folder))
    own = {path.stem for path in (*folder.iterdir(), *folder.parent.iterdir())}
    for package in {name for text in texts for name in _IMPORTED.findall(text)} - own - _SKIPPED:
        spec = None if package.startswith("pulumi") else find_spec(package)
        for place in (spec and spec.submodule_search_locations) or ():
            texts += _source_texts(Path(place))
    found: set[str] = set()
    for used, imported in (names for text in texts if "aws" in text for names in _NAMED.findall(text)):
        found |= {used} if used else {part.strip() for part in imported.split(",")}
    return found


def _source_texts(folder: Path) -> Iterator[str]:
    return (file.read_text(encoding="utf-8", errors="replace") for file in _sources(folder))


def _sources(folder: Path) -> Iterator[Path]:
    """The program's own files: neither hidden folders nor virtual environments are part of it."""
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." and not Path(path, name, "pyvenv.cfg").exists()]
        yield from (Path(path, name) for name in files if name.endswith(".py"))


class Printed:
    """Passes on what one program prints, within bounds: it is kept on record, and a program may print without end."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._lines = 0

    @property
    def unsaid(self) -> int:
        """How many lines were not passed on."""
        return max(0, self._lines - MOST_LINES)

    def __call__(self, text: str) -> None:
        """Take what was printed at once."""
        for line in text.splitlines():
            self._lines += 1
            if self._lines <= MOST_LINES:
                self._listener(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} …")


class _Switch:
    """A text stream that gives each write to the program that made it, or else to the stream it stands in for.

    During a call it is not flushed: the SDK flushes both streams at the end of each program, would wait for whoever reads
    them, and takes an error for the program's own (`LanguageServer.Run`). What the driver shows it flushes itself.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        listener = _LISTENER.get()
        if listener is None:
            return self.stream.write(text)
        if text.strip():
            listener(text.rstrip())
        return len(text)

    def flush(self) -> None:
        if not _calls:
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def switched_streams() -> Iterator[None]:
    """While any engine call runs, `sys.stdout` and `sys.stderr` can tell programs from the driver.

    Afterwards too where a program hangs: whatever it may print yet does not get between the driver's lines.
    """
    global _calls  # noqa: PLW0603 -- the streams are the process's, so is the count of their users
    with _LOCK:
        _calls += 1
        if not isinstance(sys.stdout, _Switch):
            sys.stdout, sys.stderr = _Switch(sys.stdout), _Switch(sys.stderr)
    try:
        yield
    finally:
        with _LOCK:
            _calls -= 1
            if not _calls and not _programs:
                sys.stdout, sys.stderr = _unswitched(sys.stdout), _unswitched(sys.stderr)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """A program runs inside. From here on what it (its tasks and threads of the same context) prints goes to `listener`."""
    global _programs  # noqa: PLW0603 -- the streams are the process's, so is the count of who may print
    with _LOCK:
        _programs += 1
    _LISTENER.set(listener)
    try:
        yield
    finally:
        with _LOCK:
            _programs -= 1


def _unswitched(stream: Any) -> TextIO:
    found: TextIO = stream.stream if isinstance(stream, _Switch) else stream
    return found


class Program:
    """One run of the program for one stack. Its modules stay imported; only its `__main__` runs again.

    What it does not declare the engine deletes. So a program that ends itself, in peace or not, has failed, and so has
    one that declares no resource at all where it must: `must_declare` says that the stack has some. `registering` sees each
    resource before the engine does. `instead` names the function (`package.module:function`) that makes the stack in place of the
    project's program; it gets the project's root.
    """

    def __init__(
        self,
        project: ProjectFile,
        imports: Imports,
        on_print: Listener,
        *,
        must_declare: bool,
        registering: Callable[[ResourceTransformationArgs], None] = lambda _: None,
        instead: str = "",
    ) -> None:
        self._instead = instead
        self._project = project
        self._imports = imports
        self._printed = Printed(on_print)
        self._must_declare = must_declare
        self._registering = registering
        self._declared = False
        self._unplanned = False
        self._thread = 0

    def __call__(self) -> Awaitable[None] | None:
        """What the Automation API calls, and awaits. Raises pulumi.RunError with a message made for people."""
        from pulumi.runtime import register_stack_transformation

        learn(config_secrets())
        self._thread = threading.get_ident()
        with listening(self._printed):
            self._imports.wait()
            make_importable(self._project.root, self._project.entry.parent)
            register_stack_transformation(self._notice)
            self._execute()
        return self._require_declared() if self._must_declare and not self._declared else None

    @property
    def begun(self) -> bool:
        """Whether the engine has started the program."""
        return self._thread != 0

    @property
    def unplanned(self) -> bool:
        """Whether a resource has an option that the engine puts into the state and into no plan."""
        return self._unplanned

    @property
    def unsaid(self) -> int:
        """How many lines the program printed beyond those that were passed on."""
        return self._printed.unsaid

    def position(self) -> str:
        """Where in the program its thread stands now, as `file:line`; empty when it is not in it."""
        frame = sys._current_frames().get(self._thread)  # noqa: SLF001 -- Python's documented way to look at another thread
        frames = [(entry.filename, entry.lineno or 0) for entry in traceback.extract_stack(frame)] if frame else []
        return own_line(frames, self._project.root)

    def _notice(self, args: ResourceTransformationArgs) -> None:
        """Anything that stands in the cloud is a declaration; a provider or a component alone is none."""
        from pulumi import CustomResource

        if isinstance(args.resource, CustomResource) and not args.type_.startswith("pulumi:providers:"):
            self._declared = True
        self._unplanned = self._unplanned or any(_unplanned(args.opts))
        self._registering(args)

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

        try:
            self._execute_instead() if self._instead else self._execute_main()
        except RunError:
            raise
        except SystemExit as stop:
            how = f": {stop.code}" if isinstance(stop.code, str) else f" with exit code {stop.code or 0}"
            raise RunError(self._told(f"the program ended itself{how}", stop)) from None
        except Exception as error:  # noqa: BLE001 -- whatever a program raises is its own failure, never the driver's
            raise RunError(self._told(f"{type(error).__name__}: {error}", error)) from None

    def _execute_main(self) -> None:
        loader = FromSource("__main__", str(self._project.entry))
        spec = spec_from_loader("__main__", loader)
        assert spec is not None  # noqa: S101 -- a spec made from a loader that is there is there
        loader.exec_module(module_from_spec(spec))

    def _execute_instead(self) -> None:
        module, _, name = self._instead.partition(":")
        getattr(import_module(module), name)(self._project.root)

    def _told(self, what: str, error: BaseException) -> str:
        return _with_line(what, frames_of(error), self._project.root)


def _unplanned(options: ResourceOptions) -> Iterator[str]:
    """The options of a resource that the engine would put into the state and into no plan."""
    for name, value in vars(options).items():
        said = any(vars(value).values()) if name == "hooks" and value else value not in (None, [], {})
        if said and name not in _PLANNED:
            yield name


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
    place = own_line(frames, root)
    return f"{place}: {what}" if place else what
