"""Which earlier run a stack goes back to."""

from __future__ import annotations

from collections.abc import Sequence

from deploy_driver.record.catalogue import Verb
from deploy_driver.record.standing import LeftRun, Standing

CHANGES = "+changes"
"""How the commit of a run ends whose files were not all as committed."""


def is_good(run: LeftRun, stack: str) -> bool:
    """Whether all of the stack was deployed by the run, and worked."""
    deployed = run.started.operation in {Verb.UP, Verb.ROLLBACK}
    return deployed and run.stack(stack).standing is Standing.DONE


def what_of(run: LeftRun) -> tuple[str, ...]:
    """What a run made of its stacks: a commit, and the settings of that run alone. What was destroyed is like nothing else."""
    if run.started.operation == Verb.DESTROY:
        return (Verb.DESTROY, run.started.run)
    return (run.started.commit, run.depends_on.get(("", "--config"), ""))


def deployed(runs: Sequence[LeftRun], stack: str) -> LeftRun | None:
    """The newest run that may have changed the stack; None where none has. The runs are newest first."""
    return next((run for run in runs if run.stack(stack).begun), None)


def earlier(runs: Sequence[LeftRun], stack: str) -> LeftRun | None:
    """The newest run before the one that is deployed in which the stack was good and something else; None where there is none.

    Where the stack went back already, it is the run before the one that it went back to: who goes back again goes further, and never
    forth. Where going back failed, it is that run again. The runs are newest first.
    """
    now = deployed(runs, stack)
    if now is None:
        return None
    since = _origin(runs, now)
    if since is not now and not is_good(now, stack):
        return since
    for run in runs[runs.index(since) + 1 :]:
        found = _origin(runs, run)
        if is_good(run, stack) and is_good(found, stack) and what_of(found) != what_of(since):
            return found
    return None


def _origin(runs: Sequence[LeftRun], run: LeftRun) -> LeftRun:
    """The run that this one went back to; itself where it went back to none that is known, or that is no older."""
    found = next((one for one in runs if one.started.run == run.started.back_to), run)
    return found if runs.index(found) > runs.index(run) else run
