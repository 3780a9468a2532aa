"""The only exit: each error becomes words on stderr and a fixed exit code; signals become a clean stop."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from deploy_driver import remedies
from deploy_driver.cli.exit import PATIENCE, SIGNALS, explain, leave, stopping
from deploy_driver.errors import DeployError, ExitCode, InterruptedRunError, NotReadyError, RefusedError, UsageError
from deploy_project.remedy import Remedy
from tests.carried import gone, printed

WORDS = {"waiting": "waiting for the engine", "leaving": "the engine goes on"}


class Left(Exception):  # noqa: N818 -- stands for the end of the process
    pass


def left(command: Callable[[], object]) -> int:
    """The code with which the process would end."""
    codes: list[int] = []

    def end(code: int) -> NoReturn:
        codes.append(code)
        raise Left

    with pytest.raises(Left):
        leave(command, end)
    return codes[0]


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
        (SystemExit(), 0),
        (SystemExit("no way"), 1),
        (RuntimeError("x"), 70),
        (OSError("x"), 70),
    ],
)
def test_each_error_has_its_exit_code(error: BaseException, code: int) -> None:
    assert left(raising(error)) == code


def test_a_command_that_returns_is_done() -> None:
    assert left(lambda: "whatever") == ExitCode.DONE


def test_an_error_says_what_where_why_and_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    error = UsageError(
        "the settings do not hold", where="Pulumi.dev.yaml:3", detail=["a", "b"], remedy=Remedy("correct them")
    )
    left(raising(error))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("error: Pulumi.dev.yaml:3: the settings do not hold\n  a\n  b\n  what to do: correct them\n")


def test_an_error_shows_neither_secrets_nor_control_characters() -> None:
    said = explain(UsageError("no such stack: \x1b[2Jdev AKIAIOSFODNN7EXAMPLE"))
    assert said == "error: no such stack: dev [redacted]\n"


def test_a_bug_says_that_it_is_ours_where_it_is_and_nothing_secret(capsys: pytest.CaptureFixture[str]) -> None:
    left(raising(ValueError("SecretAccessKey: wJalrXUtnFEMI/K7MDENG")))
    err = capsys.readouterr().err
    assert "This is a bug in deploy, not in your settings" in err
    assert "test_boundary.py" in err
    assert "wJalr" not in err


@pytest.mark.parametrize(("number", "code"), [(errno.EROFS, 1), (errno.ENOSPC, 1), (errno.EMFILE, 1), (errno.EDOM, 70)])
def test_a_machine_that_has_no_room_or_no_right_is_no_bug_of_ours(
    number: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert left(raising(OSError(number, os.strerror(number), "/var/cache/x"))) == code
    err = capsys.readouterr().err
    assert ("bug in deploy" in err) is (code == 70)
    assert err.startswith(f"error: /var/cache/x: {os.strerror(number)}\n  what to do: make room") is (code == 1)


TAKES_MEMORY = """
import resource
from deploy_driver.cli.exit import leave
resource.setrlimit(resource.RLIMIT_AS, ({limit}, -1))
leave(lambda: print(len(bytearray(2**28))))
"""


def test_a_machine_without_memory_is_no_bug_of_ours_and_one_with_more_is_helped() -> None:
    def ran(limit: int) -> subprocess.CompletedProcess[str]:
        code = TAKES_MEMORY.format(limit=limit)
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    less, more = ran(2**28), ran(2**32)
    assert less.returncode == 1
    assert less.stderr.startswith("error: this machine has no memory left\n  what to do: free memory")
    assert "Traceback" not in less.stderr
    assert (more.returncode, more.stdout) == (0, f"{2**28}\n")
    printed(remedies.MORE_MEMORY, less.stderr)
    gone(remedies.MORE_MEMORY, more.stderr)


def test_what_a_user_can_cause_has_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    left(raising(NotReadyError("x")))
    assert "Traceback" not in capsys.readouterr().err


def stopped_by(signals: list[signal.Signals], interrupt: Callable[[], None]) -> None:
    """A run that is still at its checks when the signals come."""
    with stopping(interrupt, **WORDS) as received, received.coded():
        for number in signals:
            signal.raise_signal(number)
        raise InterruptedRunError("stopped on request; nothing was touched")


def waited(event: threading.Event) -> bool:
    return event.wait(10)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_asks_the_run_to_stop_and_is_remembered(
    number: signal.Signals, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = threading.Event()
    with stopping(asked.set, **WORDS) as received:
        signal.raise_signal(number)
        assert waited(asked)
    assert received.exit_code(0) == code
    assert "stopping: waiting for the engine" in capsys.readouterr().err


def test_without_a_signal_the_run_ends_as_it_ends() -> None:
    with stopping(lambda: None, **WORDS) as received:
        pass
    assert received.exit_code(1) == 1


def test_the_first_signal_says_how_it_ended() -> None:
    with stopping(lambda: None, **WORDS) as received:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert received.exit_code(0) == 143


def test_the_third_signal_waits_no_longer_and_says_what_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[int] = []
    with pytest.raises(SystemExit) as caught:
        stopped_by([signal.SIGTERM] * 5, lambda: asked.append(1))
    assert caught.value.code == 143
    assert len(asked) == PATIENCE
    told = capsys.readouterr().err
    assert "once more, and it is left alone" in told
    assert told.endswith("the engine goes on\n")


def test_two_signals_are_still_waited_for() -> None:
    with stopping(lambda: None, **WORDS) as received:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert len(received.numbers) == 2
    assert received.exit_code(0) == 130


def test_a_signal_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping(lambda: None, **WORDS) as received:
            signal.raise_signal(signal.SIGHUP)
        assert received.numbers == []
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_run_that_was_stopped_during_its_checks_says_which_signal_it_was() -> None:
    with pytest.raises(InterruptedRunError) as caught:
        stopped_by([signal.SIGTERM], lambda: None)
    assert caught.value.exit_code == ExitCode.TERMINATED


def test_a_signal_while_the_engine_s_lock_is_held_does_not_hang() -> None:
    lock, asked = threading.Lock(), threading.Event()

    def interrupt() -> None:
        with lock:
            asked.set()

    with stopping(interrupt, **WORDS):
        with lock:
            signal.raise_signal(signal.SIGINT)
        assert waited(asked)


def test_the_handlers_are_as_they_were() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with stopping(lambda: None, **WORDS):
        assert signal.getsignal(signal.SIGINT) not in before
    assert [signal.getsignal(number) for number in SIGNALS] == before


WAIT = """
import sys, threading
from deploy_driver.cli.exit import leave, stopping

