"""Keeps the state on disk while the sandbox runs, whole or not at all.

A snapshot is taken two seconds after the last request, and at least every thirty seconds while requests keep coming. A
forked child writes it: it sees the memory of one moment, and no request waits for it. The new folder takes the old one's
place when it is complete. The emulator saved at a clean stop only, one file after the other, so that a killed process lost
everything since it was started.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from pathlib import Path

    from deploy_sandbox.cloud.asgi import App, Message, Receive, Scope, Send
    from deploy_sandbox.cloud.configuration import CloudConfig

QUIET_SECONDS = 2.0
"""How long nobody may have asked for anything before a snapshot is taken."""
LATEST_SECONDS = 30.0
"""How old a change is at most before it is in a snapshot, however busy the sandbox is."""
_BEAT_SECONDS = 0.5
_WRITE_SECONDS = 60.0
_NICE = 10

_log = logging.getLogger(__name__)


def install() -> None:
    """Save whole folders, and begin with the last one that was complete."""
    replace("core.persistence", "save_all", lambda _original: _save)
    folder = emulator.state_folder()
    before = _before(folder)
    if before.exists() and not folder.exists():
        before.rename(folder)


def wrap(app: App, _config: CloudConfig) -> App:
    """Take snapshots for as long as the server lives; the last one is the emulator's own, at the stop."""
    pace = _Pace()

    async def kept(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            pace.asked()
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        beat = asyncio.create_task(_beat(pace))

        async def receiving() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                pace.ended = True
                await beat
            return message

        await app(scope, receiving, send)

    return kept


class _Pace:
    """When the next snapshot is due."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.last = 0.0
        self.ended = False

    def asked(self) -> None:
        self.last = time.monotonic()
        self.first = self.first or self.last

    def due(self) -> bool:
        now = time.monotonic()
        return self.first is not None and (
            now - self.last >= QUIET_SECONDS or now - self.first >= LATEST_SECONDS - _BEAT_SECONDS
        )


async def _beat(pace: _Pace) -> None:
    while not pace.ended:
        await asyncio.sleep(_BEAT_SECONDS)
        if pace.due():
            pace.first = None
            await _snapshot()


async def _snapshot() -> None:
    """Let a child write what is in memory now, and wait for it."""
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _write_and_exit(parent)
    try:
        done = asyncio.to_thread(os.waitpid, child, 0)
        _, status = await asyncio.wait_for(asyncio.shield(done), _WRITE_SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        status = -1
    if status:
        _log.warning("A snapshot of the sandbox could not be written; the one before it stays.")


def _write_and_exit(parent: int) -> None:
    """The child's whole life. It holds no connection, and replaces nothing when its parent is gone."""
    code = 1
    try:
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        os.nice(_NICE)
        folder = emulator.state_folder()
        _write(folder, emulator.states())
        if os.getppid() == parent:
            _swap(folder)
            code = 0
    finally:
        os._exit(code)


def _save(states: emulator.States) -> None:
    folder = emulator.state_folder()
    _write(folder, states)
    _swap(folder)


def _write(folder: Path, states: emulator.States) -> None:
    """Write every service beside the folder. A service that could not be saved keeps what it had."""
    fresh = _fresh(folder)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with emulator.saving_to(fresh):
        emulator.save_each(states)
    if folder.exists():
        for kept in folder.iterdir():
            if not (fresh / kept.name).exists():
                (shutil.copytree if kept.is_dir() else shutil.copy2)(kept, fresh / kept.name)


def _swap(folder: Path) -> None:
    """Put the fresh folder in the folder's place; `install` finishes what was interrupted in between."""
    before = _before(folder)
    shutil.rmtree(before, ignore_errors=True)
    if folder.exists():
        folder.rename(before)
    _fresh(folder).rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def _fresh(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.new")


def _before(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.old")
