"""The only exit: every error becomes words on stderr and one of the fixed exit codes; signals become a clean stop."""

from __future__ import annotations

import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from types import FrameType
from typing import NoReturn

from driver.errors import DeployError, ExitCode, InterruptedRunError
from driver.events.readable import readable

PATIENCE = 3
"""How many stop signals before the driver no longer waits for the engine."""

FOR_THE_ENGINE = "waiting for the engine to end cleanly, so that no lock is left behind"

GRACE = 5
"""Seconds that the last request to the engine may take."""


class Received:
    """Which stop signals have come so far."""

    def __init__(self) -> None:
        self.signals: list[int] = []

    def exit_code(self, otherwise: int) -> int:
        """130 or 143 when a signal ended the run, as shells say it; `otherwise` when none came."""
        return 128 + self.signals[0] if self.signals else otherwise


@contextmanager
def stopping(interrupt: Callable[[], None], waiting: str = FOR_THE_ENGINE) -> Iterator[Received]:
    """While inside, SIGINT and SIGTERM ask the run to stop instead of killing it; the third one no longer waits.

    `waiting` says what for. A signal may come while any lock is held, so its handler only puts on a queue; a thread of
    its own does the asking.
    """
    received = Received()
    asked: SimpleQueue[int] = SimpleQueue()
    asker = threading.Thread(target=_ask, args=(asked, interrupt, waiting), name="stop-signals", daemon=True)
    asker.start()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        received.signals.append(number)
        asked.put(number)
        if len(received.signals) >= PATIENCE:
            sys.exit(received.exit_code(ExitCode.INTERRUPTED))

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    except InterruptedRunError as error:
        error.exit_code = ExitCode(received.exit_code(error.exit_code))
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        asked.put(0)
        asker.join(GRACE)


def _ask(asked: SimpleQueue[int], interrupt: Callable[[], None], waiting: str) -> None:
    while asked.get():
        _tell(f"\nstopping: {waiting} …\n")
        interrupt()


def leave(command: Callable[[], object]) -> NoReturn:
    """Run the command and exit. SystemExit carries a code that was chosen on purpose."""
    try:
        command()
    except DeployError as error:
        _tell(explain(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _tell("interrupted\n")
        sys.exit(ExitCode.INTERRUPTED)
    except Exception:  # noqa: BLE001 -- the last line of defence says that it is our fault
        _tell(readable(traceback.format_exc()))
        _tell("\nThis is a bug in deploy, not in your settings. Please report the lines above.\n")
        sys.exit(ExitCode.BUG)
    sys.exit(ExitCode.DONE)


def _tell(text: str) -> None:
    """Write to stderr; that nobody listens there changes no exit code."""
    with suppress(OSError):
        sys.stderr.write(text)


def explain(error: DeployError) -> str:
    """What was wrong, where, and the way out."""
    remedy = f"  what to do: {error.remedy}\n" if error.remedy else ""
    return readable(f"error: {error}\n{remedy}")
