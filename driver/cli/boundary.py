"""The only exit: every error becomes words on stderr and one of the fixed exit codes; signals become a clean stop."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from driver.errors import DeployError, ExitCode
from driver.events.redaction import redact

PATIENCE = 3
"""How many interrupts before the driver stops waiting for the engine."""


class Received:
    """Which stop signals have come so far."""

    def __init__(self) -> None:
        self.signals: list[int] = []

    def exit_code(self, otherwise: int) -> int:
        """130 or 143 when a signal ended the run, as shells say it; `otherwise` when none came."""
        return 128 + self.signals[0] if self.signals else otherwise


@contextmanager
def stopping(interrupt: Callable[[], None]) -> Iterator[Received]:
    """While inside, SIGINT and SIGTERM ask the run to stop instead of killing it; the third one no longer waits."""
    received = Received()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        received.signals.append(number)
        if len(received.signals) >= PATIENCE:
            raise KeyboardInterrupt
        sys.stderr.write("\nstopping: waiting for the engine to end cleanly, so that no lock is left behind …\n")
        interrupt()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave(command: Callable[[], object]) -> NoReturn:
    """Run the command and exit. SystemExit carries a code that was chosen on purpose."""
    try:
        command()
    except DeployError as error:
        sys.stderr.write(explain(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(ExitCode.DONE)
    except Exception:  # noqa: BLE001 -- the last line of defence says that it is our fault
        sys.stderr.write(str(redact(traceback.format_exc())))
        sys.stderr.write("\nThis is a bug in deploy, not in your settings. Please report the lines above.\n")
        sys.exit(ExitCode.BUG)
    sys.exit(ExitCode.DONE)


def explain(error: DeployError) -> str:
    """What was wrong, where, and the way out."""
    remedy = f"  what to do: {error.remedy}\n" if error.remedy else ""
    return str(redact(f"error: {error}\n{remedy}"))
