"""`python -m bench.drift`: `deploy drift --all` over three accounts against the same engine calls, side by side, interleaved.

The other arms are one process per stack, which selects it and previews it with a refresh: under `xargs -P4`, and one
after the other. Ratios are of minima and of medians; below 1 `deploy` is quicker. It does more in its time: it checks
every role first, classifies, and keeps the ledger.
"""

from __future__ import annotations

import shlex
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.__main__ import DEPLOY, ROOT, ROUNDS, STACKS, _environment, _fresh, _run, _say, _template, _timed
from sandbox.accounts import Sandbox
from sandbox.toolchain import find

AIMS: Mapping[str, float] = {"under xargs -P4": 1.1, "a plain loop": 0.33}


def main() -> int:
    """Measure, print the ratios, and exit with 1 when one is above its aim."""
    times: dict[str, list[float]] = {"deploy drift": [], **{name: [] for name in AIMS}}
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
                    times[name].append(_timed(arms[name]))
    return _report(times)


def _plain(root: Path, sandbox: Sandbox, jobs: int) -> None:
    tools = find(allow_stand_in=True)
    binary = root / "plain" / "bin" / "pulumi"
    binary.parent.mkdir(parents=True, exist_ok=True)
    if not binary.exists():
        binary.symlink_to(tools.engine.path)
    look = [sys.executable, "-m", "bench.plain_look", str(root), str(binary), str(tools.pulumi_home)]
    script = f"printf '%s\\n' {' '.join(STACKS)} | xargs -P{jobs} -I@ {shlex.join(look)} {root}/plain/@ @"
    environment = _environment({**sandbox.environment("jenkins-preview"), "PYTHONPATH": str(ROOT)})
    _run(["/bin/sh", "-c", script], root, environment)


def _report(times: Mapping[str, list[float]]) -> int:
    ours = times["deploy drift"]
    print(f"deploy drift {min(ours):.2f}-{max(ours):.2f} s")
    missed = 0
    for name, aim in AIMS.items():
        theirs = times[name]
        low, middle = min(ours) / min(theirs), statistics.median(ours) / statistics.median(theirs)
        missed += low > aim
        print(
            f"{name:20} {min(theirs):.2f}-{max(theirs):.2f} s  ratio of min {low:.2f}  of median {middle:.2f}  aim {aim}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
