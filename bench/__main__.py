"""`make bench`: `deploy up` over three stacks against the plain loop a user would write, side by side, interleaved.

Both arms deploy the same program with the same engine and plugin into freshly bootstrapped sandboxes of their own:
the first run makes everything, the second changes nothing. Ratios are of minima and of medians; below 1 `deploy` is
quicker. `deploy` does more in its time: it checks everything first and smoke-tests every stack.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
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
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
LIMIT = 300


@dataclass(frozen=True)
class Aim:
    """A promise: the ratio of the minima stays at or below `most`."""

    name: str
    most: float


AIMS = (Aim("first run", 0.8), Aim("nothing changed", 0.35), Aim("deploy --help / import typer", 1.5))


def main() -> int:
    """Measure, print the ratios, and exit with 1 when one is above its aim."""
    times: dict[str, tuple[list[float], list[float]]] = {aim.name: ([], []) for aim in AIMS}
    with tempfile.TemporaryDirectory(prefix="deploy-bench-") as folder:
        template = _template(Path(folder))
        for number in range(1, ROUNDS + 1):
            _say(f"round {number} of {ROUNDS}: deploy, then the plain loop, each first run and nothing changed")
            arms = (_deploy_arm, _plain_arm) if number % 2 else (_plain_arm, _deploy_arm)
            for arm in arms:
                with _fresh(template, Path(folder) / f"{arm.__name__}{number}") as (root, sandbox):
                    for name in ("first run", "nothing changed"):
                        times[name][arm is _plain_arm].append(_timed(lambda arm=arm: arm(root, sandbox)))
            for command, plain in (([str(DEPLOY), "--help"], False), ([sys.executable, "-c", "import typer"], True)):
                runs = [_timed(lambda command=command: _run(command, ROOT, dict(os.environ))) for _ in range(5)]
                times["deploy --help / import typer"][plain].extend(runs)
    return _report(times)


def _deploy_arm(root: Path, _sandbox: Sandbox) -> None:
    _run([str(DEPLOY), "up", "--stacks", ",".join(STACKS)], root, _environment({}))


def _plain_arm(root: Path, sandbox: Sandbox) -> None:
    tools = find(write_launcher, search=Search.of(os.environ))
    binary = root / "plain" / "bin" / "pulumi"
    binary.parent.mkdir(parents=True, exist_ok=True)
    if not binary.exists():
        binary.symlink_to(tools.engine.path)
    for stack in STACKS:
        arguments = [str(root), stack, str(binary), str(tools.pulumi_home), str(root / "plain" / stack)]
        environment = _environment({**sandbox.environment("jenkins-deploy"), "PYTHONPATH": str(ROOT)})
        _run([sys.executable, "-m", "bench.plain_loop", *arguments], root, environment)


def _template(folder: Path) -> Path:
    """A bootstrapped project whose sandbox is down. Without limits, which the plain loop has none of."""
    root = folder / "template"
    root.mkdir()
    for path in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(path, root)
    shutil.copytree(ROOT / "infra", root / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    limits = [
        line for line in (ROOT / "deploy.toml").read_text("utf-8").splitlines() if not line.startswith("max-deletes")
    ]
    (root / "deploy.toml").write_text("\n".join(limits), "utf-8")
    _say("bootstrapping four accounts, once")
    lifecycle.up(_home(root))
    _run([str(DEPLOY), "bootstrap", "--yes"], root, _environment({}))
    lifecycle.down(_home(root))
    return root


@contextmanager
def _fresh(template: Path, root: Path) -> Iterator[tuple[Path, Sandbox]]:
    shutil.copytree(template, root, symlinks=True, ignore=shutil.ignore_patterns("sandbox.json", "alive.lock"))
    try:
        yield root, lifecycle.up(_home(root))
    finally:
        lifecycle.down(_home(root))


def _home(root: Path) -> Path:
    return root / ".deploy" / "sandbox"


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "DEPLOY_CACHE") if name in os.environ}
    return {**kept, **more}


def _timed(call: object) -> float:
    started = time.perf_counter()
    assert callable(call)
    call()
    return time.perf_counter() - started


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def _report(times: Mapping[str, tuple[list[float], list[float]]]) -> int:
    print(f"{'':30} {'deploy':>14} {'otherwise':>14} {'ratio of min':>13} {'of median':>10} {'aim':>6}")
    missed = 0
    for aim in AIMS:
        ours, theirs = times[aim.name]
        low, middle = min(ours) / min(theirs), statistics.median(ours) / statistics.median(theirs)
        missed += low > aim.most
        spread = [f"{min(arm):.2f}-{max(arm):.2f} s" for arm in (ours, theirs)]
        print(f"{aim.name:30} {spread[0]:>14} {spread[1]:>14} {low:>13.2f} {middle:>10.2f} {aim.most:>6.2f}")
    return 1 if missed else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
