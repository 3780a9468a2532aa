"""The projects that are measured on, the arms that deploy them, and how a command is timed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy_sandbox import lifecycle
from deploy_sandbox.accounts import Sandbox
from deploy_sandbox.plugin.launcher import write_launcher
from deploy_toolchain import Search, find

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = Path(sys.executable).parent / "deploy"
STACKS = ("dev", "staging", "prod")
LIMIT = 1800
"""Seconds for one command."""


@dataclass(frozen=True)
class Spent:
    """What one command took: seconds on the clock, seconds of processor of all its processes, megabytes of its largest process."""

    seconds: float
    processor: float
    memory: float = 0.0


@dataclass(frozen=True)
class Measured:
    """A bootstrapped project whose sandbox runs."""

    root: Path
    sandbox: Sandbox

    def deploy(self, *arguments: str) -> Spent:
        """Run `deploy` in it."""
        return run([str(DEPLOY), *arguments], self.root, environment())

    def loop(self, stacks: Sequence[str]) -> Spent:
        """Deploy the stacks as a loop of a user's own would: one process for each, one after the other."""
        spent = [self._plain(stack) for stack in stacks]
        return Spent(sum(one.seconds for one in spent), sum(one.processor for one in spent))

    def look(self, stacks: Sequence[str], jobs: int) -> Spent:
        """Ask for the drift of the stacks with a process for each, `jobs` at a time."""
        command = [sys.executable, "-m", "bench.plain_look", str(self.root), *self._tools()]
        folder = shlex.quote(str(self.root / "plain"))
        script = f"printf '%s\\n' {' '.join(stacks)} | xargs -P{jobs} -I@ {shlex.join(command)} {folder}/@ @"
        return run(["/bin/sh", "-c", script], self.root, self._environment("jenkins-preview"))

    def engine(self, stack: str) -> float:
        """Seconds of the engine itself for an `up` of the stack, without what stands round it in its process."""
        file = self.root / "plain" / f"{stack}.seconds"
        self._plain(stack)
        return float(file.read_text("utf-8"))

    def _plain(self, stack: str) -> Spent:
        arguments = [str(self.root), *self._tools(), str(self.root / "plain" / stack), stack]
        return run(
            [sys.executable, "-m", "bench.plain_loop", *arguments], self.root, self._environment("jenkins-deploy")
        )

    def _environment(self, instance: str) -> Mapping[str, str]:
        return environment({**self.sandbox.environment(instance), "PYTHONPATH": str(ROOT)})

    def _tools(self) -> tuple[str, str]:
        tools = find(write_launcher, search=Search.of(os.environ))
        binary = self.root / "plain" / "bin" / "pulumi"
        binary.parent.mkdir(parents=True, exist_ok=True)
        if not binary.exists():
            binary.symlink_to(tools.engine.path)
        return str(binary), str(tools.pulumi_home)


MORE = """
import pulumi_aws as aws

for number in range({more}):
    aws.lambda_.Alias(
        f"a{{number:04d}}",
        name=f"a{{number:04d}}",
        function_name=keeper.function.name,
        function_version=keeper.function.version,
        opts=here.opts,
    )
"""
"""Appended to the demo's program: so many more resources."""


def template(folder: Path, many: int = 0, accounts: int = 25, more: int = 0) -> Path:
    """A bootstrapped project whose sandbox is down: the demo's own, or one of so `many` stacks in so many `accounts`.

    Each stack has so many `more` resources than the demo's. It is without limits, which the plain loop has none of, and no stack
    needs another, so that they can go at the same time.
    """
    root = folder / "template"
    root.mkdir()
    shutil.copytree(ROOT / "infra", root / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    if more:
        with (root / "infra" / "__main__.py").open("a", encoding="utf-8") as program:
            program.write(MORE.format(more=more))
    for path in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(path, root)
    said = (ROOT / "deploy.toml").read_text("utf-8")
    if many:
        said = said[: said.index("# The order of deployment")]
        for stack in STACKS:
            (root / f"Pulumi.{stack}.yaml").unlink()
        for number in range(many):
            said += _add(root, f"s{number:03d}", f"{200_000_000_000 + number % accounts}")
    kept = (line for line in said.splitlines() if not line.startswith(("max-deletes", "needs")))
    (root / "deploy.toml").write_text("\n".join(kept), "utf-8")
    say(f"bootstrapping {f'{min(many, accounts)} accounts for {many} stacks' if many else 'four accounts'}, once")
    run([str(DEPLOY), "sandbox", "up"], root, environment())
    run([str(DEPLOY), "bootstrap", "--yes", "--parallel", "4"], root, environment())
    lifecycle.down(_home(root))
    return root


def _add(root: Path, stack: str, account: str) -> str:
    """Write a stack's file, and say what deploy.toml has of it."""
    said = (ROOT / "Pulumi.dev.yaml").read_text("utf-8").replace("222222222222", account)
    (root / f"Pulumi.{stack}.yaml").write_text(said.replace("items-dev", f"items-{stack}"), "utf-8")
    return f"[stacks.{stack}]\n"


@contextmanager
def fresh(made: Path, root: Path) -> Iterator[Measured]:
    """A copy of the template, with a sandbox of its own."""
    shutil.copytree(
        made, root, symlinks=True, ignore=shutil.ignore_patterns("sandbox.json", "alive.lock", "ports.json")
    )
    try:
        yield Measured(root, lifecycle.up(_home(root)))
    finally:
        lifecycle.down(_home(root))
        shutil.rmtree(root)


def _home(root: Path) -> Path:
    return root / ".deploy" / "sandbox"


def environment(more: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """What a command sees: nothing of this machine's cloud."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "DEPLOY_CACHE") if name in os.environ}
    return {**kept, **(more or {})}


def run(command: Sequence[str], folder: Path, seen: Mapping[str, str]) -> Spent:
    """Run to the end, and say what it took. Ends the bench where the command fails."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=dict(seen), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        limit = threading.Timer(LIMIT, process.kill)
        limit.start()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        limit.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)} failed with {process.returncode}:\n{said.read()}")
    return Spent(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def say(line: str) -> None:
    """Tell whoever waits."""
    print(line, file=sys.stderr, flush=True)
