"""Which process is which, and whether it still lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_driver.adapters.processes import ThisMachine, free_memory, lives, process
from deploy_driver.values import Process

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="only Linux tells when a process was started"
)


def test_this_one_lives() -> None:
    assert lives(process()) is True


def test_one_that_has_ended_does_not() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known = process(child.pid)
    assert lives(known) is True
    child.communicate(b"\n")
    assert lives(known) is False


def test_another_process_of_the_same_number_is_not_it() -> None:
    assert lives(replace(process(), started="1")) is False


@pytest.mark.parametrize("other", [{"host": "agent-3"}, {"boot": "another boot"}])
def test_of_another_machine_or_boot_nobody_knows(other: dict[str, str]) -> None:
    assert lives(replace(process(), **other)) is None  # type: ignore[arg-type]


def test_of_none_nobody_knows() -> None:
    assert lives(Process()) is None


def test_who_was_killed_and_is_not_buried_yet_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    here, known = ThisMachine(), process(child.pid)
    assert here.lives(known) is True
    age = here.age(child.pid)
    assert age is not None
    assert 0 <= age < 60
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert here.lives(known) is False
    assert here.age(child.pid) is None
    child.communicate()


def test_whoever_has_run_for_longer_is_older() -> None:
    here = ThisMachine()
    mine, parents = here.age(here.me.pid), here.age(os.getppid())
    assert mine is not None
    assert parents is not None
    assert parents >= mine


@pytest.mark.parametrize(
    ("machine", "limit", "used", "free"),
    [
        ("MemTotal: 9 kB\nMemAvailable:    2048 kB\n", "max", "0", 2048 * 1024),
        ("MemAvailable: 2048 kB\n", "1000000", "400000", 600_000),
        ("MemAvailable: 2048 kB\n", "1000", "4000", 0),
        ("", "1000", "400", 600),
        ("MemAvailable: much\n", "max", "0", None),
    ],
)
def test_the_memory_that_is_free_is_the_machines_or_the_containers(
    tmp_path: Path, machine: str, limit: str, used: str, free: int | None
) -> None:
    for name, text in (("meminfo", machine), ("memory.max", limit), ("memory.current", used)):
        (tmp_path / name).write_text(f"{text}\n", "ascii")
    assert free_memory(tmp_path / "meminfo", tmp_path) == free


def test_here_some_memory_is_free() -> None:
    assert (free_memory() or 0) > 0
