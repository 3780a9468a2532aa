"""How a call of the engine ended: the call's own return or exception decides, events only add to it."""

from __future__ import annotations

import signal

from driver.adapters.engine.call import ProgramHangsError
from driver.adapters.engine.events import EventReader, plain
from driver.adapters.engine.failures import Failure, classify
from driver.adapters.engine.process import StoppedBeforeStartError
from driver.errors import NotReadyError
from driver.values import EngineReport, EngineStatus


def report_of(error: BaseException | None, events: EventReader, *, stopped: bool, seconds: float) -> EngineReport:
    """The report of one call; `stopped` when somebody asked for its end, which it may have come too late for."""
    failure = Failure("") if error is None else _failure(error, events, stopped=stopped)
    status = EngineStatus.SUCCEEDED
    if error is not None:
        stopped = stopped and not isinstance(error, ProgramHangsError)
        status = EngineStatus.INTERRUPTED if stopped else EngineStatus.FAILED
    return EngineReport(
        status=status,
        changes=events.changes,
        resources=events.resources,
        outputs=events.outputs,
        failure=failure.reason,
        remedy=failure.remedy,
        diagnostics=tuple(error.message for error in events.errors),
        seconds=round(seconds, 3),
    )


def not_ready_of(error: Exception, what: str) -> NotReadyError:
    """The same for a question that got no answer."""
    result = getattr(error, "result", None)
    failure = classify([], plain(result.stderr), result.code) if result else Failure("interrupted")
    return NotReadyError(what, detail=[failure.reason], remedy=failure.remedy)


def _failure(error: BaseException, events: EventReader, *, stopped: bool) -> Failure:
    if isinstance(error, ProgramHangsError):
        return Failure(str(error), "Correct what it waits for, or raise `timeout` under [program] in deploy.toml.")
    result = getattr(error, "result", None)
    if stopped and result is not None and result.code == -signal.SIGKILL:
        return Failure("killed", "It may have left its lock and half-made resources: look before the next run.")
    if stopped or isinstance(error, StoppedBeforeStartError):
        return Failure("interrupted", "Run it again: what was done so far is in the state.")
    if result is None:
        return classify(events.errors, f"error: {error}", 0, events.stack)
    said = plain(result.stderr) or ("" if events.errors else plain(result.stdout))
    return classify(events.errors, said, result.code, events.stack)
