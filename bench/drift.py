"""`python -m bench.drift`: `deploy drift --all` over three accounts against the same engine calls, side by side, interleaved.

The other arms are one process per stack, which selects it and previews it with a refresh: under `xargs -P4`, and one
after the other. Ratios are of minima and of medians; below 1 `deploy` is quicker. It does more in its time: it checks
every role first, classifies, and keeps the ledger. Seconds of processor say what the machine allows: an arm is never
quicker than those, the sandbox's own beside them, divided by the cores.
"""

from __future__ import annotations

import os
import resource
import shlex
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.__main__ import DEPLOY, ROOT, ROUNDS, STACKS, _environment, _fresh, _run, _say, _template, _timed
from deploy_sandbox.accounts import Sandbox
from deploy_sandbox.plugin.launcher import write_launcher
from deploy_toolchain import Search, find

AIMS: Mapping[str, float] = {"under xargs -P4": 1.1, "a plain loop": 0.33}


def main() -> int:
    """Measure, print the ratios, and exit with 1 when one is above its aim."""
    times: dict[str, list[float]] = {"deploy drift": [], **{name: [] for name in AIMS}}
    spent: dict[str, list[float]] = {name: [] for name in times}
    with tempfile.TemporaryDirectory(prefix="deploy-bench-") as folder:
        template = _template(Path(folder))
        with _fresh(template, Path(folder) / "drift") as (root, sandbox):
            _run([str(DEPLOY), "up", "--all"], root, _environment({}))
            arms: Mapping[str, Callable[[], None]] = {
                "deploy drift": lambda: _run([str(DEPLOY), "drift", "--all"], root, _environment({})),
                "under xargs -P4": lambda: _plain(root, sandbox, 4),
                "a plain loop": lambda: _plain(root, sandbox, 1),
            }
            for number in range(ROUNDS):
                _say(f"round {number + 1} of {ROUNDS}")
                order = list(arms)[number % len(arms) :] + list(arms)[: number % len(arms)]
                for name in order:
                    before = _processor()
                    times[name].append(_timed(arms[name]))
                    spent[name].append(_processor() - before)
    return _report(times, spent)


def _processor() -> float:
    """Seconds of processor that every process started from here has taken so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _plain(root: Path, sandbox: Sandbox, jobs: int) -> None:
    tools = find(write_launcher, search=Search.of(os.environ))
    binary = root / "plain" / "bin" / "pulumi"
    binary.parent.mkdir(parents=True, exist_ok=True)
    if not binary.exists():
        binary.symlink_to(tools.engine.path)
    look = [sys.executable, "-m", "bench.plain_look", str(root), str(binary), str(tools.pulumi_home)]
    script = f"printf '%s\\n' {' '.join(STACKS)} | xargs -P{jobs} -I@ {shlex.join(look)} {root}/plain/@ @"
    environment = _environment({**sandbox.environment("jenkins-preview"), "PYTHONPATH": str(ROOT)})
    _run(["/bin/sh", "-c", script], root, environment)


def _report(times: Mapping[str, list[float]], spent: Mapping[str, list[float]]) -> int:
    ours = times["deploy drift"]
    print(f"{'':20} {'seconds':>13} {'processor':>10} {'ratio of min':>13} {'of median':>10} {'aim':>6}")
    missed = 0
    for name, theirs in times.items():
        row = f"{name:20} {f'{min(theirs):.2f}-{max(theirs):.2f}':>13} {statistics.median(spent[name]):>10.2f}"
        if name in AIMS:
            low, middle = min(ours) / min(theirs), statistics.median(ours) / statistics.median(theirs)
            missed += low > AIMS[name]
            row += f" {low:>13.2f} {middle:>10.2f} {AIMS[name]:>6.2f}"
        print(row)
    print(f"{os.cpu_count()} cores, {len(STACKS)} stacks")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
