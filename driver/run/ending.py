"""The last event of a run: whatever ends it, the record says the exit code that the process leaves with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from driver.errors import DeployError, ExitCode
from driver.events.catalogue import RunFinished
from driver.ports import Clock, Emit


@dataclass
class Ending:
    """What the run will exit with, and why; whoever knows better sets it before the end."""

    code: int = ExitCode.DONE
    cause: str = ""
    remedy: str = ""

    def by(self, error: DeployError) -> None:
        """That error ends the run."""
        self.code, self.cause, self.remedy = error.exit_code, str(error), error.remedy


@contextmanager
def finishing(run: str, clock: Clock, emit: Emit) -> Iterator[Ending]:
    """While inside, the run goes on; at the end, however it comes, RunFinished is said. Errors go on their way."""
    started = clock.now()
    ending = Ending()
    try:
        yield ending
    except DeployError as error:
        ending.by(error)
        raise
    except SystemExit as stop:
        ending.code = stop.code if isinstance(stop.code, int) else ExitCode.BUG
        raise
    except BaseException:
        ending.code = ExitCode.BUG
        raise
    finally:
        emit(RunFinished(run, int(ending.code), clock.now() - started, ending.cause, ending.remedy))
