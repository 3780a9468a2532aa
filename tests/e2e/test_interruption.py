"""However a run is interrupted, the engine ends what it has begun, and a plain `deploy up` completes the job."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.e2e.project import DEPLOY, LIMIT, Project

BUCKET = "deploy-state-111111111111"
CREATING = "creating aws:lambda/function:Function"


def hold(project: Project, action: str = "lambda:CreateFunction", seconds: float = 6) -> None:
    """Let the next such call take that long, so that whatever happens meanwhile falls into it."""
    project.power("POST", "delays", {"action": action, "seconds": seconds, "times": 1})


def locks(project: Project) -> list[str]:
    listed = project.client("tools", "s3").list_objects_v2(Bucket=BUCKET, Prefix=".pulumi/locks/")
    return [entry["Key"] for entry in listed.get("Contents", [])]


def state(project: Project, stack: str) -> Mapping[str, Any]:
    body = (
        project.client("tools", "s3").get_object(Bucket=BUCKET, Key=f".pulumi/stacks/items/{stack}.json")["Body"].read()
    )
    latest: Mapping[str, Any] = json.loads(body)["checkpoint"]["latest"]
    return latest


def until(what: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.2)


def assert_completed_by_up(project: Project, stack: str) -> None:
    """The engine left neither lock nor open question; one plain `deploy up`, and there is one of each thing."""
    until(lambda: not locks(project))
    assert not state(project, stack).get("pending_operations")
    again = project.deploy("up", "--stacks", stack, "--yes")
    assert again.code == 0, again
    assert project.functions(stack) == [f"items-{stack}"]
    assert project.apis(stack) == [f"items-{stack}"]
    assert "no changes" in project.deploy("preview", "--stacks", stack).out


def assert_known_elsewhere(project: Project, here: list[Mapping[str, Any]]) -> None:
    """What was on record when the driver was killed is known where its folder never was."""
    name = here[0]["run"]
    until(lambda: not locks(project))  # until then its engine writes into the folder
    shutil.rmtree(project.root / ".deploy" / "runs" / name)
    history = project.deploy("history", "--output", "json")
    found = {one["run"]: one for one in history.json["runs"]}[name]
    assert (found.get("exitCode"), found["here"], found["kept"]) == (None, False, True), history
    told = project.deploy("report", name)
    assert "no end on record" in told.out, told.out
    assert f"{name} no end" in project.deploy("history", "--verify", name).out


class Running:
    """A command that goes on. `engine()` is whether its engine still does."""

    def __init__(self, project: Project, *arguments: str, **streams: Any) -> None:
        self.project = project
        self.child = subprocess.Popen(
            [str(DEPLOY), *arguments],
            cwd=project.root,
            env={
                **{name: os.environ[name] for name in ("PATH", "HOME", "DEPLOY_CACHE") if name in os.environ},
                **project.environment,
            },
            text=True,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
        )

    def records(self) -> list[Mapping[str, Any]]:
        runs = (self.project.root / ".deploy" / "runs").glob("*/events.jsonl")
        newest = max(runs, key=lambda path: path.stat().st_mtime, default=None)
        if newest is None:
            return []
        return [json.loads(line) for line in newest.read_text("utf-8").splitlines() if line.endswith("}")]

    def await_event(self, kind: str, *words: str) -> None:
        """Until the newest record has an event of the kind in which all the words are."""
        until(
            lambda: any(
                event["kind"] == kind and all(word in json.dumps(event) for word in words) for event in self.records()
            )
        )

    def await_line(self, pattern: str) -> None:
        assert self.child.stderr
        seen = ""
        for line in self.child.stderr:
            seen += line
            if re.search(pattern, line):
                return
        raise AssertionError(seen)

    def end(self) -> tuple[int, str, str]:
        out, err = self.child.communicate(timeout=LIMIT)
        return self.child.returncode, out or "", err or ""


def asked(project: Project, answer: Callable[[Running, int], object], *words: str) -> tuple[int, str, str]:
    """A command at a terminal, and what is done there at its question; its exit code, its result, and what was shown."""
    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    run = Running(project, *words, stdin=terminal, stderr=terminal)
    os.close(terminal)
    shown, answered = b"", False
    with suppress(OSError):  # Linux says so at the end of a terminal
        while part := os.read(screen, 65536):
            shown += part
            if b"[y/N]" in shown and not answered:
                time.sleep(1)  # until it reads
                answer(run, screen)
                answered = True
    code, out, _ = run.end()
    os.close(screen)
    return code, out, shown.decode()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_no_lock_is_left_and_the_next_run_goes_through(project: Project, number: signal.Signals, code: int) -> None:
    hold(project, seconds=5)
    stopped = project.interrupted(CREATING, number, "up", "--all")
    assert stopped.code == code, stopped
    assert "interrupted" in stopped.out
    assert project.functions("staging") == []
    assert_completed_by_up(project, "dev")


def test_the_engine_outlives_its_driver(project: Project) -> None:
    for stack, number in (("dev", signal.SIGKILL), ("staging", signal.SIGHUP)):
        hold(project)
        run = Running(project, "up", "--stacks", stack, "--yes")
        run.await_line(CREATING)
        time.sleep(2)  # within which what is new is sent to the bucket
        run.child.send_signal(number)
        code, out, _ = run.end()
        if number is signal.SIGKILL:
            assert code == -number
            assert locks(project), "the engine still goes on"
            assert_known_elsewhere(project, run.records())
        else:
            assert code == 129
            assert "interrupted" in out
        assert_completed_by_up(project, stack)


def test_asking_again_hurts_nothing_and_the_third_time_leaves_the_engine_alone(project: Project) -> None:
    for stack, times in (("dev", 2), ("staging", 3)):
        hold(project, seconds=8)
        run = Running(project, "up", "--stacks", stack, "--yes")
        run.await_line(CREATING)
        for _ in range(times):
            run.child.send_signal(signal.SIGINT)
            time.sleep(0.5)
        if times == 3:
            assert run.child.wait(6) == 130
            assert locks(project), "the engine still goes on"
        code, _, err = run.end()
        assert code == 130
        assert "once more, and it is left alone" in err
        assert ("the engine is left alone and ends by itself" in err) is (times == 3)
        assert_completed_by_up(project, stack)
    folder = max((project.root / ".deploy" / "runs").iterdir())
    said = list((folder / "engine" / "logs").rglob("*.std*"))
    assert said
    assert {path.stat().st_mode & 0o777 for path in said} == {0o600}


def test_stacks_at_the_same_time_are_stopped_together_and_can_be_left_alone_together(project: Project) -> None:
    toml = project.root / "deploy.toml"
    toml.write_text(re.sub(r"(?m)^needs = .*\n", "", toml.read_text("utf-8")), "utf-8")
    both, parallel = ("dev", "staging"), ("up", "--stacks", "dev,staging", "--parallel", "2", "--yes")

    project.power("POST", "delays", {"action": "lambda:CreateFunction", "seconds": 8, "times": 2})
    run = Running(project, *parallel)
    for stack in both:
        run.await_event("resource-started", stack, "lambda/function:Function", '"preview": false')
    run.child.send_signal(signal.SIGINT)
    assert run.end()[0] == 130
    ended = {one["stack"]: one["result"] for one in run.records() if one["kind"] == "step-finished"}
    assert ended == dict.fromkeys(both, "interrupted")
    assert not locks(project)

    resumed = project.deploy("resume", "--yes", "--parallel", "2")
    assert resumed.code == 0, resumed
    for stack in both:
        project.setting(stack, "items:memory", "320")
    project.power("POST", "delays", {"action": "lambda:UpdateFunctionConfiguration", "seconds": 10, "times": 2})
    run = Running(project, *parallel)
    for stack in both:
        run.await_event("resource-started", stack, "lambda/function:Function", '"preview": false')
    for _ in range(3):
        run.child.send_signal(signal.SIGINT)
        time.sleep(0.5)
    assert run.child.wait(6) == 130
    assert len(locks(project)) == 2, "both engines still go on"
    run.end()
    until(lambda: not locks(project))
    for stack in both:
        project.setting(stack, "items:memory", "384")
    _, *words, _yes = parallel
    code, out, shown = asked(project, lambda run, _: run.child.send_signal(signal.SIGINT), "up", *words)
    assert (code, "succeeded" in out) == (130, False), (out, shown)
    code, out, shown = asked(project, lambda _, screen: os.write(screen, b"y\n"), "up", *words)
    assert (code, out.count("succeeded")) == (0, 2), (out, shown)
    question = re.search(r"(.*\r\n.*\r\n)Yes to all 2\? \[y/N\]", shown)
    assert question, shown
    assert re.findall(r"Deploy (\w+) \(\d{12}\): 2 to update\?", question[1]) == list(both)
    for stack in both:
        assert project.functions(stack) == [f"items-{stack}"]


@contextmanager
def stalled_pipe() -> Iterator[int]:
    """The writing end of a pipe that is full and that nobody reads."""
    read, write = os.pipe()
    try:
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(write, False)
        try:
            while True:
                os.write(write, b"x" * 512)
        except BlockingIOError:
            os.set_blocking(write, True)
        yield write
    finally:
        os.close(read)
        os.close(write)


def test_whoever_shows_a_run_cannot_stop_it(project: Project) -> None:
    with stalled_pipe() as pipe:
        run = Running(project, "up", "--stacks", "dev", "--yes", stderr=pipe)
        code, out, _ = run.end()
        assert (code, "succeeded" in out) == (0, True), out
        hold(project)
        run = Running(project, "up", "--stacks", "staging", "--yes", stderr=pipe)
        run.await_event("resource-started", "staging", "lambda/function:Function", '"preview": false')
        run.child.send_signal(signal.SIGTERM)
        assert run.end()[0] == 143
    assert_completed_by_up(project, "staging")
    for shell in (">&- 2>&-", ">/dev/full 2>/dev/full", "2>&1 | head -1; (exit ${PIPESTATUS[0]})"):
        project.setting("dev", "items:memory", str(256 + len(shell)))
        done = subprocess.run(
            ["/bin/bash", "-c", f"{DEPLOY} up --stacks dev --yes {shell}"],
            cwd=project.root,
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode == 0, (shell, done.stdout, done.stderr)
        memory = project.client("dev", "lambda").get_function(FunctionName="items-dev")["Configuration"]["MemorySize"]
        assert memory == 256 + len(shell)


def test_a_program_that_did_not_say_everything_harms_nothing_and_ends_with_its_run(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev", "--yes").code == 0
    main = project.root / "infra" / "__main__.py"
    program = main.read_text("utf-8")

    main.write_text(f"import sys; sys.exit(0)\n{program}", "utf-8")
    ended = project.deploy("up", "--stacks", "dev", "--yes")
    assert ended.code == 1
    assert "infra/__main__.py:1: the program ended itself with exit code 0" in ended.out
    assert project.functions("dev") == ["items-dev"]

    toml = project.root / "deploy.toml"
    toml.write_text(toml.read_text("utf-8").replace("[smoke]", "[program]\ntimeout = 8\n\n[smoke]"), "utf-8")
    main.write_text(f"while True: print('again')\n{program}", "utf-8")
    ended = project.deploy("preview", "--stacks", "dev")
    assert ended.code == 1
    assert "the program said nothing to the engine for 8 seconds; it stands at infra/__main__.py:1" in ended.out
    printed(remedies.CORRECT_OR_WAIT_LONGER, ended.out)
    assert len(ended.err.splitlines()) < 1_100

    main.write_text(f"import time; print('here'); time.sleep(600)\n{program}", "utf-8")
    run = Running(project, "up", "--stacks", "dev", "--yes")
    run.await_line("here")
    run.child.send_signal(signal.SIGTERM)
    assert run.child.wait(30) == 143
    run.end()

    main.write_text(program, "utf-8")
    corrected = project.deploy("preview", "--stacks", "dev").out
    assert "no changes" in corrected
    gone(remedies.CORRECT_OR_WAIT_LONGER, corrected)
    assert_completed_by_up(project, "dev")
