"""Looks for drift in several stacks at a time. A stack that cannot be looked at keeps no other from being looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from deploy_driver.drift.finding import DriftFinding, findings_of, without_followers
from deploy_driver.drift.resource_state import ResourceState, StackStates
from deploy_driver.errors import NotReadyError
from deploy_driver.plan.plan import Plan, Step
from deploy_driver.ports import Emit
from deploy_driver.record.catalogue import DriftFact, Moved, Reason, Result
from deploy_driver.run.deployer import Deployer
from deploy_driver.run.outcome import StepOutcome
from deploy_driver.run.requests import RunFacts
from deploy_driver.values import EngineRequest
from deploy_project.remedy import all_of


class DriftEngine(Protocol):
    """The engine, asked one question. Thread-safe, each thread with its own stack."""

    def look(self, request: EngineRequest, emit: Emit) -> StackStates:
        """What the state, the cloud and the code say of every resource. Writes no state."""


@dataclass(frozen=True)
class StackDrift:
    """What the look at one stack came to. `states` are its resources by URN, none where nobody could look at all.

    `resources` counts them. The outcome has not succeeded where nobody could look, or not everywhere.
    """

    outcome: StepOutcome
    findings: tuple[DriftFinding, ...] = ()
    resources: int = 0
    states: Mapping[str, ResourceState] = field(default_factory=dict)

    @property
    def stack(self) -> str:
        """The stack's name."""
        return self.outcome.stack

    @property
    def account(self) -> str:
        """The stack's account."""
        return self.outcome.account

    @property
    def failure(self) -> str:
        """Why nobody could look, or not everywhere, in one line; empty when the look was whole."""
        outcome = self.outcome
        return "" if outcome.result is Result.SUCCEEDED else outcome.cause or str(outcome.result)

    @property
    def remedy(self) -> str:
        """The way out of the failure."""
        return self.outcome.remedy


Recheck = Callable[[Step, StackDrift], StackDrift]
"""Looks once more at what the engine found in a stack."""


@dataclass(frozen=True)
class DriftScan:
    """The look at several stacks, through `engine`, with the deployer's checks and its runner."""

    deployer: Deployer
    engine: DriftEngine
    recheck: Recheck

    def run(self, plan: Plan, facts: RunFacts, *, workers: int) -> tuple[StackDrift, ...]:
        """Every stack of the plan, `workers` at a time. Raises NotReadyError when no stack could be looked at at all."""
        found: dict[str, StackDrift] = {}  # each step writes its own stack's

        def look(known: RunFacts, step: Step) -> StepOutcome:
            found[step.stack.name] = drift = self._look(known, step)
            return drift.outcome

        run = self.deployer.let_run(plan, facts, lambda known: partial(look, known), workers=workers)
        return tuple(replace(found.get(step.stack, StackDrift(step)), outcome=step) for step in run.steps)

    def _look(self, facts: RunFacts, step: Step) -> StackDrift:
        found = self.engine.look(facts.request(step), self.deployer.emit)
        outcome = self.deployer.ended(step, found.report, Reason.PREVIEWED)
        if outcome.result is not Result.SUCCEEDED:
            return StackDrift(outcome)
        return self.recheck(step, _drift_of(step, outcome, found))


def _drift_of(step: Step, outcome: StepOutcome, found: StackStates) -> StackDrift:
    states = {state.urn: state for state in sorted(without_followers(found.resources), key=lambda state: state.urn)}
    findings = tuple(finding for state in states.values() for finding in findings_of(step.stack, state))
    return StackDrift(outcome, findings, len(states), states)


Exists = Callable[[str, ResourceState], bool]
"""Whether something of that type and of the resource's name is there. Raises NotReadyError where nobody can say."""


def has_missing(drift: StackDrift) -> bool:
    """Whether something is only not made yet, or stands there already and is not ours."""
    return any(finding.fact is DriftFact.NOT_MADE for finding in drift.findings)


def classify_missing(drift: StackDrift, exists: Exists) -> StackDrift:
    """Tell what is only not made yet from what stands there already; what nobody can say is no finding, and the look is not whole then."""
    findings: list[DriftFinding] = []
    refused: list[NotReadyError] = []
    for finding in drift.findings:
        if finding.fact is not DriftFact.NOT_MADE:
            findings.append(finding)
            continue
        try:
            there = exists(finding.type, drift.states[finding.urn])
        except NotReadyError as error:
            refused.append(error)
        else:
            findings.append(replace(finding, fact=DriftFact.APPEARED, moved=Moved.BOTH) if there else finding)
    return _incomplete(replace(drift, findings=tuple(findings)), refused)


def without_missing(drift: StackDrift, error: NotReadyError) -> StackDrift:
    """What is left of the look where nobody could get in to ask what is missing."""
    kept = tuple(finding for finding in drift.findings if finding.fact is not DriftFact.NOT_MADE)
    return _incomplete(replace(drift, findings=kept), [error])


def _incomplete(drift: StackDrift, refused: Sequence[NotReadyError]) -> StackDrift:
    """The same look, failed where something was refused to it."""
    if not refused:
        return drift
    cause = "; ".join(dict.fromkeys(str(error) for error in refused))
    remedy = all_of(error.remedy for error in refused)
    failed = replace(drift.outcome, result=Result.FAILED, reason=Reason.ENGINE_FAILED, cause=cause, remedy=remedy)
    return replace(drift, outcome=failed)
