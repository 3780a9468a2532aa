"""`deploy preview --save`: a preview whose result is kept, bound to everything it depends on, and signed."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from driver.adapters import bundle_folder
from driver.adapters.identity import StsIdentity
from driver.bundle.canonical import digest
from driver.bundle.mismatch import mismatches, moment
from driver.bundle.model import ABSENT, FORMAT, Binding, Bundle
from driver.bundle.seal import seal
from driver.bundle.steps import steps_of
from driver.cli import wiring
from driver.cli.binding import Binder
from driver.cli.operate import Begun, Carry, Wish, arrive, running, started
from driver.config.model import DeployConfig
from driver.errors import RefusedError, UsageError
from driver.events.catalogue import Event, Progress
from driver.plan.loss import not_allowed
from driver.run.gates import loss_of
from driver.run.outcome import Result, RunOutcome
from driver.values import Layer, Stack

DAY = 24 * 3600
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY}


@dataclass(frozen=True)
class Saving:
    """Where the plan is kept, how many seconds it holds, and whether files that are not committed may be in it."""

    folder: Path
    seconds: int
    allow_dirty: bool

    def carry_out(
        self, wish: Wish, config: DeployConfig, chosen: Sequence[Stack], said: Sequence[Event]
    ) -> tuple[RunOutcome, int]:
        """Preview under the preview roles, and save when every stack could be previewed; the outcome and the exit code."""
        _check(wish, chosen)
        begun = started(wish, config, chosen, arrive(config, wiring.JENKINS_DEPLOY))
        run = begun.run
        with running(begun) as ending:
            for event in said:
                run.stream(event)
            state = wiring.state_store(config, wiring.session(config))
            binder = Binder(config, run.tools, begun.place.environment, state, self.folder)
            binding = binder.bind(begun.plan)
            if not self.allow_dirty:
                _refuse_dirty(binding)
            outcome = run.runner.run(begun.plan, run.facts)
            ending.code = outcome.exit_code(differs=wish.differs)
            if all(step.result is Result.SUCCEEDED for step in outcome.steps):
                _refuse_moved(binding, binder.bind(begun.plan))
                _refuse_lost(outcome, wish.allowed)
                self._save(begun, config, binding, outcome)
            else:
                run.stream(Progress("no plan is saved: not every stack could be previewed"))
        return outcome, ending.code

    def _save(self, begun: Begun, config: DeployConfig, binding: Binding, outcome: RunOutcome) -> None:
        from driver.render import plan_page

        run, aws = begun.run, wiring.session(config)
        now = int(run.runner.clock.now())
        bundle = Bundle(
            format=FORMAT,
            id=run.facts.run,
            created=now,
            expires=now + self.seconds,
            saved_by=StsIdentity(aws).caller().arn,
            document="",
            allow_delete=tuple(
                change.urn for step in outcome.steps for change in not_allowed(step.resources, step.changes, ())
            ),
            binding=_with_steps(binding, outcome),
        )
        document = plan_page.as_markdown(bundle, outcome).encode()
        sealed = seal(replace(bundle, document=digest(document)), document, wiring.plan_key(config, aws))
        bundle_folder.write(self.folder, sealed)
        run.stream(Progress(f"saved the plan {bundle.id} in {self.folder}; it holds until {moment(bundle.expires)}"))


def saving(
    folder: Path | None, expires_in: str | None, *, allow_dirty: bool, allow_delete: Sequence[str]
) -> Carry | None:
    """The way to carry out a preview that is saved; None when it is not to be. Raises UsageError."""
    if folder is None and expires_in is None and not allow_dirty and not allow_delete:
        return None
    if folder is None:
        said = "--expires-in, --allow-dirty and --allow-delete are for a plan that is saved"
        raise UsageError(said, remedy="say --save DIR")
    return Saving(folder, DAY if expires_in is None else _seconds(expires_in), allow_dirty).carry_out


def _seconds(said: str) -> int:
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", said, flags=re.ASCII)
    if not found:
        raise UsageError(f"--expires-in: got {said!r}, expected a number and s, m, h or d, such as 24h")
    return int(found[1]) * _UNITS[found[2]]


def _check(wish: Wish, chosen: Sequence[Stack]) -> None:
    if any(stack.layer is Layer.ACCESS for stack in chosen):
        raise UsageError(
            "a plan is saved of service layers only",
            remedy="the access layer is an administrator's: `deploy preview` shows it, `deploy bootstrap` makes it",
        )
    if wish.refresh:
        raise UsageError(
            "--refresh and --save contradict each other", remedy="a saved plan starts from what was last deployed"
        )


def _refuse_dirty(binding: Binding) -> None:
    if binding.commit == ABSENT:
        raise RefusedError(
            "the project is in no git repository, so nobody can say what was reviewed; no plan is saved",
            remedy="work in a repository, or bind the plan to these very files with --allow-dirty",
        )
    if binding.changes:
        raise RefusedError(
            "the work tree is not what its commit says; no plan is saved",
            detail=[f"{how.split()[0]} {name}" for name, how in binding.changes.items()],
            remedy="commit or remove these files, or bind the plan to them as they are with --allow-dirty",
        )


def _refuse_moved(before: Binding, after: Binding) -> None:
    moved = [mismatch.fact for mismatch in mismatches(before, after)]
    if moved:
        raise RefusedError(
            "something changed while it was previewed; no plan is saved", detail=moved, remedy="preview again"
        )


def _refuse_lost(outcome: RunOutcome, allowed: Collection[str]) -> None:
    lost = [change for step in outcome.steps for change in not_allowed(step.resources, step.changes, allowed)]
    if refusal := loss_of(lost):
        raise RefusedError(f"{refusal.cause}; no plan is saved", remedy=refusal.remedy)


def _with_steps(binding: Binding, outcome: RunOutcome) -> Binding:
    steps = {step.stack: steps_of(step.resources) for step in outcome.steps}
    return replace(binding, stacks=tuple(replace(stack, steps=steps[stack.stack]) for stack in binding.stacks))
