"""Whatever became of the steps, there is one exit code, and it tells the truth."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.errors import ExitCode
from deploy_driver.record.catalogue import Reason, Result
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import Changes, Operation

counts = st.integers(min_value=0, max_value=3)
changes = st.builds(Changes, create=counts, update=counts, replace=counts, delete=counts, same=counts)
steps = st.builds(
    StepOutcome,
    st.just("dev"),
    st.just("222222222222"),
    st.sampled_from(Result),
    st.sampled_from(Reason),
    changes=changes,
)
runs = st.builds(RunOutcome, st.just("r"), st.sampled_from(Operation), st.lists(steps, max_size=5).map(tuple))


@given(runs, st.booleans())
def test_every_run_has_an_exit_code(run: RunOutcome, differs: bool) -> None:
    assert run.exit_code(differs=differs) in set(ExitCode)


@given(runs, st.booleans())
def test_zero_says_that_every_step_succeeded_and_nothing_else_does(run: RunOutcome, differs: bool) -> None:
    succeeded = all(step.result is Result.SUCCEEDED for step in run.steps)
    assert (run.exit_code(differs=differs) in {ExitCode.DONE, ExitCode.DIFFERS}) == succeeded
    assert (run.exit_code() == ExitCode.DONE) == succeeded


@given(runs)
def test_an_interrupt_is_never_hidden_and_a_failure_only_by_an_interrupt(run: RunOutcome) -> None:
    results = {step.result for step in run.steps}
    assert (run.exit_code() == ExitCode.INTERRUPTED) == (Result.INTERRUPTED in results)
    if Result.FAILED in results and Result.INTERRUPTED not in results:
        failed = {step.reason for step in run.steps if step.result is Result.FAILED}
        nothing_touched = failed <= {Reason.NOT_ENTERED, Reason.BUSY} and results <= {Result.FAILED, Result.NOT_RUN}
        assert run.exit_code() == (ExitCode.NOT_READY if nothing_touched else ExitCode.FAILED)


@given(runs)
def test_differing_never_hides_anything_else(run: RunOutcome) -> None:
    plain, asked = run.exit_code(), run.exit_code(differs=True)
    assert asked == plain or (plain == ExitCode.DONE and asked == ExitCode.DIFFERS)
