"""Whatever ends a run, its record says the exit code that the process leaves with."""

from __future__ import annotations

import pytest

from deploy_driver.errors import DeployError, ExitCode, InterruptedRunError, NotReadyError, RefusedError, UsageError
from deploy_driver.record.catalogue import RunFinished
from deploy_driver.run.outcome import finishing
from tests.fakes.clock import FakeClock
from tests.fakes.events import Recorder


def test_a_run_ends_with_the_code_that_was_set() -> None:
    clock, said = FakeClock(), Recorder()
    with finishing("r1", clock, said) as ending:
        clock.sleep(7)
        ending.code = ExitCode.DIFFERS
    assert said.events == [RunFinished("r1", 5, 7.0)]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DeployError("x"), 1),
        (UsageError("x"), 2),
        (NotReadyError("x"), 3),
        (RefusedError("x"), 4),
        (InterruptedRunError("x"), 130),
        (SystemExit(143), 143),
        (SystemExit("x"), 70),
        (MemoryError(), 1),
        (OSError(28, "No space left on device"), 1),
        (KeyError("x"), 70),
    ],
)
def test_an_error_ends_it_with_its_own_code_and_goes_on_its_way(error: BaseException, code: int) -> None:
    said = Recorder()
    with pytest.raises(type(error)), finishing("r1", FakeClock(), said):
        raise error
    assert [event.exit_code for event in said.of(RunFinished)] == [code]
