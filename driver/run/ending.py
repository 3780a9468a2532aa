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
    """What the run will exit with; whoever knows better sets it before the end."""

    code: int = ExitCode.DONE


@contextmanager
def finishing(run: str, clock: Clock, emit: Emit) -> Iterator[Ending]:
    """While inside, the run goes on; at the end, however it comes, RunFinished is said. Errors go on their way."""
    started = clock.now()
    ending = Ending()
    try:
        yield ending
    except DeployError as error:
        ending.code = error.exit_code
        raise
    except SystemExit as stop:
        ending.code = stop.code if isinstance(stop.code, int) else ExitCode.BUG
        raise
    except BaseException:
        ending.code = ExitCode.BUG
        raise
    finally:
        emit(RunFinished(run, int(ending.code), clock.now() - started))
