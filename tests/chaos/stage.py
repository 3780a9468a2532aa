"""Where a case is played: a project and its accounts as they stood in a base, and the commands that run there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from deploy_sandbox import lifecycle
from tests.chaos.moments import Moment, Watch, moments
from tests.e2e.project import DEPLOY, ROOT, SANDBOX, Ended, Project, copy_project, copy_sandbox

STACKS = ("dev", "staging", "prod")
BUCKET = "deploy-state-111111111111"
LIMIT = 200.0
"""How long a command may take at all, in seconds."""
LAST = 45.0
"""How long an engine may outlive its driver."""
_POLL = 0.02
_SCAN = 0.25


@dataclass(frozen=True)
class Scenario:
    """What is run, and on what: `stand` are the stacks that are deployed before, `changed` whether a setting differs since."""

    name: str
    what: str
    verb: str
    stand: tuple[str, ...] = ()
    changed: bool = False

    @property
    def command(self) -> tuple[str, ...]:
        stacks = STACKS if self.verb == "up" else tuple(reversed(STACKS))
        return (self.verb, "--stacks", ",".join(stacks), "--yes", "--output", "json")


SCENARIOS = (
    Scenario("new", "one stack is new, two stand", "up", ("staging", "prod")),
    Scenario("changed", "a setting of all three stacks has changed", "up", STACKS, changed=True),
    Scenario("destroy", "all three stacks are destroyed", "destroy", STACKS),
    Scenario("fresh", "all three stacks are new", "up"),
)


def fingerprint() -> str:
    """What a base is made by: another one where the program, the roles or `deploy` itself have changed."""
    folders = ("driver", "infra", "project", "sandbox", "toolchain")
    paths = [*ROOT.glob("*.yaml"), ROOT / "deploy.toml", *(path for one in folders for path in (ROOT / one).rglob("*"))]
    known = sorted(path for path in paths if path.is_file() and path.suffix != ".pyc")
    return sha256(b"".join(sha256(path.read_bytes()).digest() for path in known)).hexdigest()[:12]


class Bases:
    """Projects whose sandbox is down, by what stands in them, and the moments of undisturbed runs: made once, copied for each case."""

    def __init__(self, root: Path, bootstrapped: Path | None = None) -> None:
        self._root = root
        self._bootstrapped = bootstrapped

    def base(self, stand: Sequence[str]) -> Path:
        """A project in which these stacks stand, made when it is first asked for."""
        folder = self._root / ("-".join(stand) or "bootstrapped")
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            if stand:
                with opened(self.base(()), folder) as project:
                    _must(project.deploy("up", "--stacks", ",".join(stand), "--yes"))
            elif self._bootstrapped:
                copied(self._bootstrapped, folder)
            else:
                copy_project(folder)
                with _running(folder) as project:
                    _must(project.deploy("bootstrap", "--yes"))
            (folder / "ready").touch()
        return folder

    @contextmanager
    def play(self, scenario: Scenario, root: Path) -> Iterator[Project]:
        """A copy of the scenario's base, running."""
        with opened(self.base(scenario.stand), root) as project:
            if scenario.changed:
                for env in STACKS:
                    project.setting(env, "items:memory", "512")
            yield project

    def moments(self, scenario: Scenario) -> tuple[Moment, ...]:
        """What an undisturbed run of the scenario comes by."""
        kept = self._root / f"{scenario.name}.jsonl"
        if not kept.exists():
            with self.play(scenario, self._root / "undisturbed") as project:
                _must(project.deploy(*scenario.command))
                [record] = (project.root / ".deploy" / "runs").glob("*/events.jsonl")
                shutil.copy(record, kept)
            shutil.rmtree(self._root / "undisturbed")
        return moments(kept)


def _must(ended: Ended) -> None:
    assert ended.code == 0, ended


def copied(base: Path, root: Path) -> None:
    """The project's files and its accounts, without what its runs left."""
    shutil.rmtree(root, ignore_errors=True)
    copy_project(root)
    copy_sandbox(base, root)
    shutil.copy(base / SANDBOX / "ports.json", root / SANDBOX)  # what is deployed has an address


