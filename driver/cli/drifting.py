"""The work of `deploy drift`: which stacks, looked at by whom, several at a time, and the exit code that comes of it."""

from __future__ import annotations

from dataclasses import dataclass

from driver.cli.operate import Begun
from driver.drift.look import Looked, Watch
from driver.errors import ExitCode


@dataclass(frozen=True)
class Report:
    """What a look at several stacks came to."""

    run: str
    looked: tuple[Looked, ...]

    def exit_code(self, *, differs: bool) -> ExitCode:
        """1 where somebody could not look; `differs` asks for 5 when something drifted."""
        if any(one.failure for one in self.looked):
            return ExitCode.FAILED
        return ExitCode.DIFFERS if differs and any(one.findings for one in self.looked) else ExitCode.DONE


def look(begun: Begun, jobs: int) -> Report:
    """Look at every stack of the plan. Raises NotReadyError when there is nowhere to look from."""
    run = begun.run
    watch = Watch(run.engine, run.runner.preflight, run.runner.clock, run.stream)
    return Report(run.facts.run, watch.look(begun.plan.steps, run.facts, jobs))
