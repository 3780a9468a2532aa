"""`deploy up --plan`: what was reviewed is what is applied, or nothing is.

the signature                    nothing in the plan is believed before it holds
its use, expiry, and every fact  nothing of the program has been run before all of them hold
a preview of every stack         under the preview roles, as it was reviewed; nothing is touched before all are the same
the run                          like any other, and right before each stack its state and its steps are compared again;
                                 before the first the plan is put on record as used
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import typer

from driver.adapters import bundle_folder
from driver.adapters.sources import import_from_sources
from driver.bundle.mismatch import Mismatch, expired, mismatches, moment, rewritten
from driver.bundle.model import Bundle
from driver.bundle.seal import Sealed, unseal
from driver.cli import program, wiring
from driver.cli.binding import Binder
from driver.cli.operate import Begun, Wish, arrive, choose, running, show, started
from driver.config.model import DeployConfig
from driver.errors import RefusedError, UsageError
from driver.events.catalogue import CheckFailed, CheckPassed, Progress
from driver.plan.plan import make_plan
from driver.ports import Emit, UsedPlans
from driver.run.outcome import Result, RunOutcome
from driver.run.reviewed import Reviewed, unlike, used
from driver.values import Layer, Operation, Stack

CHECK = "reviewed plan"


def apply(wish: Wish, folder: Path) -> None:
    """Apply the plan in `folder` and exit with the run's code. Raises RefusedError with every difference by name."""
    if wish.refresh or wish.since:
        word = "--refresh" if wish.refresh else "--affected"
        raise UsageError(f"{word} and --plan contradict each other", remedy="a plan is applied as it was reviewed")
    if wish.allowed:
        raise UsageError("--allow-delete and --plan contradict each other", remedy="say it to `deploy preview --save`")
    config = wiring.open_project(wish.project, wish.cloud)
    import_from_sources(config.root)
    sealed = bundle_folder.read(folder)
    arrived = arrive(config, wiring.JENKINS_DEPLOY)
    aws = wiring.session(config)
    bundle, state = unseal(sealed, wiring.plan_key(config, aws)), wiring.state_store(config, aws)
    chosen = _chosen(wish, config, bundle)
    begun = started(replace(wish, allowed=bundle.allow_delete), config, chosen, arrived)
    with running(begun) as ending:
        binder = Binder(config, arrived.tools, arrived.place.environment, state, folder)
        plans = wiring.archive(config, aws)
        require([*_spent(bundle, plans), *_bound(begun, binder, bundle, sealed)], begun.run.stream)
        begun.run.stream(CheckPassed(CHECK, f"{bundle.id}, saved by {bundle.saved_by}, until {moment(bundle.expires)}"))
        program.check_settings(config, chosen)
        gate = Reviewed(bundle, state, plans, arrived.run, begun.run.runner.gates)
        outcome = _carry_out(begun, config, chosen, gate)
        ending.code = outcome.exit_code()
    show(outcome, wish, config, ending.code)
    raise typer.Exit(ending.code)


def require(found: Iterable[Mismatch], emit: Emit) -> None:
    """Say every difference, and raise RefusedError with all of them when there is any."""
    differing = list(found)
    for mismatch in differing:
        emit(CheckFailed(CHECK, mismatch.fact, mismatch.remedy, mismatch.stack))
    if differing:
        raise RefusedError(
            f"{len(differing)} {'fact is' if len(differing) == 1 else 'facts are'} not as reviewed; nothing was touched",
            detail=[str(mismatch) for mismatch in differing],
        )


def _chosen(wish: Wish, config: DeployConfig, bundle: Bundle) -> Sequence[Stack]:
    """The stacks of the plan that there still are."""
    reviewed = {stack.stack for stack in bundle.binding.stacks}
    if wish.all_stacks or wish.stacks is not None:
        asked = {stack.name for stack in choose(config, wish.stacks, all_stacks=wish.all_stacks)}
        if asked != reviewed:
            raise UsageError(
                f"the plan is of {', '.join(sorted(reviewed))}, and {', '.join(sorted(asked)) or 'nothing'} was asked for",
                remedy="leave --stacks and --all out: a plan is applied as a whole",
            )
    return [stack for stack in config.layer(Layer.SERVICE) if stack.name in reviewed]


def _spent(bundle: Bundle, plans: UsedPlans) -> Iterable[Mismatch]:
    other = plans.used_by(bundle.id)
    if other:
        yield used(bundle, other)


def _bound(begun: Begun, binder: Binder, bundle: Bundle, sealed: Sealed) -> Iterable[Mismatch]:
    yield from expired(bundle, begun.run.runner.clock.now())
    yield from rewritten(bundle, sealed.document)
    yield from mismatches(bundle.binding, binder.bind(begun.plan))


def _carry_out(begun: Begun, config: DeployConfig, chosen: Sequence[Stack], gate: Reviewed) -> RunOutcome:
    run = begun.run
    run.stream(Progress("previewing every stack again: nothing is touched before all are as reviewed"))
    again = run.runner.run(make_plan(Operation.PREVIEW, chosen, known=config.stacks), run.facts)
    if any(step.result is not Result.SUCCEEDED for step in again.steps):
        return again
    require(unlike(gate.bundle, again), run.stream)
    run.runner.gates = gate
    return run.runner.run(begun.plan, run.facts)
