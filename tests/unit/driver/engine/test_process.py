"""The engine's process, with scripts in its place."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from driver.adapters.engine.process import Ended, EngineProcess, StoppedBeforeStartError


def shell(process: EngineProcess, script: str, **more: object) -> Ended:
    return process.run(["/bin/sh", "-c", script], cwd="/", environment={"PATH": os.defpath}, **more)  # type: ignore[arg-type]


def test_what_it_says_and_how_it_ends() -> None:
    ended = shell(EngineProcess(), "echo out; echo err >&2; exit 3")
    assert ended == Ended(code=3, stdout="out", stderr="err")


def test_it_sees_what_it_is_given_and_nothing_else() -> None:
    ended = EngineProcess().run(["/usr/bin/env"], cwd="/", environment={"ONLY": "this"})
    assert ended.stdout == "ONLY=this"


def test_it_has_a_session_of_its_own() -> None:
    ended = shell(EngineProcess(), 'cut -d" " -f6 /proc/$$/stat')
    assert int(ended.stdout) != os.getsid(0)


def test_it_is_asked_twice_and_killed_the_third_time(tmp_path: Path) -> None:
    process = EngineProcess()
    ready = threading.Event()
    done: list[Ended] = []
    log = tmp_path / "asked"
    script = f'trap "echo asked >> {log}" INT; echo ready; while :; do sleep 0.05; done'
    runner = threading.Thread(
        target=lambda: done.append(shell(process, script, on_stdout=lambda _: ready.set())), daemon=True
    )
    runner.start()
    assert ready.wait(10)
    for asked in (1, 2):
        process.interrupt()
        await_lines(log, asked)
        assert runner.is_alive()
    process.interrupt()
    runner.join(10)
    assert done[0].code == -signal.SIGKILL


def test_once_stopped_nothing_is_started_any_more() -> None:
    process = EngineProcess()
    process.interrupt()
    assert process.stopping
    with pytest.raises(StoppedBeforeStartError):
        shell(process, "true")


def await_lines(file: Path, count: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if file.exists() and len(file.read_text(encoding="utf-8").splitlines()) >= count:
            return
        time.sleep(0.02)