@contextmanager
def opened(base: Path, root: Path) -> Iterator[Project]:
    """A copy of a base, with its sandbox running."""
    copied(base, root)
    with _running(root) as project:
        yield project


@contextmanager
def _running(root: Path) -> Iterator[Project]:
    try:
        yield Project(root, lifecycle.up(root / SANDBOX, powers=True))
    finally:
        lifecycle.down(root / SANDBOX)


@dataclass
class Command:
    """A command that goes on. Its streams are files, so that nothing that is done to it is done by a pipe."""

    project: Project
    arguments: Sequence[str]
    folder: Path
    watch: Watch = field(init=False)
    child: subprocess.Popen[bytes] = field(init=False)
    known: dict[int, str] = field(default_factory=dict)
    """The processes below it that have been seen, with their start times."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.watch = Watch(self.project.root / ".deploy" / "runs")
        with (self.folder / "stdout").open("wb") as out, (self.folder / "stderr").open("wb") as err:
            self.child = subprocess.Popen(
                [str(DEPLOY), *self.arguments],
                cwd=self.project.root,
                env={name: os.environ[name] for name in ("PATH", "HOME", "DEPLOY_CACHE") if name in os.environ},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def reaches(self, moment: Moment) -> bool:
        """Wait for the moment; False when the command ended without it."""
        end, scanned = time.monotonic() + LIMIT, 0.0
        while moment not in self.watch.seen():
            if time.monotonic() - scanned > _SCAN:
                self.below()
                scanned = time.monotonic()
            if self.child.poll() is not None or time.monotonic() > end:
                return moment in self.watch.seen()
            time.sleep(_POLL)
        return True

    def below(self, name: str = "") -> list[int]:
        """The processes below it now, of a name when one is said; all of them are remembered."""
        children = _children()
        found, todo = [], [self.child.pid]
        while todo:
            below = children.get(todo.pop(), [])
            found += below
            todo += below
        for pid in found:
            if started := _started(pid):  # none of one that has ended since it was listed
                self.known.setdefault(pid, started)
        return [pid for pid in found if name in _words(pid)]

    def signal(self, pids: Sequence[int], number: signal.Signals) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def end(self) -> tuple[Ended, list[str]]:
        """Wait for it and for what it left running; what would not end is said, and killed."""
        broken = []
        end = time.monotonic() + LIMIT
        while self.child.poll() is None and time.monotonic() < end:
            self.below()
            time.sleep(_SCAN)
        if self.child.poll() is None:
            broken.append(f"the command had not ended after {LIMIT:.0f} s")
            self.child.kill()
            self.child.wait()
        end = time.monotonic() + LAST
        while (left := self._alive()) and time.monotonic() < end:
            time.sleep(0.1)
        if left:
            names = "; ".join(_words(pid) for pid in left)
            broken.append(f"left {LAST:.0f} s after the command had ended: {names}")
            self.signal(left, signal.SIGKILL)
        out, err = ((self.folder / name).read_text("utf-8", "replace") for name in ("stdout", "stderr"))
        return Ended(self.child.returncode, out, err), broken

    def _alive(self) -> list[int]:
        return [pid for pid, started in self.known.items() if _started(pid) == started]


def _children() -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                fields = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()
                found.setdefault(int(fields[1]), []).append(int(folder.name))
    return found


def _started(pid: int) -> str:
    """When a process began, in ticks; empty when there is none any more."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _words(pid: int) -> str:
    """The name of a process's program."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").replace("\0", " ")
    return ""


def state_of(project: Project, stack: str) -> Mapping[str, Any]:
    """A stack's state as the engine keeps it; empty when there is none, or none that can be read."""
    s3 = project.client("tools", "s3")
    try:
        body = s3.get_object(Bucket=BUCKET, Key=state_key(stack))["Body"].read()
    except s3.exceptions.NoSuchKey:
        return {}
    with suppress(ValueError, KeyError, TypeError):
        return dict(json.loads(body)["checkpoint"]["latest"] or {})
    return {"unreadable": True}


def state_key(stack: str) -> str:
    return f".pulumi/stacks/items/{stack}.json"
