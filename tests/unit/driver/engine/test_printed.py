"""What a program prints and what the driver prints do not mix."""

from __future__ import annotations

import sys
import threading
from contextvars import copy_context

import pytest

from driver.adapters.engine.printed import listen, switched_streams


def test_a_program_is_heard_and_the_driver_still_prints(capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[str] = []

    def program() -> None:
        listen(heard.append)
        sys.stdout.write("from the program\n")
        sys.stderr.write("a warning\n")

    with switched_streams():
        copy_context().run(program)
        sys.stdout.write("from the driver\n")
    assert heard == ["from the program", "a warning"]
    assert capsys.readouterr().out == "from the driver\n"


def test_two_programs_at_once_are_heard_apart() -> None:
    heard: dict[str, list[str]] = {"dev": [], "staging": []}

    def program(stack: str) -> None:
        listen(heard[stack].append)
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
