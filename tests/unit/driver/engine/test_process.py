"""The engine's process, with scripts in its place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from deploy_driver.adapters.engine.process import Ended, EngineProcess, StoppedBeforeStartError


def shell(process: EngineProcess, script: str, name: str = "up") -> Ended:
    return process.run(["/bin/sh", "-c", script], cwd="/", environment={"PATH": os.defpath}, name=name)


def test_what_it_says_and_how_it_ends(tmp_path: Path) -> None:
    ended = shell(EngineProcess(tmp_path), "echo out; echo err >&2; exit 3")
    assert ended == Ended(code=3, stdout="out", stderr="err")


def test_what_each_process_says_is_kept_for_its_user_alone(tmp_path: Path) -> None:
    process = EngineProcess(tmp_path / "logs")
    shell(process, "echo one", name="stack")
    shell(process, "echo two; echo err >&2")
    kept = {path.name: path.read_text("utf-8") for path in (tmp_path / "logs").iterdir()}
    assert kept == {"01-stack.stdout": "one\n", "01-stack.stderr": "", "02-up.stdout": "two\n", "02-up.stderr": "err\n"}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "logs").iterdir()} == {0o600}
    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700


def test_what_is_kept_says_nothing_secret(tmp_path: Path) -> None:
    ended = shell(EngineProcess(tmp_path), "echo the key AKIAIOSFODNN7EXAMPLE")
    assert ended.stdout == "the key AKIAIOSFODNN7EXAMPLE"  # what is shown of it is redacted where it is shown
    assert (tmp_path / "01-up.stdout").read_text("utf-8") == "the key [redacted]\n"


def test_it_sees_what_it_is_given_and_nothing_else(tmp_path: Path) -> None:
    ended = EngineProcess(tmp_path).run(["/usr/bin/env"], cwd="/", environment={"ONLY": "this"}, name="up")
    assert ended.stdout == "ONLY=this"


def test_it_has_a_session_of_its_own(tmp_path: Path) -> None:
    ended = shell(EngineProcess(tmp_path), 'cut -d" " -f6 /proc/$$/stat')
    assert int(ended.stdout) != os.getsid(0)


def test_it_is_asked_to_end_once_however_often_somebody_asks(tmp_path: Path) -> None:
    process = EngineProcess(tmp_path)
    done: list[Ended] = []
    ready, asked = tmp_path / "ready", tmp_path / "asked"
    script = f'trap "echo asked >> {asked}" INT; echo > {ready}; for _ in 1 2 3 4 5 6 7 8; do sleep 0.25; done'
    runner = threading.Thread(target=lambda: done.append(shell(process, script)), daemon=True)
    runner.start()
    await_lines(ready, 1)
    for _ in range(4):
        process.interrupt()
    await_lines(asked, 1)
    runner.join(20)
    assert done[0].code == 0
    assert asked.read_text("utf-8").splitlines() == ["asked"]


def test_once_stopped_nothing_is_started_any_more(tmp_path: Path) -> None:
    process = EngineProcess(tmp_path)
    process.interrupt()
    assert process.stopping
    with pytest.raises(StoppedBeforeStartError):
        shell(process, "true")


DRIVER = """
import os, sys
from pathlib import Path
from deploy_driver.adapters.engine.process import EngineProcess
script = "echo > {folder}/ready; for _ in 1 2 3 4 5 6; do echo a line; sleep 0.2; done; echo whole > {folder}/end"
EngineProcess(Path("{folder}/logs")).run(["/bin/sh", "-c", script], cwd="/", environment={{"PATH": os.defpath}}, name="up")
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_it_outlives_its_driver(tmp_path: Path, number: signal.Signals) -> None:
    driver = subprocess.Popen([sys.executable, "-c", DRIVER.format(folder=tmp_path)])
    await_lines(tmp_path / "ready", 1)
    driver.send_signal(number)
    assert driver.wait(10) == -number
    await_lines(tmp_path / "end", 1)
    assert (tmp_path / "logs" / "01-up.stdout").read_text("utf-8") == "a line\n" * 6


def await_lines(file: Path, count: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if file.exists() and len(file.read_text(encoding="utf-8").splitlines()) >= count:
            return
        time.sleep(0.02)
    raise AssertionError(f"{file.name} did not come")
