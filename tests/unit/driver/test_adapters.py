"""The doors that need neither AWS nor the engine: the record, somebody else's command, a person, a service over HTTP."""

from __future__ import annotations

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.command import run_command
from deploy_driver.adapters.prober import ServiceProber
from deploy_driver.adapters.records import RecordFile, record_in
from deploy_driver.adapters.terminal import WallClock
from deploy_driver.digest import digest
from deploy_driver.errors import DeployError, ExitCode, NotReadyError, UsageError
from deploy_driver.ports import Clock
from deploy_driver.record.catalogue import Progress, RunFinished
from deploy_driver.record.chain import Head, Integrity, examine
from deploy_driver.record.stream import Envelope
from deploy_driver.values import CommandCheck
from tests.carried import gone, printed
from tests.carried import said as helped
from tests.fakes.clock import FakeClock
from tests.samples import stack

PATH = {"PATH": os.environ["PATH"]}


def said(message: str) -> Envelope:
    return Envelope("r1", 1, 0.0, Progress(message))


class TestLedger:
    def test_a_run_s_record_is_a_line_per_event_that_only_its_owner_may_read(self, tmp_path: Path) -> None:
        record = RecordFile(tmp_path / "runs" / "r1")
        record(said("one"))
        record(said("zwei ✓"))
        lines = record.path.read_text("utf-8").splitlines()
        assert [json.loads(line)["message"] for line in lines] == ["one", "zwei ✓"]
        assert stat.S_IMODE(record.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(record.path.parent.stat().st_mode) == 0o700

    def test_every_line_names_the_one_before_and_the_first_one_the_run_before(self, tmp_path: Path) -> None:
        record = RecordFile(tmp_path, Head("r0", digest(b"the last line of r0")))
        for number, event in enumerate((Progress("one \udcff"), Progress("zwei ✓"), RunFinished("r1", 0, 1.0)), 1):
            record(Envelope("r1", number, 0.0, event))
        assert record_in(tmp_path) == record.path.read_bytes()
        found = examine("r1", record_in(tmp_path), kept=True)
        assert (found.verdict, found.lines) == (Integrity.WHOLE, 3)
        assert found.before == Head("r0", digest(b"the last line of r0"))

    def test_it_is_there_before_the_first_event(self, tmp_path: Path) -> None:
        assert RecordFile(tmp_path).path.read_text() == ""

    def test_nothing_secret_is_in_it(self, tmp_path: Path) -> None:
        record = RecordFile(tmp_path)
        record(said("AKIAIOSFODNN7EXAMPLE"))
        assert "AKIA" not in record.path.read_text()

    def test_half_a_character_is_kept_as_json_writes_it(self, tmp_path: Path) -> None:
        record = RecordFile(tmp_path)
        record(said("file \udcff"))
        assert json.loads(record.path.read_text("utf-8"))["message"] == "file \udcff"

    def test_a_folder_that_cannot_be_made_keeps_the_run_from_beginning(self, tmp_path: Path) -> None:
        (tmp_path / "runs").write_text("a file")
        with pytest.raises(NotReadyError, match="record cannot be kept") as caught:
            RecordFile(tmp_path / "runs" / "r1")
        assert caught.value.where == str(tmp_path / "runs" / "r1" / "events.jsonl")
        printed(remedies.MAKE_ROOM, caught.value.remedy)
        (tmp_path / "runs").unlink()
        gone(remedies.MAKE_ROOM, helped(lambda: RecordFile(tmp_path / "runs" / "r1")))

    def test_a_record_that_can_no_longer_be_written_ends_the_run(self, tmp_path: Path) -> None:
        record = RecordFile(tmp_path)
        record.path.unlink()
        record.path.mkdir()
        with pytest.raises(DeployError, match="record cannot be written") as caught:
            record(said("x"))
        assert caught.value.exit_code is ExitCode.FAILED


class TestRunCommand:
    @pytest.mark.parametrize(
        ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)]
    )
    def test_its_exit_code_is_ours_as_shells_count_it(self, script: str, code: int) -> None:
        assert run_command(["sh", "-c", script], PATH) == code

    def test_it_sees_the_environment_that_was_computed_and_no_other(self, tmp_path: Path) -> None:
        command = ["sh", "-c", f'env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= -e ^OLDPWD= | sort > "{tmp_path}/seen"']
        run_command(command, {**PATH, "AWS_REGION": "eu-central-1"})
        assert (tmp_path / "seen").read_text().splitlines() == ["AWS_REGION=eu-central-1", f"PATH={PATH['PATH']}"]

    def test_a_command_that_is_not_there(self) -> None:
        with pytest.raises(UsageError, match="no command 'terrafrom' on PATH"):
            run_command(["terrafrom"], PATH)

    def test_a_command_is_looked_for_on_the_computed_path(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError):
            run_command(["sh", "-c", "true"], {"PATH": str(tmp_path)})
        (tmp_path / "mine").write_text("#!/bin/sh\nexit 5\n")
        (tmp_path / "mine").chmod(0o755)
        assert run_command(["mine"], {"PATH": str(tmp_path)}) == 5

    def test_a_file_that_is_no_program(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_bytes(b"\x00\x01\x02")
        (tmp_path / "data").chmod(0o755)
        with pytest.raises(UsageError, match="cannot be run: Exec format error"):
            run_command([str(tmp_path / "data")], PATH)

    def test_a_stop_is_passed_on_and_an_interrupt_is_left_to_the_command(self) -> None:
        script = (
            "import os, signal, threading, sys\n"
            "from deploy_driver.adapters.command import run_command\n"
            "me = os.getpid()\n"
            "threading.Timer(0.4, os.kill, (me, signal.SIGINT)).start()\n"
            "threading.Timer(0.8, os.kill, (me, signal.SIGTERM)).start()\n"
            "sys.exit(run_command(['sleep', '30'], {'PATH': os.environ['PATH']}))\n"
        )
        done = subprocess.run([sys.executable, "-c", script], timeout=20, check=False)
        assert done.returncode == 143

    def test_the_handlers_are_as_they_were(self) -> None:
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        run_command(["true"], PATH)
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


ASK = """
import fcntl, signal, sys, termios
if sys.stdin.isatty():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # ours, so that Ctrl-C typed there is a signal here
from deploy_driver.adapters.terminal import TerminalPrompt
seen = []
signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
prompt = TerminalPrompt(lambda: print("free"), lambda: print("taken"))
print("present" if prompt.present else "absent")
print("yes" if prompt.confirm("Deploy dev?") else "no", seen)
"""


class TestPrompt:
    @pytest.mark.parametrize(
        ("typed", "answer"),
        [
            (b"y\n", "yes []"),
            (b"YES\n", "yes []"),
            (b"n\n", "no []"),
            (b"\n", "no []"),
            (b"yeah\n", "no []"),
            (b"\x04", "no []"),
            (b"\x03", "no [2]"),
        ],
    )
    def test_anything_but_yes_is_no(self, typed: bytes, answer: str) -> None:
        person, terminal = pty.openpty()
        try:
            child = subprocess.Popen(
                [sys.executable, "-c", ASK],
                stdin=terminal,
                stdout=subprocess.PIPE,
                stderr=terminal,
                text=True,
                start_new_session=True,
            )
            seen = b""
            while b"[y/N]" not in seen:
                seen += os.read(person, 1024)
            os.write(person, typed)
            out, _ = child.communicate(timeout=20)
        finally:
            os.close(person)
            os.close(terminal)
        assert out.splitlines() == ["present", "free", "taken", answer]
        assert b"Deploy dev? [y/N]" in seen

    def test_without_a_terminal_nobody_is_there(self) -> None:
        done = subprocess.run(
            [sys.executable, "-c", ASK], input="", capture_output=True, text=True, timeout=20, check=True
        )
        assert done.stdout.splitlines()[0] == "absent"


@contextmanager
def service(*answers: tuple[int, bytes]) -> Iterator[tuple[str, list[str]]]:
    """A service on loopback that gives these answers, the last one again and again; its address and what was asked."""
    waiting, asked = list(answers), list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/base", asked
        finally:
            server.shutdown()
            thread.join()


def prober(clock: Clock, root: Path = Path("/"), pause: float = 0.5) -> ServiceProber:
    return ServiceProber(clock, root, {**PATH, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_PROFILE": "me"}, pause)


def never() -> bool:
    return False


def no_object(status: int, answer: object) -> str:
    """What is wrong with an answer that is not 200 and a JSON object."""
    return "" if status == 200 and isinstance(answer, dict) else f"its status is {status}"


class TestHealth:
    def test_a_service_that_answers_rightly_is_asked_once(self) -> None:
        clock, seen = FakeClock(), list[object]()

        def right(status: int, answer: object) -> str:
            seen.append((status, answer))
            return ""

        with service((200, b'{"account": "222222222222"}')) as (url, asked):
            prober(clock).health(f"{url}/health", right, 60, never)
        assert seen == [(200, {"account": "222222222222"})]
        assert asked == ["/base/health"]
        assert clock.slept == []

    def test_a_service_that_needs_some_seconds_is_asked_again(self) -> None:
        clock = FakeClock()
        with service((404, b""), (500, b""), (200, b"not json"), (200, b"[" * 9999), (200, b"{}")) as (url, asked):
            prober(clock).health(f"{url}/health", no_object, 60, never)
        assert len(asked) == 5
        assert clock.slept == [0.5] * 4

    def test_a_status_that_is_no_success_may_be_what_is_expected(self) -> None:
        with service((401, b'{"message": "Unauthorized"}')) as (url, _):
            wrong = lambda status, answer: "" if (status, answer["message"]) == (401, "Unauthorized") else "wrong"  # noqa: E731
            prober(FakeClock()).health(url, wrong, 60, never)

    def test_a_service_that_never_answers_rightly_is_given_up_with_its_last_answer(self) -> None:
        clock = FakeClock()
        with service((503, b"")) as (url, asked), pytest.raises(NotReadyError) as caught:
            prober(clock, pause=1).health(url, no_object, 3, never)
        assert caught.value.what == f"{url} does not answer as expected after 3 s: its status is 503"
        assert len(asked) == 4

    def test_a_service_that_is_not_there_is_given_up_and_at_once_on_request(self) -> None:
        with service((200, b"{}")) as (url, _):
            pass
        with pytest.raises(NotReadyError, match=f"{url} does not answer after 3 s: .*refused"):
            prober(FakeClock()).health(url, no_object, 3, never)
        clock = FakeClock()
        with pytest.raises(NotReadyError, match="stopped on request"):
            prober(clock).health(url, no_object, 3, lambda: True)
        assert clock.slept == []

    def test_only_http_is_asked(self) -> None:
        for url in ("file:///etc/passwd", "ftp://x", "x"):
            with pytest.raises(NotReadyError, match="is not an HTTP address"):
                prober(FakeClock()).health(url, no_object, 1, never)


TELL = """
import json, os, pathlib, sys
print("a secret:", "AKIAIOSFODNN7EXAMPLE", "\x1b[2J", flush=True)
outputs = json.loads(pathlib.Path(os.environ["DEPLOY_OUTPUTS"]).read_text())
told = {name: os.environ.get(name) for name in ("DEPLOY_STACK", "DEPLOY_ACCOUNT", "AWS_REGION")}
identity = {name for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE") if name in os.environ}
print(json.dumps([os.getcwd(), outputs, told, sorted(identity), os.environ["AWS_EC2_METADATA_DISABLED"]]))
sys.exit(int(sys.argv[1]))
"""


def _runs(pid: str) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return False


class TestSmokeCommand:
    def ran(self, root: Path, *arguments: str, timeout: int = 30, stopped: Callable[[], bool] = never) -> str:
        tested = stack(smoke_timeout=timeout)
        return prober(WallClock(), root, 0.05).command(CommandCheck(arguments), tested, {"url": "https://x"}, stopped)

    def test_it_runs_in_the_project_with_the_outputs_and_as_nobody(self, tmp_path: Path) -> None:
        last = json.loads(self.ran(tmp_path, sys.executable, "-c", TELL, "0"))
        told = {"DEPLOY_STACK": "dev", "DEPLOY_ACCOUNT": "222222222222", "AWS_REGION": "eu-central-1"}
        assert last == [str(tmp_path.resolve()), {"url": "https://x"}, told, [], "true"]

    def test_one_that_fails_says_its_last_lines_without_secrets_and_control_characters(self, tmp_path: Path) -> None:
        with pytest.raises(NotReadyError) as caught:
            self.ran(tmp_path, sys.executable, "-c", TELL, "3")
        assert caught.value.what.endswith("ended with exit code 3")
        assert caught.value.detail[0] == "a secret: [redacted]"
        assert str(tmp_path.resolve()) in caught.value.detail[1]

    def test_of_a_long_story_only_the_end_is_said(self, tmp_path: Path) -> None:
        script = "for number in range(100_000): print(number)\nraise SystemExit(1)"
        with pytest.raises(NotReadyError) as caught:
            self.ran(tmp_path, sys.executable, "-c", script)
        assert caught.value.detail == tuple(str(number) for number in range(99_980, 100_000))

    def test_one_that_says_nothing_is_fine_too(self, tmp_path: Path) -> None:
        assert self.ran(tmp_path, "true") == ""

    @pytest.mark.parametrize(
        ("timeout", "stopped", "said"), [(1, False, "still running after 1 s"), (30, True, "stopped on request")]
    )
    def test_one_that_takes_too_long_ends_with_all_that_it_has_started(
        self, tmp_path: Path, timeout: int, stopped: bool, said: str
    ) -> None:
        pids = tmp_path / "pids"
        script = f"sleep 600 & echo $! $$ > {pids}.new; mv {pids}.new {pids}; wait"
        with pytest.raises(NotReadyError, match=said):
            self.ran(tmp_path, "sh", "-c", script, timeout=timeout, stopped=lambda: stopped and pids.exists())
        started = pids.read_text("utf-8").split()
        assert len(started) == 2
        end = time.monotonic() + 10  # a signal that was sent is heard a moment later
        while any(map(_runs, started)) and time.monotonic() < end:
            time.sleep(0.05)
        assert not [pid for pid in started if _runs(pid)]

    def test_what_is_not_there_cannot_be_run_and_what_is_in_the_project_can(self, tmp_path: Path) -> None:
        for name in ("no-such-command", "./smoke.sh"):
            with pytest.raises(NotReadyError, match="there is no such command on PATH") as caught:
                self.ran(tmp_path, name)
            printed(remedies.INSTALL_SMOKE_COMMAND, caught.value.remedy)
        script = tmp_path / "smoke.sh"
        script.write_text('#!/bin/sh\necho "$DEPLOY_STACK works"\n', "utf-8")
        script.chmod(0o755)
        gone(remedies.INSTALL_SMOKE_COMMAND, self.ran(tmp_path, "./smoke.sh"))
        assert self.ran(tmp_path, "./smoke.sh") == "dev works"
        script.write_text("#!/no/such/interpreter\n", "utf-8")
        with pytest.raises(NotReadyError, match="cannot be run"):
            self.ran(tmp_path, "./smoke.sh")
