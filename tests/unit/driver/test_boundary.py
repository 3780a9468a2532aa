"""The only exit: each error becomes words on stderr and a fixed exit code; signals become a clean stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from driver.cli.boundary import PATIENCE, explain, leave, stopping
from driver.errors import DeployError, ExitCode, InterruptedRunError, NotReadyError, RefusedError, UsageError


def raising(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DeployError("x"), 1),
        (UsageError("x"), 2),
        (NotReadyError("x"), 3),
        (RefusedError("x"), 4),
        (InterruptedRunError("x"), 130),
        (KeyboardInterrupt(), 130),
        (SystemExit(5), 5),
        (RuntimeError("x"), 70),
        (OSError("x"), 70),
    ],
)
def test_each_error_has_its_exit_code(error: BaseException, code: int) -> None:
    with pytest.raises(SystemExit) as caught:
        leave(raising(error))
    assert caught.value.code == code


def test_a_command_that_returns_is_done() -> None:
    with pytest.raises(SystemExit) as caught:
        leave(lambda: "whatever")
    assert caught.value.code == ExitCode.DONE


def test_an_error_says_what_where_why_and_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    error = UsageError("the settings do not hold", where="Pulumi.dev.yaml:3", detail=["a", "b"], remedy="correct them")
    with pytest.raises(SystemExit):
        leave(raising(error))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("error: Pulumi.dev.yaml:3: the settings do not hold\n  a\n  b\n  what to do: correct them\n")


def test_an_error_shows_neither_secrets_nor_control_characters() -> None:
    said = explain(UsageError("no such stack: \x1b[2Jdev AKIAIOSFODNN7EXAMPLE"))
    assert said == "error: no such stack: dev [redacted]\n"


def test_a_bug_says_that_it_is_ours_where_it_is_and_nothing_secret(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        leave(raising(ValueError("SecretAccessKey: wJalrXUtnFEMI/K7MDENG")))
    err = capsys.readouterr().err
    assert "This is a bug in deploy, not in your settings" in err
    assert "test_boundary.py" in err
    assert "wJalr" not in err


def test_what_a_user_can_cause_has_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        leave(raising(NotReadyError("x")))
    assert "Traceback" not in capsys.readouterr().err


def stopped_by(signals: list[signal.Signals], interrupt: Callable[[], None]) -> None:
    """A run that is still at its checks when the signals come."""
    with stopping(interrupt):
        for number in signals:
            signal.raise_signal(number)
        raise InterruptedRunError("stopped on request; nothing was touched")


def waited(event: threading.Event) -> bool:
    return event.wait(10)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_asks_the_run_to_stop_and_is_remembered(
    number: signal.Signals, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = threading.Event()
    with stopping(asked.set) as received:
        signal.raise_signal(number)
        assert waited(asked)
    assert received.exit_code(0) == code
    assert "waiting for the engine to end cleanly" in capsys.readouterr().err


def test_without_a_signal_the_run_ends_as_it_ends() -> None:
    with stopping(lambda: None) as received:
        pass
    assert received.exit_code(1) == 1


def test_the_first_signal_says_how_it_ended() -> None:
    with stopping(lambda: None) as received:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert received.exit_code(0) == 143


def test_the_third_signal_waits_no_longer_and_the_engine_was_asked_each_time() -> None:
    asked: list[int] = []
    with pytest.raises(SystemExit) as caught:
        stopped_by([signal.SIGTERM] * 5, lambda: asked.append(1))
    assert caught.value.code == 143
    assert len(asked) == PATIENCE


def test_two_signals_are_still_waited_for() -> None:
    with stopping(lambda: None) as received:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert len(received.signals) == 2


def test_a_run_that_was_stopped_during_its_checks_says_which_signal_it_was() -> None:
    with pytest.raises(InterruptedRunError) as caught:
        stopped_by([signal.SIGTERM], lambda: None)
    assert caught.value.exit_code == ExitCode.TERMINATED


def test_a_signal_while_the_engine_s_lock_is_held_does_not_hang() -> None:
    lock, asked = threading.Lock(), threading.Event()

    def interrupt() -> None:
        with lock:
            asked.set()

    with stopping(interrupt):
        with lock:
            signal.raise_signal(signal.SIGINT)
        assert waited(asked)


def test_the_handlers_are_as_they_were() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with stopping(lambda: None):
        assert signal.getsignal(signal.SIGINT) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


WAIT = """
import sys, threading
from driver.cli.boundary import leave, stopping

def run():
    stop = threading.Event()
    with stopping(stop.set) as received:
        print("ready", flush=True)
        stop.wait(20)
    sys.exit(received.exit_code(0))

leave(run)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_process_leaves_with_the_signal_s_code(number: signal.Signals, code: int) -> None:
    child = subprocess.Popen([sys.executable, "-c", WAIT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    os.kill(child.pid, number)
    _, err = child.communicate(timeout=20)
    assert child.returncode == code
    assert "Traceback" not in err
