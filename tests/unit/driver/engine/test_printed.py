"""What a program prints and what the driver prints do not mix."""

from __future__ import annotations

import io
import sys
import threading
from contextvars import copy_context

import pytest

from deploy_driver.adapters.engine.program import LONGEST_LINE, MOST_LINES, Printed, listening, switched_streams


def test_a_program_is_heard_and_the_driver_still_prints(capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[str] = []

    def program() -> None:
        with listening(heard.append):
            sys.stdout.write("from the program\n")
        sys.stderr.write("a warning from a callback\n")

    with switched_streams():
        copy_context().run(program)
        sys.stdout.write("from the driver\n")
    assert heard == ["from the program", "a warning from a callback"]
    assert capsys.readouterr().out == "from the driver\n"


def test_two_programs_at_once_are_heard_apart() -> None:
    heard: dict[str, list[str]] = {"dev": [], "staging": []}

    def program(stack: str) -> None:
        with listening(heard[stack].append):
            sys.stdout.write(f"{stack}\n")

    with switched_streams(), switched_streams():
        threads = [threading.Thread(target=copy_context().run, args=(program, stack)) for stack in heard]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert heard == {"dev": ["dev"], "staging": ["staging"]}


def test_the_streams_are_put_back() -> None:
    before = sys.stdout, sys.stderr
    with switched_streams():
        assert sys.stdout is not before[0]
    assert (sys.stdout, sys.stderr) == before


def test_a_stream_that_somebody_else_put_there_meanwhile_stays(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    with switched_streams():
        sys.stdout = sys.stderr
    replaced, sys.stdout = sys.stdout, before
    assert replaced is not before
    assert capsys.readouterr().out == ""


class _Full(io.StringIO):
    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_reader_that_is_gone_fails_no_program() -> None:
    before, sys.stdout = sys.stdout, _Full()
    try:
        with switched_streams():
            sys.stdout.flush()  # as the SDK does at the end of each program
        with pytest.raises(OSError, match="No space left"):
            sys.stdout.flush()  # what the driver shows is not lost in silence
    finally:
        sys.stdout = before


def test_a_program_that_hangs_never_prints_between_the_driver_s_lines(capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[str] = []
    inside, go_on = threading.Event(), threading.Event()

    def program() -> None:
        with listening(heard.append):
            inside.set()
            go_on.wait(10)
            sys.stdout.write("late\n")

    thread = threading.Thread(target=copy_context().run, args=(program,))
    with switched_streams():
        thread.start()
        assert inside.wait(10)
    sys.stdout.write("the result\n")
    sys.stdout.flush()
    go_on.set()
    thread.join(10)
    assert heard == ["late"]
    assert capsys.readouterr().out == "the result\n"
    with switched_streams():
        pass  # the next call puts the streams back


def test_what_a_program_prints_is_passed_on_within_bounds() -> None:
    heard: list[str] = []
    printed = Printed(heard.append)
    printed("x" * (LONGEST_LINE + 1))
    for number in range(MOST_LINES + 41):
        printed(f"line {number}")
    assert heard[0] == "x" * LONGEST_LINE + " …"
    assert len(heard) == MOST_LINES
    assert printed.unsaid == 42


def test_what_is_within_the_bounds_is_passed_on_whole() -> None:
    heard: list[str] = []
    printed = Printed(heard.append)
    printed("one\ntwo")
    assert (heard, printed.unsaid) == (["one", "two"], 0)
