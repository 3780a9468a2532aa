"""`make bench`: `deploy` against what a user would otherwise do, side by side, interleaved.

Both arms of a bar use the same program, engine and plugin, in freshly bootstrapped sandboxes of their own. A bar is a ratio, of
the minima and of the medians of all rounds, and holds where that of the minima is at or below its aim; below 1 `deploy` is quicker.
`deploy` does more in its time: it checks everything first, and smoke-tests every stack.

    python -m bench [three] [drift] [help] [fleet] [large]      all of them where none is named

BENCH_ROUNDS (3), BENCH_FLEET (100 stacks) and BENCH_LARGE (1000 resources) say how much.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.project import DEPLOY, ROOT, STACKS, Measured, Spent, environment, fresh, run, say, template

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
FLEET = int(os.environ.get("BENCH_FLEET", "100"))
LARGE = int(os.environ.get("BENCH_LARGE", "1000"))
IDLE = 0.8
"""The part of all processors that must have nothing to do before a round: on a busy machine nothing is judged."""


@dataclass
class Bar:
    """A promise: the ratio of `ours` to `theirs` stays at or below `most`."""

    name: str
    than: str
    most: float
    unit: str = "s"
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    @property
    def low(self) -> float:
        """The ratio of the minima."""
        return min(self.ours) / min(self.theirs)

    def row(self) -> str:
        """The bar as a line of the table."""
        middle = statistics.median(self.ours) / statistics.median(self.theirs)
        spread = (f"{min(arm):.2f}-{max(arm):.2f} {self.unit}" for arm in (self.ours, self.theirs))
        sides = " ".join(f"{said:>16}" for said in spread)
        kept = "held" if self.low <= self.most else "MISSED"
        return f"{self.name:34} {self.than:22} {sides} {self.low:>7.2f} {middle:>7.2f} {self.most:>5.2f}  {kept}"


class BusyError(Exception):
    """Something else takes this machine's processors."""


def main(names: list[str]) -> int:
    """Measure, print the table, and exit with 1 when a bar is above its aim, with 3 when the machine was too busy to tell."""
    groups: Mapping[str, Callable[[], Iterator[Bar]]] = {
        "three": three,
        "drift": drift,
        "help": help_,
        "fleet": fleet,
        "large": large,
    }
    if unknown := [name for name in names if name not in groups]:
        sys.exit(f"no group of bars is called {', '.join(unknown)}; there are {', '.join(groups)}")
    bars: list[Bar] = []
    busy = ""
    for name in names or groups:
        try:
            bars += groups[name]()
        except BusyError as error:
            busy = str(error)
            break
    print(f"{'':34} {'against':22} {'deploy':>16} {'otherwise':>16} {'of min':>7} {'median':>7} {'aim':>5}")
    for bar in bars:
        print(bar.row())
    if busy:
        print(f"not judged: {busy}")
        return 3
    return 1 if any(bar.low > bar.most for bar in bars) else 0


def three() -> Iterator[Bar]:
    """Three stacks, made and then left as they are; and one stack against the engine alone."""
    loop = "a loop"
    made, made_at_once = Bar("3 stacks, first run", loop, 0.65), Bar("3 stacks, first run, --parallel 3", loop, 0.45)
    same, same_at_once = Bar("3 stacks, unchanged", loop, 0.35), Bar("3 stacks, unchanged, --parallel 3", loop, 0.25)
    one = Bar("1 stack, unchanged", "its engine alone", 1.3)
    with tempfile.TemporaryDirectory(prefix="deploy-bench-") as folder:
        there = template(Path(folder))
        for _ in rounds("three stacks"):
            with fresh(there, Path(folder) / "ours") as ours:
                made.ours.append(ours.deploy("up", "--all").seconds)
                same.ours.append(ours.deploy("up", "--all").seconds)
                same_at_once.ours.append(ours.deploy("up", "--all", "--parallel", "3").seconds)
                one.ours.append(ours.deploy("up", "--stacks", "dev").seconds)
            with fresh(there, Path(folder) / "at-once") as ours:
                made_at_once.ours.append(ours.deploy("up", "--all", "--parallel", "3").seconds)
            with fresh(there, Path(folder) / "theirs") as theirs:
                made.theirs.append(theirs.loop(STACKS).seconds)
                same.theirs.append(theirs.loop(STACKS).seconds)
                one.theirs.append(theirs.engine("dev"))
    made_at_once.theirs, same_at_once.theirs = made.theirs, same.theirs
    yield from (made, made_at_once, same, same_at_once, one)


