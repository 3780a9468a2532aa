"""The only exit: every error becomes words on stderr and one of the fixed exit codes; signals become a clean stop."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from types import FrameType
from typing import Any, NoReturn, TextIO, cast

from deploy_driver.errors import DeployError, ExitCode, StopSignals, lacks
from deploy_driver.record.redaction import readable
from deploy_driver.render.width import WIDTH, folded

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What stops a run: Ctrl-C, Jenkins' abort, and the end of the terminal or of the connection to it."""

PATIENCE = 3
"""How many stop signals before the driver no longer waits."""

NARROWEST, WIDEST = 40, 160
"""Characters that a terminal is taken to have at least, and that a line is read with at most."""

GRACE = 5
"""Seconds that the request to stop, and what is written last, may take."""


@contextmanager
def stopping(interrupt: Callable[[], None], *, waiting: str, leaving: str) -> Iterator[StopSignals]:
    """While inside, stop signals ask the run to end instead of killing it; the third one no longer waits.

    `waiting` says what for, `leaving` what is left behind then. A signal may come while any lock is held or while stderr
    stands still, so its handler only puts on a queue. One thread asks; another says so. A signal that is ignored stays
    ignored: `nohup` means it.
    """
    received = StopSignals()
    asked: SimpleQueue[int] = SimpleQueue()
    told: SimpleQueue[str] = SimpleQueue()
    said = (f"\nstopping: {waiting} …\n", f"\nstill {waiting}; once more, and it is left alone\n", f"\n{leaving}\n")
    asker = threading.Thread(target=_ask, args=(asked, interrupt), name="stop-signals", daemon=True)
    teller = threading.Thread(target=_tell_all, args=(told,), name="stop-words", daemon=True)
    asker.start()
    teller.start()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        received.numbers.append(number)
        asked.put(number)
        told.put(said[min(len(received.numbers), PATIENCE) - 1])
        if len(received.numbers) >= PATIENCE:
            sys.exit(received.exit_code(ExitCode.INTERRUPTED))

    meant = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, on_signal) for number in meant}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        asked.put(0)
        told.put("")
        asker.join(GRACE)
        teller.join(GRACE)


def _ask(asked: SimpleQueue[int], interrupt: Callable[[], None]) -> None:
    while asked.get():
        interrupt()


def _tell_all(told: SimpleQueue[str]) -> None:
    while text := told.get():
        _tell(text)


class _Progress:
    """A text stream for what may go unread: that nobody takes it is no error. Else it is the stream that it stands for."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def open_streams() -> None:
    """Make the standard streams such that no reader can fail a run.

    Those that the process was started without (`>&-`) lead nowhere; otherwise the next file that is opened would get
    their number, and be written to by whoever prints. Progress that cannot be written is no error.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 -- it stays open as long as the process
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8")  # noqa: SIM115 -- the same
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8")  # noqa: SIM115 -- the same
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter gets a question mark
    sys.stderr = cast("TextIO", _Progress(sys.stderr))


def leave(command: Callable[[], object], end: Callable[[int], NoReturn] = os._exit) -> NoReturn:
    """Run the command and end the process with its exit code. SystemExit carries a code that was chosen on purpose.

    Nothing can keep the process alive or change its code then: neither a program that hangs in a thread of its own, nor a
    stream that cannot be flushed (Python would wait for the one, and exit with 120 for the other).
    """
    code = exit_code_of(command)
    flushing = threading.Thread(target=_flush, name="flush", daemon=True)
    flushing.start()
    flushing.join(GRACE)
    end(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def exit_code_of(command: Callable[[], object]) -> int:
    """Run the command; its exit code. What went wrong is said on stderr."""
    try:
        command()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else ExitCode.DONE if stop.code is None else ExitCode.FAILED
    except DeployError as error:
        _tell(explain(error))
        return error.exit_code
    except KeyboardInterrupt:
        _tell("interrupted\n")
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 -- the last line of defence says whose fault it is
        if lacking := lacks(error):
            _tell(explain(lacking))
            return lacking.exit_code
        _tell(readable(traceback.format_exc()))
        _tell("\nThis is a bug in deploy, not in your settings. Please report the lines above.\n")
        return ExitCode.BUG
    return ExitCode.DONE


def _tell(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def explain(error: DeployError) -> str:
    """What was wrong, where, and the way out."""
    remedy = f"  what to do: {error.remedy}\n" if error.remedy else ""
    return folded(readable(f"error: {error}\n{remedy}"), columns(sys.stderr))


def columns(stream: TextIO) -> int:
    """How wide the terminal is that the stream leads to; 0 where it leads to none."""
    if not stream.isatty():
        return 0
    with suppress(OSError, ValueError):
        return max(NARROWEST, min(os.get_terminal_size(stream.fileno()).columns or WIDTH, WIDEST))
    return WIDTH