def run():
    stop = threading.Event()
    with stopping(stop.set, waiting="", leaving="") as received:
        print("ready", flush=True)
        stop.wait(20)
    sys.exit(received.exit_code(0))

leave(run)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_process_leaves_with_the_signal_s_code(number: signal.Signals, code: int) -> None:
    child = subprocess.Popen([sys.executable, "-c", WAIT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    os.kill(child.pid, number)
    _, err = child.communicate(timeout=20)
    assert child.returncode == code
    assert "Traceback" not in err


def ended(script: str, shell: str, folder: Path) -> tuple[int, str]:
    """The exit code of a script whose standard streams are as the shell says, and what it wrote to the file `out`."""
    (folder / "script.py").write_text(script, "utf-8")
    line = f"{sys.executable} script.py {shell}; echo $? >code"
    subprocess.run(["/bin/bash", "-c", line], cwd=folder, timeout=60, check=True)
    out = folder / "out"
    return int((folder / "code").read_text("utf-8")), out.read_text("utf-8") if out.exists() else ""


SHOWS = """
import sys
from pathlib import Path
from deploy_driver.cli.exit import leave, open_streams
from deploy_driver.cli.output import write

def run():
    sys.stderr.write("progress\\n")
    with Path("out").open("w") as file:  # must not get the number of a closed stream
        write("the result")
        sys.stderr.write("more progress\\n")
        file.write("done")
    sys.exit(3)

open_streams()
leave(run)
"""


@pytest.mark.parametrize(
    ("shell", "code"),
    [
        (">/dev/null", 3),
        (">&-", 3),
        ("2>&-", 3),
        ("<&- >&- 2>&-", 3),
        ("2>/dev/full", 3),
        ("2>&1 | head -c 1; exit ${PIPESTATUS[0]}", 3),
        (">/dev/full", 2),
    ],
)
def test_closed_and_full_streams_leave_documented_codes(shell: str, code: int, tmp_path: Path) -> None:
    if "|" in shell:
        shell = "2>&1 | head -c 1; (exit ${PIPESTATUS[0]})"
    found, out = ended(SHOWS, shell, tmp_path)
    assert found == code
    assert out == ("done" if code == 3 else "")


SAYS = """
import sys
from deploy_driver.cli.exit import leave, open_streams
from deploy_driver.cli.output import tell, write
open_streams()
leave(lambda: ({say}, sys.exit(5)))
"""


@pytest.mark.parametrize(
    ("encoding", "say", "code", "out"),
    [
        ("latin-1", "write('caf\u00e9 \u2705 \u2192 done')", 5, "caf\u00e9 ? ? done".encode("latin-1")),
        ("ascii", "write('caf\u00e9 \u2705')", 5, b"caf? ?"),
        ("ascii", "write('<p>caf\u00e9 \u2705', document=True)", 5, "<p>caf\u00e9 \u2705".encode()),
        ("latin-1", "print('\u2705')", 5, b"?"),
        ("utf-8", "write('\u2705 \ud800')", 5, "\u2705 ?".encode()),
    ],
)
def test_a_console_that_lacks_a_letter_shows_another_and_a_document_is_in_utf_8(
    encoding: str, say: str, code: int, out: bytes, tmp_path: Path
) -> None:
    script = SAYS.format(say=ascii(say)[1:-1].replace("\\\\", "\\"))
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONIOENCODING": encoding, "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout.rstrip(b"\n"), done.stderr) == (code, out, b"")


def test_what_was_done_keeps_its_exit_code_where_it_cannot_be_said(tmp_path: Path) -> None:
    assert ended(SAYS.format(say="tell('approved')"), ">/dev/full 2>out", tmp_path) == (
        5,
        (
            "error: stdout: the result cannot be written: No space left on device\n"
            "  what to do: make room there, or write to a file elsewhere\n"
        ),
    )


HANGS = """
import sys, threading, time
from deploy_driver.cli.exit import leave
threading.Thread(target=time.sleep, args=(600,)).start()
leave(lambda: sys.exit(1))
"""


def test_a_thread_that_hangs_does_not_keep_the_process(tmp_path: Path) -> None:
    began = time.monotonic()
    assert ended(HANGS, "", tmp_path)[0] == 1
    assert time.monotonic() - began < 30


STALLED = """
import sys, threading
from deploy_driver.cli.exit import leave, open_streams, stopping

def fill():
    while True:
        sys.stderr.write("x" * 4096)

def run():
    stop = threading.Event()
    with stopping(stop.set, waiting="waiting", leaving="leaving") as received:
        threading.Thread(target=fill, daemon=True).start()
        print("ready", flush=True)
        stop.wait(60)
    sys.exit(received.exit_code(0))

open_streams()
leave(run)
"""


def test_a_stderr_that_nobody_reads_delays_no_signal() -> None:
    child = subprocess.Popen([sys.executable, "-c", STALLED], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    time.sleep(1)
    child.send_signal(signal.SIGTERM)
    try:
        assert child.wait(30) == 143
    finally:
        child.kill()
        child.communicate()