def drift() -> Iterator[Bar]:
    """Three stacks, looked at: against a process for each, four at a time and one after the other."""
    bars = {4: Bar("drift of 3 stacks", "xargs -P4", 0.85), 1: Bar("drift of 3 stacks", "a loop", 0.40)}
    with (
        tempfile.TemporaryDirectory(prefix="deploy-bench-") as folder,
        fresh(template(Path(folder)), Path(folder) / "drift") as there,
    ):
        there.deploy("up", "--all")
        for _ in rounds("drift"):
            seconds = there.deploy("drift", "--all").seconds
            for jobs, bar in bars.items():
                bar.ours.append(seconds)
                bar.theirs.append(there.look(STACKS, jobs).seconds)
    yield from bars.values()


def help_() -> Iterator[Bar]:
    """What everybody waits for who types."""
    bar = Bar("deploy --help", "import typer", 1.3)
    typer = [sys.executable, "-c", "import typer"]
    for _ in rounds("--help"):
        for _ in range(5):
            bar.ours.append(run([str(DEPLOY), "--help"], ROOT, environment()).seconds)
            bar.theirs.append(run(typer, ROOT, environment()).seconds)
    yield bar


def fleet() -> Iterator[Bar]:
    """Many stacks in 25 accounts, unchanged: against a loop, against what the processors allow, and in memory."""
    few = min(30, FLEET)
    loop = Bar(f"{few} stacks, unchanged, --parallel 4", "a loop", 0.15)
    floor = Bar(f"{FLEET} stacks, unchanged, --parallel 4", "processor of 1, shared", 1.25)
    memory = Bar(f"memory for {FLEET} stacks", "for 10", 1.25, "MB")
    names = [f"s{number:03d}" for number in range(FLEET)]
    with (
        tempfile.TemporaryDirectory(prefix="deploy-bench-") as folder,
        fresh(template(Path(folder), FLEET), Path(folder) / "fleet") as there,
    ):
        say(f"deploying {FLEET} stacks, once")
        there.deploy("up", "--all", "--parallel", "4")
        for _ in rounds(f"{FLEET} stacks", most=1):
            one = there.deploy("up", "--stacks", names[0])
            ten = _at_once(there, names[:10])
            loop.ours.append(_at_once(there, names[:few]).seconds)
            loop.theirs.append(there.loop(names[:few]).seconds)
            whole = _at_once(there, names)
            floor.ours.append(whole.seconds)
            floor.theirs.append(one.processor * FLEET / (os.cpu_count() or 1))
            memory.ours.append(whole.memory)
            memory.theirs.append(ten.memory)
    yield from (loop, floor, memory)


def large() -> Iterator[Bar]:
    """A stack of many resources, made: against the same engine on the same bucket, and against one of a quarter of them."""
    loop = Bar(f"a stack of {LARGE} resources, first run", "a loop", 0.4)
    growth = Bar("the same", "4 of a quarter", 1.25)
    quarter = 0.0
    for more in (LARGE // 4, LARGE):
        with tempfile.TemporaryDirectory(prefix="deploy-bench-") as folder:
            there = template(Path(folder), more=more)
            for _ in rounds(f"{more} resources", most=1):
                with fresh(there, Path(folder) / "ours") as ours:
                    seconds = ours.deploy("up", "--stacks", "dev").seconds
                if more < LARGE:
                    quarter = seconds
                    continue
                loop.ours.append(seconds)
                growth.ours.append(seconds)
                growth.theirs.append(4 * quarter)
                with fresh(there, Path(folder) / "theirs") as theirs:
                    loop.theirs.append(theirs.loop(["dev"]).seconds)
    yield from (loop, growth)


def _at_once(there: Measured, names: list[str]) -> Spent:
    return there.deploy("up", "--stacks", ",".join(names), "--parallel", "4")


def rounds(what: str, most: int = ROUNDS) -> Iterator[int]:
    """The rounds of one group. Raises BusyError."""
    for number in range(1, min(most, ROUNDS) + 1):
        _require_quiet()
        say(f"{what}: round {number} of {min(most, ROUNDS)}")
        yield number


def _require_quiet() -> None:
    before = _idle()
    time.sleep(1)
    after = _idle()
    idle = (after[0] - before[0]) / max(after[1] - before[1], 1)
    if idle < IDLE:
        raise BusyError(f"{1 - idle:.0%} of this machine's processors are busy with something else")


def _idle() -> tuple[int, int]:
    """Ticks that the processors had nothing to do, and all of them (Linux, proc_stat(5))."""
    ticks = [int(said) for said in Path("/proc/stat").read_text("utf-8").splitlines()[0].split()[1:]]
    return ticks[3] + ticks[4], sum(ticks[:8])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
